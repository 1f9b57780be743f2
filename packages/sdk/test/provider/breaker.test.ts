import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'

import {
  currentExecution,
  executeWithRecovery,
  instrumentAgent,
  ProviderUnavailableError,
  recoveryOf,
  type InstrumentAgentOptions,
  type RecoveryOptions,
} from '../../src/index.ts'
import { beginInference } from '../../src/instrumentation.ts'
import { loadBreakers } from '../../src/provider/breaker.ts'
import { keptLines } from '../kept-lines.ts'
import { MovedTime } from './moved-time.ts'

beforeAll(loadBreakers)
let time: MovedTime
beforeEach(() => void (time = new MovedTime()))
afterEach(() => time.end())

/** A provider whose status a test sets, and an agent that makes one model call per attempt. */
function provider(recovery: RecoveryOptions, options: Partial<InstrumentAgentOptions> = {}) {
  const server = { status: 200, seconds: 1, requestedAt: [] as number[] }
  const begunMs = time.now()
  const agent = instrumentAgent(
    async () => {
      server.requestedAt.push((time.now() - begunMs) / 1000)
      const call = beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' })
      await time.wait(server.seconds * 1000)
      call.end({ status: server.status })
      if (server.status !== 200) throw Object.assign(new Error(`status ${server.status}`), { status: server.status })
      return 'done'
    },
    { name: 'caller', logger: false, recovery, ...options },
  )
  const run = (): Promise<unknown> =>
    agent().then(
      () => 'done',
      (error: unknown) => error,
    )
  /** Ends single-attempt runs with `status` until the breaker has seen enough. */
  const breakProvider = async (status: number): Promise<void> => {
    server.status = status
    server.seconds = 0
    const breaking = instrumentAgent(
      async () => {
        beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end({ status })
        throw Object.assign(new Error('x'), { status })
      },
      { name: 'breaking', logger: false, recovery: { maxRetries: 0, provider: { breaker: true } } },
    )
    for (let failures = 0; failures < 10; failures += 1) void breaking().catch(() => {})
    await time.pass(0)
  }
  return { server, run, breakProvider }
}

const breaker = { provider: { breaker: true } } as const

test('while the breaker is open, a run waits through its schedule without a call and ends as rejected', async () => {
  const { server, run, breakProvider } = provider(breaker)
  await runOnce(run)
  await breakProvider(503)
  server.requestedAt.length = 0
  const results = [run(), run(), run()]
  await time.pass(49)
  // Only the probes, each by one run: after 5, 15 and 35 s
  expect(server.requestedAt.length).toBeLessThanOrEqual(3)
  await time.pass(60)
  for (const error of await Promise.all(results)) {
    expect(recoveryOf(error)).toMatchObject({ outcome: 'rejected', because: 'the breaker of gpt-6 by openai is open' })
  }
})

/** Runs the agent once, so that it is known which provider it calls. */
async function runOnce(run: () => Promise<unknown>): Promise<void> {
  const first = run()
  await time.pass(2)
  await first
}

test('a run that was never called gets a ProviderUnavailableError; another one the error of its last call', async () => {
  const telemetry = await startTestTelemetry({ skipWaits: false })
  onTestFinished(() => telemetry.shutdown())
  const { run, breakProvider } = provider({ ...breaker, maxRetries: 0 })
  await runOnce(run)
  const retrying = provider(breaker)
  retrying.server.status = 503
  const failed = retrying.run()
  await breakProvider(503)
  const never = await run()
  expect(never).toBeInstanceOf(ProviderUnavailableError)
  expect(never).toMatchObject({ provider: 'openai', model: 'gpt-6' })
  expect(recoveryOf(never)).toMatchObject({ attempts: 0, outcome: 'rejected' })
  expect(telemetry.executions('caller').at(-1)).toMatchObject({ errorType: 'provider_unavailable', retryOutcome: 'rejected' })
  await time.pass(120)
  expect(await failed).toMatchObject({ message: 'status 503' })
})

