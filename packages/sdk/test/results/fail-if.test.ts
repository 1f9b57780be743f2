import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { ConstantBackoff, handleAll, handleWhenResult, retry } from 'cockatiel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import {
  currentExecution,
  emptyAnswer,
  executeWithRecovery,
  instrumentAgent,
  recordEvaluation,
  recoveryOf,
  refusal,
  ResultRejectedError,
  schema,
  type FailIf,
} from '../../src/index.ts'
import { keptLines } from '../kept-lines.ts'
import { outcomeOf } from '../run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { recovery: { baseDelaySeconds: 0 }, logger: false } as const

/** Calls an agent that returns these results in turn; `calls` is how many were needed. */
async function run(results: unknown[], failIf: FailIf<unknown> | FailIf<unknown>[], options: object = quick) {
  let calls = 0
  const agent = instrumentAgent(async () => results[Math.min(calls++, results.length - 1)], {
    name: 'judged',
    failIf,
    ...options,
  })
  const settled = await agent().then(
    (value) => ({ value, error: undefined as unknown }),
    (error: unknown) => ({ value: undefined, error }),
  )
  return { ...settled, calls }
}

test('a rejected result is retried, and the run recovers with the next one', async () => {
  expect(await run(['', 'Paris'], emptyAnswer)).toEqual({ value: 'Paris', error: undefined, calls: 2 })
  expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: empty_answer unset')
  const [retried] = (await telemetry.points('agent.retries')).filter(({ value }) => value !== 0)
  expect(retried?.attributes['error.type']).toBe('empty_answer')
})

test('after the fourth rejected result the caller gets an error with the result', async () => {
  const { error, calls } = await run(['first', 'second', 'third', 'fourth'], () => true)
  expect(calls).toBe(4)
  expect(error).toBeInstanceOf(ResultRejectedError)
  expect(error).toMatchObject({ code: 'result_rejected', result: 'fourth' })
  expect(Object.keys(error as object)).not.toContain('result')
  expect(recoveryOf(error)).toMatchObject({ attempts: 4, outcome: 'exhausted' })
  expect(await outcomeOf(telemetry)).toBe(
    'failure exhausted (result_rejected), attempts: result_rejected result_rejected result_rejected result_rejected',
  )
})

test('a word is the error type, a sentence is the message', async () => {
  const { lines, logger } = keptLines()
  const once = { recovery: false, logger }
  await run(['x'], () => 'no_sources', once)
  await run(['x'], () => 'The answer has 2 sources, 3 are needed', once)
  expect(lines.map((line) => line.replace(/[\d.]+ s/, 'N s'))).toEqual([
    '[FAILED] judged gave up after 1 attempt, N s (no_sources): failIf rejected the result: no_sources',
    '[FAILED] judged gave up after 1 attempt, N s (result_rejected): The answer has 2 sources, 3 are needed',
  ])
})

test('an error is thrown unchanged, and its own properties decide whether it is retried', async () => {
  const final = Object.assign(new RangeError('too short'), { isRetryable: false })
  expect(await run(['x'], () => final)).toEqual({ value: undefined, error: final, calls: 1 })
  const transient = Object.assign(new Error('busy'), { status: 503 })
  expect(await run(['x'], () => transient)).toMatchObject({ error: transient, calls: 4 })
})

test('a refusal is not retried, and a schema mismatch is retried once', async () => {
  const refused = { choices: [{ message: { content: null, refusal: 'I cannot' }, finish_reason: 'stop' }] }
  expect(await run([refused], [emptyAnswer, refusal].toReversed())).toMatchObject({ error: { code: 'refusal' }, calls: 1 })
  expect(await run(['{}'], schema(z.object({ city: z.string() })))).toMatchObject({
    error: { code: 'schema_mismatch' },
    calls: 2,
  })
})

const broken: Record<string, FailIf<unknown>> = {
  throws: () => {
    throw new Error('bug')
  },
  'returns a promise': (async () => true) as never,
  'returns a promise that rejects': (async () => {
    throw new Error('bug')
  }) as never,
  'returns a number': (() => 1) as never,
}
test.each(Object.entries(broken))('the result wins over a check that %s', async (_, failIf) => {
  expect(await run(['Paris'], failIf)).toEqual({ value: 'Paris', error: undefined, calls: 1 })
  const trips = (await telemetry.points('swarmwatch.guard.trips')).filter(({ attributes }) => attributes['where'] === 'option')
  expect(trips[0]?.value).toBeGreaterThanOrEqual(1)
})

test('a check runs as part of the attempt', async () => {
  const attempts: unknown[] = []
  await run(['', 'x'], (result) => {
    attempts.push(currentExecution()?.attempt)
    return result === ''
  })
  expect(attempts).toEqual([1, 2])
})

test('a policy of the user retries a rejected result', async () => {
  const policy = retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(0) })
  expect(await run(['', '', 'x'], emptyAnswer, { policy, logger: false })).toMatchObject({ value: 'x', calls: 3 })
})

test('a policy that retries a result has waited since that result', async () => {
  const { lines, logger } = keptLines()
  const policy = retry(
    handleWhenResult((result) => result === ''),
    { maxAttempts: 3, backoff: new ConstantBackoff(0) },
  )
  const results = ['', '', 'Paris']
  const agent = instrumentAgent(async () => results.shift(), { name: 'asked-again', policy, logger })
  expect(await agent()).toBe('Paris')
  expect(lines).toEqual([
    expect.stringMatching(/^\[RETRY\] asked-again attempt 2 after \d\.\d s \(result_rejected\)$/),
    expect.stringMatching(/^\[RETRY\] asked-again attempt 3 after \d\.\d s \(result_rejected\)$/),
  ])
  expect(await telemetry.sum('agent.retries', { 'error.type': 'result_rejected' })).toBe(2)
  for (const name of ['attempt 2', 'attempt 3'])
    expect(telemetry.spans(name)[0]?.attributes['swarmwatch.retry.wait']).toBeLessThan(10)
  telemetry.expectExecution('asked-again', { outcome: 'success', attempts: 3 })
})

