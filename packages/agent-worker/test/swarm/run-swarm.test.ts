import { type Budget, configureBudgets, onExecution } from '@swarmwatch/sdk'
import { expect, onTestFinished, test } from 'vitest'

import type { AgentTask } from '../../src/swarm/agent.ts'
import { backlogItems } from '../../src/swarm/backlog.ts'
import { agentNames, type ReferenceAgents, referenceAgents } from '../../src/swarm/reference-agents.ts'
import { type Assignment, runSwarm, seededSchedule } from '../../src/swarm/run-swarm.ts'
import { startRecording } from './start-recording.ts'
import { noRunActive, startSwarm } from './start-swarm.ts'

function* schedule(count: number, seed = 3): Generator<Assignment> {
  const work = seededSchedule(seed, backlogItems)
  for (let n = 0; n < count; n += 1) yield work.next().value
}

const agentsThat = (work: (task: AgentTask) => Promise<string>): ReferenceAgents => ({
  'rapid-builder': work,
  'api-integrator': work,
  reviewer: work,
})

test('the same seed produces the same work: each agent once, then random agents', () => {
  const names = [...schedule(30)].map(({ agent }) => agent)
  expect(names.slice(0, 3)).toEqual(['rapid-builder', 'api-integrator', 'reviewer'])
  expect([...schedule(30)].map(({ agent }) => agent)).toEqual(names)
  expect([...schedule(30, 4)].map(({ agent }) => agent)).not.toEqual(names)
  expect(new Set(names.slice(3)).size).toBe(3)
})

test('the swarm does all the work with real agents and reports the outcomes', async () => {
  const { agents, workspace } = await startSwarm({
    plan: ({ task }) => (task.startsWith('Task 4:') ? { kind: 'server-error' } : undefined),
  })
  const report = await runSwarm({ agents, schedule: schedule(12), signal: new AbortController().signal })
  expect(report).toEqual({ started: 12, succeeded: 11, failed: 1, cancelled: 0 })
  expect((await workspace.list('.')).length).toBeGreaterThan(5)
})

/** Twice what the busiest run used. */
const budget: Budget = { modelCalls: 48, toolCalls: 40, tokens: 10_000, usd: 0.01, seconds: 120 }

test.each([1, 2, 3, 4, 5])(
  'no run of the swarm is stopped by its budget or as a loop, whatever fails (seed %i)',
  async (seed) => {
    // With it, model calls and tokens are seen
    await startRecording()
    configureBudgets(Object.fromEntries(agentNames.map((name) => [name, budget])))
    onTestFinished(() => configureBudgets({}))
    const faults = ['server-error', 'malformed-arguments', 'reset'] as const
    const { dependencies } = await startSwarm({
      plan: ({ number }) => (number % 5 === 0 ? { kind: faults[(number / 5) % 3]! } : undefined),
    })
    const errors: unknown[] = []
    let toolCalls = 0
    let modelCalls = 0
    const stop = onExecution(({ type, execution }) => {
      if (type !== 'finished') return
      errors.push(execution.errorType)
      toolCalls += execution.toolCalls
      modelCalls += execution.modelCalls
    })
    onTestFinished(stop)
    const agents = referenceAgents({ ...dependencies, loop: { sameToolCall: 2 } })
    await runSwarm({ agents, schedule: schedule(40, seed), signal: new AbortController().signal })
    await noRunActive()
    expect(errors.length).toBeGreaterThanOrEqual(40)
    for (const calls of [toolCalls, modelCalls]) expect(calls).toBeGreaterThan(40)
    expect(errors.filter((type) => type === 'loop' || type === 'budget_exceeded')).toEqual([])
  },
)

test('the swarm never runs more tasks at a time than allowed', async () => {
  let active = 0
  let max = 0
  const agents = agentsThat(async () => {
    active += 1
    max = Math.max(max, active)
    await new Promise(setImmediate)
    active -= 1
    return ''
  })
  await runSwarm({ agents, schedule: schedule(50), signal: new AbortController().signal, concurrency: 4 })
  expect({ active, max }).toEqual({ active: 0, max: 4 })
})

test('the swarm lets a running task finish when it is stopped', async () => {
  const stop = new AbortController()
  const agents = agentsThat(async () => {
    stop.abort()
    await new Promise(setImmediate)
    return ''
  })
  const report = await runSwarm({
    agents,
    schedule: seededSchedule(1, backlogItems),
    signal: stop.signal,
    concurrency: 1,
    pauseMs: () => 60_000,
  })
  expect(report).toEqual({ started: 1, succeeded: 1, failed: 0, cancelled: 0 })
})

test('the swarm aborts tasks that take longer than the drain time, including their retry delays', async () => {
  const stop = new AbortController()
  const { agents, lines } = await startSwarm({ plan: () => ({ kind: 'rate-limited', retryAfterSeconds: 100 }) })
  const swarm = runSwarm({ agents, schedule: seededSchedule(1, backlogItems), signal: stop.signal, drainMs: 20 })
  await expect.poll(() => lines.length).toBe(3)
  stop.abort()
  expect(await swarm).toEqual({ started: 3, succeeded: 0, failed: 0, cancelled: 3 })
})

test('the swarm does nothing if it is stopped before it starts', async () => {
  const agents = agentsThat(() => Promise.reject(new Error('must not be called')))
  const report = await runSwarm({ agents, schedule: schedule(3), signal: AbortSignal.abort() })
  expect(report).toEqual({ started: 0, succeeded: 0, failed: 0, cancelled: 0 })
})