test('one probe is made at a time, and after its success the runs that waited return in turn', async () => {
  const { server, run, breakProvider } = provider({ provider: { breaker: true, maxWaitSeconds: 600 } })
  await runOnce(run)
  await breakProvider(503)
  server.requestedAt.length = 0
  const results = Array.from({ length: 20 }, run)
  await time.pass(60)
  const probes = server.requestedAt.length
  expect(probes).toBeGreaterThanOrEqual(2)
  expect(probes).toBeLessThanOrEqual(5)
  server.status = 200
  await time.pass(60)
  expect(await Promise.all(results)).toEqual(Array.from({ length: 20 }, () => 'done'))
  const returned = server.requestedAt.slice(probes)
  expect(returned).toHaveLength(20)
  // The probe, and a run whose own wait ended, do not take a turn
  expect(new Set(returned).size).toBeGreaterThanOrEqual(18)
})

test('answers of a provider that works do not open the breaker, whatever their status', async () => {
  const { server, run, breakProvider } = provider(breaker)
  await runOnce(run)
  await breakProvider(400)
  server.status = 200
  expect(await settledAfter(run(), 1)).toBe('done')
})

test('rate limits open the breaker as well', async () => {
  const { server, run, breakProvider } = provider({ maxRetries: 0, ...breaker })
  await runOnce(run)
  await breakProvider(429)
  server.status = 200
  expect(await run()).toBeInstanceOf(ProviderUnavailableError)
})

test('attempts that run out of time before the provider answers open the breaker', async () => {
  const { server, run } = provider({ maxRetries: 0, attemptTimeoutSeconds: 3, ...breaker })
  await runOnce(run)
  server.seconds = 1000
  const results = Array.from({ length: 10 }, run)
  await time.pass(4)
  expect(await results[0]).toMatchObject({ name: 'TimeoutError' })
  expect(await run()).toBeInstanceOf(ProviderUnavailableError)
})

test('a probe that gets no answer does not hold the others back forever', async () => {
  const { server, run, breakProvider } = provider({ provider: { breaker: true, maxWaitSeconds: 600 } })
  await runOnce(run)
  await breakProvider(503)
  server.seconds = 100_000
  server.status = 200
  const hanging = run()
  await time.pass(6)
  server.seconds = 1
  const other = run()
  await time.pass(60)
  expect(await other).toBe('done')
  void hanging
})

test('a waiting run can be cancelled, and its time limit ends the wait', async () => {
  const controller = new AbortController()
  const { run, breakProvider } = provider(
    { provider: { breaker: true, maxWaitSeconds: 600 } },
    { signalFrom: () => controller.signal },
  )
  await runOnce(run)
  const limited = provider({ totalTimeoutSeconds: 10, provider: { breaker: true, maxWaitSeconds: 600 } })
  await runOnce(limited.run)
  await breakProvider(503)
  limited.server.status = 503
  const cancelled = run()
  const late = limited.run()
  await time.pass(1)
  const reason = new Error('stop')
  controller.abort(reason)
  await time.pass(0)
  expect(await cancelled).toBe(reason)
  await time.pass(10)
  expect(recoveryOf(await late)?.outcome).toMatch(/rejected|exhausted/)
})

test('a fallback is called at once while the breaker is open', async () => {
  const { lines, logger } = keptLines()
  const fallback = [{ name: 'small', fn: async () => `small on attempt ${currentExecution()!.attempt}` }]
  const { run, breakProvider, server } = provider({ provider: { breaker: true, maxWaitSeconds: 600 } }, { fallback, logger })
  await runOnce(run)
  await breakProvider(503)
  server.requestedAt.length = 0
  expect(await settledAfter(run(), 1)).toBe('done')
  expect(server.requestedAt).toEqual([])
  expect(lines).toContainEqual(expect.stringContaining('with fallback small (provider_unavailable)'))
})

test('the model of a fallback is not that of its agent: the breaker of the agent still counts', async () => {
  const small = async (): Promise<string> => {
    beginInference({ source: 'wire', provider: 'other', model: 'small' }).end({ status: 200 })
    return 'small'
  }
  const { run, breakProvider, server } = provider({ ...breaker, maxRetries: 0 }, { fallback: [small] })
  await runOnce(run)
  await breakProvider(503)
  server.requestedAt.length = 0
  for (let runs = 0; runs < 3; runs += 1) expect(await settledAfter(run(), 1)).toBe('done')
  expect(server.requestedAt).toEqual([])
})

