import { errorType, recoveryOf } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { type Fault, listedFaults } from '../../src/model-server/fault-plan.ts'
import { everyAgent, firstTask, noRunActive, startSwarm } from './start-swarm.ts'

const failing: readonly (readonly [failure: string, fault: Fault, errorType: string, atRequests: number[]])[] = [
  ['a 429', { kind: 'rate-limited', retryAfterSeconds: 0 }, '429', [1, 2]],
  ['a 500', { kind: 'server-error' }, '500', [1, 3]],
  ['a reset connection', { kind: 'reset' }, 'ECONNRESET', [1, 2]],
  ['an answer that takes longer than the attempt timeout', { kind: 'slow', delayMs: 10_000 }, 'timeout', [2]],
]
const cases = everyAgent.flatMap((agent) =>
  failing.flatMap(([failure, fault, type, requests]) => requests.map((at) => ({ agent, failure, fault, type, at }))),
)

test.each(cases)('$agent recovers from $failure at request $at', async ({ agent, fault, type, at }) => {
  const plan = listedFaults([...Array<undefined>(at - 1).fill(undefined), fault])
  // No timeout except for the slow answer: on a busy machine every attempt is slow
  const { agents, lines } = await startSwarm({ plan, recovery: type === 'timeout' ? { attemptTimeoutSeconds: 3 } : {} })
  await agents[agent](firstTask)
  await noRunActive()
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^\\[RETRY\\] ${agent} attempt 2/4 in 0 s \\(${type}\\): \\S`)),
    expect.stringMatching(new RegExp(`^\\[SUCCESS\\] ${agent} recovered on attempt 2 after \\d\\.\\d s$`)),
  ])
})

test.each(everyAgent)(
  '%s corrects malformed tool arguments within the attempt: the model gets the error and repeats the call',
  async (agent) => {
    const { agents, lines, model } = await startSwarm({ plan: listedFaults([{ kind: 'malformed-arguments' }]) })
    await agents[agent](firstTask)
    expect(lines).toEqual([])
    expect(model.log.requests[0]?.fault).toBe('malformed-arguments')
  },
)

test('a slow answer within the attempt timeout is not a failure', async () => {
  const { agents, lines } = await startSwarm({ plan: listedFaults([{ kind: 'slow', delayMs: 100 }]) })
  await agents.reviewer(firstTask)
  expect(lines).toEqual([])
})

test.each(everyAgent)('%s fails after four attempts with the error of the last attempt', async (agent) => {
  const { agents, lines, model } = await startSwarm({ plan: () => ({ kind: 'server-error' }) })
  const error = await agents[agent](firstTask).catch((reason: unknown) => reason)
  expect({ type: errorType(error), attempts: recoveryOf(error)?.attempts, requests: model.log.requests.length }).toEqual({
    type: '500',
    attempts: 4,
    requests: 4,
  })
  expect(lines.at(-1)).toMatch(
    new RegExp(
      `^\\[FAILED\\] ${agent} gave up after 4 attempts, \\d\\.\\d s \\(500\\): The server had an error while processing your request\\. execution_id=[\\da-f]{16}-\\w+(?: trace_id=[\\da-f]{32})?$`,
    ),
  )
})

test.each(['rapid-builder', 'api-integrator'] as const)('%s waits for the time that Retry-After requests', async (agent) => {
  const { agents, lines } = await startSwarm({ plan: listedFaults([{ kind: 'rate-limited', retryAfterSeconds: 1 }]) })
  await agents[agent](firstTask)
  expect(lines[0]).toBe(`[RETRY] ${agent} attempt 2/4 in 1 s (429): Rate limit reached for requests.`)
})

test.each(everyAgent)('%s stops at once when its task is aborted, and sends no more requests to the model', async (agent) => {
  const abort = new AbortController()
  const reason = new Error('enough')
  const { agents, model } = await startSwarm({ plan: listedFaults([undefined, { kind: 'slow', delayMs: 10_000 }]) })
  const run = agents[agent]({ ...firstTask, signal: abort.signal }).catch((error: unknown) => error)
  await expect.poll(() => model.log.requests.length).toBe(2)
  abort.abort(reason)
  expect(await run).toBe(reason)
  expect(model.log.requests.length).toBe(2)
})

test('a model that never finishes the work fails the attempt', async () => {
  const scripts = new Map([['rapid-builder', () => ({ text: 'Done.' })]])
  const { agents, lines } = await startSwarm({ scripts })
  await expect(agents['rapid-builder'](firstTask)).rejects.toThrow('the model finished without writing its file')
  expect(lines.at(-1)).toMatch(/\(UnfinishedTaskError\): the model finished without writing its file/)
})

test('a model that calls tools without end is stopped after twelve steps', async () => {
  const scripts = new Map([['rapid-builder', () => ({ tool: 'list_files', input: { folder: 'b-1' } })]])
  const { agents, model } = await startSwarm({ scripts, recovery: { maxRetries: 0 } })
  await expect(agents['rapid-builder'](firstTask)).rejects.toThrow('the model stopped early (tool-calls)')
  expect(model.log.requests.length).toBe(12)
})