test('many different reasons stay at most 20 error types', async () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  for (const letter of letters) await run(['x'], () => `reason_${letter}`, { recovery: false, logger: false })
  const points = await telemetry.points('agent.failures')
  const types = new Set(points.map(({ attributes }) => attributes['error.type']))
  expect(types.size).toBeLessThanOrEqual(21)
  expect(types).toContain('result_rejected')
})

property.prop([fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 4 })])(
  'an agent is called until a result is accepted, and at most 1 + maxRetries times',
  async (accepted, maxRetries) => {
    const { calls, error } = await run([...accepted, true], (result) => result === false, {
      recovery: { baseDelaySeconds: 0, maxRetries },
      logger: false,
    })
    const first = [...accepted, true].indexOf(true) + 1
    expect(calls).toBe(Math.min(first, maxRetries + 1))
    expect(error === undefined).toBe(first <= maxRetries + 1)
  },
)

test('addScore records an event of the run and a score for each agent and evaluation', async () => {
  const agent = instrumentAgent(
    async () => currentExecution()?.addScore('Relevance', 0.8, { explanation: 'cites two sources', label: 'pass' }),
    { name: 'scored', ...quick },
  )
  await agent()
  const [event] = telemetry.spans().find(({ name }) => name === 'invoke_agent scored')!.events
  expect(event).toMatchObject({
    name: 'gen_ai.evaluation.result',
    attributes: {
      'gen_ai.evaluation.name': 'Relevance',
      'gen_ai.evaluation.score.value': 0.8,
      'gen_ai.evaluation.score.label': 'pass',
      'gen_ai.evaluation.explanation': 'cites two sources',
    },
  })
  expect(await telemetry.points('agent.evaluation.score')).toMatchObject([
    { attributes: { 'agent.name': 'scored', 'gen_ai.evaluation.name': 'Relevance' }, value: { count: 1, sum: 0.8 } },
  ])
})

test.each([[''], [undefined]])('addScore without a name (%s) changes nothing for the agent', async (name) => {
  const agent = instrumentAgent(async () => (currentExecution()?.addScore(name as string, Number.NaN), 'answer'), {
    name: 'scored',
    ...quick,
  })
  expect(await agent()).toBe('answer')
  expect(await telemetry.points('agent.evaluation.score')).toEqual([])
})

test('a score that no metric can hold is reported with one line per agent and problem, whichever run has it', async () => {
  const { lines, logger } = keptLines()
  const scores: readonly (readonly [name: unknown, score: unknown])[] = [
    ['Relevance', Number.NaN],
    ['Relevance', '0.8'],
    ['', 0.8],
    [undefined, 0.8],
    ['Relevance', Infinity],
  ]
  const evaluate = async (): Promise<string> => {
    for (const [name, score] of scores) currentExecution()?.addScore(name as string, score as number)
    recordEvaluation({ name: 'Relevance', score: {} as number })
    return 'answer'
  }
  const first = instrumentAgent(evaluate, { name: 'badly-scored', logger })
  expect([await first(), await first()]).toEqual(['answer', 'answer'])
  expect(await executeWithRecovery(evaluate, { agentName: 'scored-by-hand', logger })).toBe('answer')
  expect(await executeWithRecovery(evaluate, { agentName: 'scored-by-hand', logger })).toBe('answer')
  const problems = (agent: string): string[] => [
    `[WARN] ${agent} has a score of the evaluation Relevance that is not recorded: it must be a finite number such as 0.8, got NaN`,
    `[WARN] ${agent} has an evaluation that is not recorded: its name must be a string such as 'Relevance', got an empty string`,
  ]
  expect(lines).toEqual([...problems('badly-scored'), ...problems('scored-by-hand')])
  expect(await telemetry.points('agent.evaluation.score')).toEqual([])
})

test('a label that is no text is reported with one line, and its score is recorded', async () => {
  const { lines, logger } = keptLines()
  const agent = instrumentAgent(
    async () => {
      for (const label of [5, true, {}, null]) currentExecution()?.addScore('Relevance', 0.8, { label: label as never })
    },
    { name: 'badly-labelled', logger },
  )
  await agent()
  expect(lines).toEqual([
    "[WARN] badly-labelled has a label of the evaluation Relevance that is not recorded: it must be a word such as 'pass', got 5",
  ])
  expect(await telemetry.sum('agent.evaluation.score')).toBe(4)
  expect(await telemetry.sum('swarmwatch.guard.trips', { where: 'option' })).toBe(4)
})

test('a line about a score holds neither its text nor control characters of the name', async () => {
  const { lines, logger } = keptLines()
  const agent = instrumentAgent(
    async () => currentExecution()?.addScore(`Rele\nvance${'x'.repeat(500)}`, 'secret answer' as never),
    { name: 'scored-with-text', logger },
  )
  await agent()
  const name = `Rele?vance${'x'.repeat(50)}`
  expect(lines).toEqual([
    `[WARN] scored-with-text has a score of the evaluation ${name} that is not recorded: it must be a finite number such as 0.8, got a string`,
  ])
})