test('one line is logged when runs begin to wait, and the next one when the breaker opens again', async () => {
  const { lines, logger } = keptLines()
  const { run, breakProvider } = provider({ ...breaker }, { logger })
  await runOnce(run)
  await breakProvider(503)
  const results = [run(), run(), run()]
  await time.pass(1)
  expect(lines).toEqual(['[WARN] caller waits for gpt-6 by openai: most of its calls fail'])
  await time.pass(200)
  await Promise.all(results)
})

test('the retry budget ends runs visibly, and leaves others their retries', async () => {
  const { server, run } = provider({ provider: { retryBudget: 0 } })
  await runOnce(run)
  server.status = 503
  server.seconds = 0
  const results = Array.from({ length: 30 }, run)
  await time.pass(200)
  const ended = (await Promise.all(results)).map((error) => recoveryOf(error)!)
  const refused = ended.filter(({ attempts }) => attempts === 1)
  expect(refused).toHaveLength(20)
  expect(refused[0]).toMatchObject({
    outcome: 'rejected',
    because: 'the retry budget of gpt-6 by openai is used up (0 % of its calls)',
  })
})

async function settledAfter(promise: Promise<unknown>, seconds: number): Promise<unknown> {
  await time.pass(seconds)
  return promise
}

const status = fc.constantFrom(200, 429, 500, 503, 400)

property.prop({
  statuses: fc.array(status, { maxLength: 60 }),
  maxRetries: fc.integer({ min: 0, max: 4 }),
  breaker: fc.boolean(),
  retryBudget: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  maxWaitSeconds: fc.constantFrom(0, 20, 600),
  fallbacks: fc.integer({ min: 0, max: 2 }),
  runs: fc.integer({ min: 1, max: 12 }),
})('a run makes at most 1 + maxRetries calls and one of each fallback, and always ends', async (given) => {
  const moved = new MovedTime()
  try {
    const { statuses, maxRetries, breaker: hasBreaker, retryBudget, maxWaitSeconds, fallbacks } = given
    const calls = new Map<string, { own: number; fallbacks: number }>()
    let request = 0
    const callProvider = async (kind: 'own' | 'fallbacks'): Promise<string> => {
      const { id } = currentExecution()!
      const counted = calls.get(id) ?? { own: 0, fallbacks: 0 }
      calls.set(id, counted)
      counted[kind] += 1
      const answer = statuses[request++ % Math.max(1, statuses.length)] ?? 503
      const call = beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' })
      await moved.wait(500)
      call.end({ status: answer, retryHeaders: answer === 429 ? { 'retry-after': '7' } : {} })
      if (answer !== 200) throw Object.assign(new Error('x'), { status: answer })
      return kind
    }
    const agent = instrumentAgent(() => callProvider('own'), {
      name: 'property',
      logger: false,
      recovery: { maxRetries, provider: { breaker: hasBreaker, retryBudget, maxWaitSeconds } },
      ...(fallbacks > 0 && { fallback: Array.from({ length: fallbacks }, () => () => callProvider('fallbacks')) }),
    })
    let ended = 0
    for (let run = 0; run < given.runs; run += 1) {
      const settled = (): void => void (ended += 1)
      void agent().then(settled, settled)
      await moved.pass(1)
    }
    await moved.pass(5000)
    expect(ended).toBe(given.runs)
    for (const counted of calls.values()) {
      expect(counted.own).toBeLessThanOrEqual(1 + maxRetries)
      expect(counted.fallbacks).toBeLessThanOrEqual(fallbacks)
    }
  } finally {
    moved.end()
  }
})

