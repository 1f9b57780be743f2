import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, instrumentAgent, startExecution, type InstrumentAgentOptions } from '../../src/index.ts'
import { beginInference, type InferenceEnd } from '../../src/instrumentation.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const call = (end: InferenceEnd, model = 'gpt-6'): unknown => beginInference({ source: 'wire', model }).end(end)

let runs = 0

/** Runs an agent that makes these model calls in each attempt and then fails with `error`. */
async function failing(calls: readonly InferenceEnd[], error: unknown, options: Partial<InstrumentAgentOptions> = {}) {
  // A model of its own, because runs share what they learn of one
  const model = `gpt-${(runs += 1)}`
  const agent = instrumentAgent(
    async () => {
      for (const end of calls) call(end, model)
      throw error
    },
    { name: 'hidden', logger: false, ...options },
  )
  await expect(agent()).rejects.toBe(error)
  const { attempts, errorType, retryOutcome, waits, attemptErrors } = telemetry.executions('hidden').at(-1)!
  expect(new Set(attemptErrors)).toEqual(new Set([errorType]))
  return { attempts, errorType, retryOutcome, waits }
}

test('an error without a status has that of the last model call of its attempt', async () => {
  expect(await failing([{ status: 401 }], new Error('request failed'))).toMatchObject({
    attempts: 1,
    errorType: '401',
    retryOutcome: 'not_retryable',
  })
  expect(await failing([{ status: 503 }], new Error('request failed'))).toMatchObject({ attempts: 4, errorType: '503' })
})

test('a model call that failed before a successful one explains nothing', async () => {
  const found = await failing([{ status: 401 }, { status: 200, usage: { inputTokens: 1 } }], new RangeError('bug'))
  expect(found).toMatchObject({ attempts: 4, errorType: 'RangeError' })
})

test('an error that shows its own reason keeps it', async () => {
  const limit = Object.assign(new Error('x'), { name: 'GraphRecursionError' })
  expect(await failing([{ status: 503 }], limit)).toMatchObject({ attempts: 1, errorType: 'GraphRecursionError' })
  expect(await failing([{ status: 401 }], Object.assign(new Error('x'), { status: 500 }))).toMatchObject({
    attempts: 4,
    errorType: '500',
  })
})

test('the Retry-After of the model call is kept where the error lost it', async () => {
  const alone = { recovery: { provider: false } } as const
  const call429 = { status: 429, retryHeaders: { 'retry-after': '20' } }
  expect(await failing([call429], Object.assign(new Error('quota'), { status: 429 }))).toMatchObject({ waits: [20, 20, 30] })
  expect(await failing([call429], new Error('quota'))).toMatchObject({ waits: [20, 20, 30] })
  expect(await failing([call429], Object.assign(new Error('other'), { status: 503 }), alone)).toMatchObject({
    waits: [5, 15, 30],
  })
})

test('the failed call of an earlier attempt does not explain a later one', async () => {
  const agent = instrumentAgent(
    async () => {
      if (currentExecution()!.attempt === 1) call({ status: 503 })
      throw new RangeError('x')
    },
    { name: 'later', logger: false },
  )
  await expect(agent()).rejects.toThrow('x')
  expect(telemetry.executions('later')[0]!.attemptErrors).toEqual(['503', 'RangeError', 'RangeError', 'RangeError'])
})

test('retryIf gets the error of the agent and decides', async () => {
  const seen: unknown[] = []
  const error = new Error('x')
  const recovery = { retryIf: (thrown: unknown) => seen.push(thrown) < 2 }
  expect(await failing([{ status: 401 }], error, { recovery })).toMatchObject({ attempts: 2, errorType: '401' })
  expect(seen).toEqual([error, error])
})

test('a run that was started by hand has the status of its last model call, too', () => {
  const run = startExecution('by-hand')
  run.within(() => call({ status: 429 }))
  run.complete({ success: false })
  expect(telemetry.executions('by-hand')[0]).toMatchObject({ errorType: '429' })
})

test('an answer of the wrong shape is asked for twice at most, and the log line states why', async () => {
  const lines: string[] = []
  const logger = { warn: () => {}, error: (line: string) => lines.push(line) }
  const error = Object.assign(new Error('no object'), { name: 'AI_NoObjectGeneratedError' })
  expect(await failing([], error, { logger })).toMatchObject({ attempts: 2, retryOutcome: 'not_retryable' })
  expect(lines[0]).toContain('the answer of the model was unusable twice')
})