test('an attempt of a queue that an open breaker refuses is left to the queue, which makes it later', async () => {
  await using telemetry = await startTestTelemetry({ skipWaits: false })
  let attempt = 1
  const continuation = () => ({ executionId: 'queue/refused', attempt, isFinal: false })
  const { server, run, breakProvider } = provider(breaker, { name: 'queued', continuation })
  await breakProvider(503)
  // Learns which provider it calls
  const first = run()
  await time.pass(0)
  expect(recoveryOf(await first)).toMatchObject({ outcome: 'continued', isRetryable: true })
  attempt = 2
  const refused = run()
  await time.pass(120_000)
  const error = await refused
  expect(recoveryOf(error)).toMatchObject({ outcome: 'continued', isRetryable: true })
  expect(await telemetry.sum('agent.executions', { 'agent.name': 'queued' })).toBe(0)

  attempt = 3
  server.status = 200
  server.seconds = 1
  const third = run()
  await time.pass(240_000)
  expect(await third).toBe('done')
  telemetry.expectExecution('queued', { outcome: 'success', retryOutcome: 'recovered' })
  expect(await telemetry.sum('active_executions', { 'agent.name': 'queued' })).toBe(0)
})

test('a run that is cancelled before its attempt leaves the probe to another one', async () => {
  const { run, breakProvider, server } = provider(
    { provider: { breaker: true, maxWaitSeconds: 600 } },
    { signalFrom: () => signal },
  )
  let signal: AbortSignal | undefined
  await runOnce(run)
  await breakProvider(503)
  server.status = 200
  server.seconds = 1
  await time.pass(6)
  signal = AbortSignal.abort()
  expect(await run()).toMatchObject({ name: 'AbortError' })
  signal = undefined
  expect(await settledAfter(run(), 2)).toBe('done')
})

test('a probe that is cancelled decides nothing: another run probes at once', async () => {
  const controller = new AbortController()
  let signal: AbortSignal | undefined = controller.signal
  const { run, breakProvider, server } = provider(
    { provider: { breaker: true, maxWaitSeconds: 600 } },
    { signalFrom: () => signal },
  )
  await runOnce(run)
  await breakProvider(503)
  server.status = 200
  await time.pass(6)
  server.seconds = 10
  const probe = run()
  await time.pass(1)
  signal = undefined
  server.seconds = 1
  const other = run()
  controller.abort()
  await time.pass(12)
  await probe
  expect(await other).toBe('done')
})

test('a wall clock that goes back does not keep the breaker open', async () => {
  const { run, breakProvider, server } = provider({ provider: { breaker: true, maxWaitSeconds: 600 } })
  await runOnce(run)
  await breakProvider(503)
  server.status = 200
  server.seconds = 1
  time.setWallClock(time.wallClock() - 3_600_000)
  expect(await settledAfter(run(), 10)).toBe('done')
})

test('a run of executeWithRecovery is held back as well: its agent is known by its name', async () => {
  const { server, breakProvider } = provider(breaker)
  let calls = 0
  const execute = (): Promise<unknown> =>
    executeWithRecovery(
      async () => {
        calls += 1
        beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end({ status: server.status })
      },
      { agentName: 'executed', logger: false, recovery: { maxRetries: 0, ...breaker } },
    )
  await execute()
  await breakProvider(503)
  await expect(execute()).rejects.toBeInstanceOf(ProviderUnavailableError)
  expect(calls).toBe(1)
})

test('a run that waited for a breaker does not wait longer than it may for what the provider asks meanwhile', async () => {
  const { server, run, breakProvider } = provider({ provider: { breaker: true, maxWaitSeconds: 60 } })
  await runOnce(run)
  await breakProvider(503)
  server.status = 200
  server.seconds = 1
  const waiting = [run(), run(), run()]
  // While the first one is the probe
  await time.pass(5.5)
  const asked = instrumentAgent(
    async () => {
      const call = beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' })
      call.end({ status: 429, retryHeaders: { 'retry-after': '3600' } })
      throw Object.assign(new Error('quota'), { status: 429 })
    },
    { name: 'asked', logger: false, recovery: { maxRetries: 0 } },
  )
  await asked().catch(() => {})
  expect(await settledAfter(Promise.all(waiting), 120)).toEqual(['done', 'done', 'done'])
})
