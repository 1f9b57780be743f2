import { fc, test as property } from '@fast-check/vitest'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { configureRecovery, defaultRecovery, instrumentAgent, recoveryOf, type RecoveryOptions } from '../src/index.ts'
import { keptLines } from './kept-lines.ts'

const rateLimited = (retryAfter?: string): Error =>
  Object.assign(new Error('slow down'), {
    statusCode: 429,
    responseHeaders: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  })

/** Calls an agent with the given failures and advances time until it settles. */
async function run(failures: unknown[], recovery: RecoveryOptions | false = {}) {
  const { lines, logger } = keptLines()
  const calledAtSeconds: number[] = []
  const begun = performance.now()
  const agent = instrumentAgent(
    async () => {
      calledAtSeconds.push((performance.now() - begun) / 1000)
      if (failures.length >= calledAtSeconds.length) throw failures[calledAtSeconds.length - 1]
      return 'done'
    },
    { name: 'api-integrator', recovery, logger },
  )
  const settled = agent().then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  )
  await vi.runAllTimersAsync()
  return { ...(await settled), calledAtSeconds, lines }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  configureRecovery({})
})

describe('an agent that keeps failing', () => {
  test('is called again after 5, 15 and 30 s, and its fourth error comes out, the same object', async () => {
    const errors = [1, 2, 3, 4].map((number) => new Error(`failure ${number}`))
    const { error, calledAtSeconds, lines } = await run(errors)
    expect(error).toBe(errors[3])
    expect(calledAtSeconds).toEqual([0, 5, 20, 50])
    expect(recoveryOf(error)).toMatchObject({ attempts: 4, waits: [5, 15, 30], errors: errors.slice(0, 3), outcome: 'exhausted' })
    expect(lines).toEqual([
      '[RETRY] api-integrator attempt 2/4 in 5 s (Error): failure 1',
      '[RETRY] api-integrator attempt 3/4 in 15 s (Error): failure 2',
      '[RETRY] api-integrator attempt 4/4 in 30 s (Error): failure 3',
      '[FAILED] api-integrator gave up after 4 attempts, 50.0 s (Error): failure 4',
    ])
  })

  test('waits 5, 15 and 45 s when MAX_RETRY_DELAY is 60', async () => {
    configureRecovery({ maxDelaySeconds: 60 })
    const { calledAtSeconds } = await run([1, 2, 3, 4])
    expect(calledAtSeconds).toEqual([0, 5, 20, 65])
  })

  test('is called once with recovery: false', async () => {
    const { calledAtSeconds, lines } = await run([rateLimited()], false)
    expect(calledAtSeconds).toEqual([0])
    expect(lines).toEqual(['[FAILED] api-integrator gave up after 1 attempt, 0.0 s (429): slow down'])
  })

  test('is not called again after an answer that can never get better', async () => {
    for (const status of [400, 401, 403, 404, 405, 410, 422]) {
      const { calledAtSeconds, error } = await run([{ status }])
      expect(calledAtSeconds, `HTTP ${status}`).toEqual([0])
      expect(recoveryOf(error)).toMatchObject({ attempts: 1, outcome: 'not_retryable' })
    }
  })

  test('is called again after answers that may get better', async () => {
    for (const error of [
      { status: 408 },
      { status: 409 },
      { status: 425 },
      { status: 429 },
      { statusCode: 503 },
      new TypeError('fetch failed'),
    ]) {
      expect((await run([error])).value).toBe('done')
    }
  })
})

describe('an agent that recovers', () => {
  test('returns its value and logs the attempt', async () => {
    const { value, calledAtSeconds, lines } = await run([rateLimited(), rateLimited()])
    expect(value).toBe('done')
    expect(calledAtSeconds).toEqual([0, 5, 20])
    expect(lines).toEqual([
      '[RETRY] api-integrator attempt 2/4 in 5 s (429): slow down',
      '[RETRY] api-integrator attempt 3/4 in 15 s (429): slow down',
      '[SUCCESS] api-integrator recovered on attempt 3 after 20.0 s',
    ])
  })

  test('logs nothing when the first attempt succeeds', async () => {
    expect((await run([])).lines).toEqual([])
  })
})

describe('Retry-After', () => {
  test('of 60 s is waited in full', async () => {
    expect((await run([rateLimited('60')])).calledAtSeconds).toEqual([0, 60])
  })

  test('shorter than the back-off does not shorten it', async () => {
    expect((await run([rateLimited('1')])).calledAtSeconds).toEqual([0, 5])
  })

  test('as a date is waited for', async () => {
    vi.setSystemTime(new Date('2026-11-23T10:00:00Z'))
    expect((await run([rateLimited('Mon, 23 Nov 2026 10:00:40 GMT')])).calledAtSeconds).toEqual([0, 40])
  })

  test('of 600 s fails immediately and logs the reason', async () => {
    const { error, calledAtSeconds, lines } = await run([rateLimited('600')])
    const because = 'Retry-After of 600 s is longer than maxRetryAfterSeconds 120'
    expect(calledAtSeconds).toEqual([0])
    expect(recoveryOf(error)).toMatchObject({ outcome: 'not_retryable', because })
    expect(lines).toEqual([`[FAILED] api-integrator gave up after 1 attempt, 0.0 s (429): slow down; ${because}`])
  })

  test('that would exceed the total timeout fails immediately and logs the reason', async () => {
    const { lines } = await run([rateLimited('60')], { totalTimeoutSeconds: 50 })
    expect(lines).toEqual([
      '[FAILED] api-integrator gave up after 1 attempt, 0.0 s (429): slow down; waiting 60 s would exceed totalTimeoutSeconds 50',
    ])
  })
})

describe('settings', () => {
  test('in code win over configured limits of the agent, these over configured defaults, these over the built-in ones', async () => {
    configureRecovery({
      maxRetries: 1,
      baseDelaySeconds: 2,
      agents: { 'api-integrator': { baseDelaySeconds: 3 }, reviewer: { maxRetries: 9 } },
    })
    expect((await run([1, 2, 3])).calledAtSeconds).toEqual([0, 3])
    expect((await run([1, 2, 3], { maxRetries: 2 })).calledAtSeconds).toEqual([0, 3, 12])
    expect((await run([1, 2, 3], { baseDelaySeconds: 1 })).calledAtSeconds).toEqual([0, 1])
  })

  test('configured after an agent was wrapped hold from its next run', async () => {
    let calls = 0
    const agent = instrumentAgent(() => Promise.reject(new Error(`failure ${(calls += 1)}`)), { name: 'late', logger: false })
    configureRecovery({ maxRetries: 0 })
    await expect(agent()).rejects.toThrow('failure 1')
  })

  test('that are wrong leave the earlier ones in force', () => {
    configureRecovery({ maxRetries: 1 })
    expect(() => configureRecovery({ maxRetries: 1.5, agents: { reviewer: { jitter: 'some' as 'full' } } })).toThrow(
      'configureRecovery: maxRetries must be an integer >= 0, got 1.5\n' +
        "configureRecovery: agents.reviewer.jitter must be 'none' or 'full', got \"some\"",
    )
    return expect(run([1, 2, 3])).resolves.toMatchObject({ calledAtSeconds: [0, 5] })
  })

  test('let retryIf decide, with the error and the number of the attempt', async () => {
    const asked: unknown[] = []
    const retryIf = (error: unknown, attempt: number): boolean => asked.push([error, attempt]) < 2
    const { calledAtSeconds } = await run(['first', 'second', 'third'], { retryIf })
    expect(calledAtSeconds).toEqual([0, 5])
    expect(asked).toEqual([
      ['first', 1],
      ['second', 2],
    ])
  })
})

// Whole milliseconds: fake timers read the digits of 7e-9 as 7
const wholeMs = fc.nat(100_000).map((ms) => ms / 1000)

property.prop(
  {
    failures: fc.array(
      fc.oneof(
        fc.string(),
        fc.integer({ min: 400, max: 599 }).map((status) => ({ status })),
        fc.object(),
      ),
      { maxLength: 8 },
    ),
    maxRetries: fc.integer({ min: 0, max: 5 }),
    baseDelaySeconds: wholeMs,
    exponentialFactor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxDelaySeconds: wholeMs,
    jitter: fc.constantFrom('none' as const, 'full' as const),
  },
  { numRuns: 200 },
)(
  'never calls more than 1 + maxRetries times, never waits longer than maxDelaySeconds, always gives the last error',
  async (drawn) => {
    const { failures, ...recovery } = drawn
    const { error, value, calledAtSeconds } = await run(failures, recovery)
    expect(calledAtSeconds.length).toBeLessThanOrEqual(1 + recovery.maxRetries)
    if (value === undefined) expect(error).toBe(failures[calledAtSeconds.length - 1])
    else expect(calledAtSeconds.length).toBe(failures.length + 1)
    for (const [at, seconds] of calledAtSeconds.entries()) {
      // Fake timers fire on whole milliseconds, cockatiel's own between two attempts included
      if (at > 0) expect(seconds - calledAtSeconds[at - 1]!).toBeLessThanOrEqual(recovery.maxDelaySeconds + 0.002)
    }
  },
)

test('the defaults are the documented ones', () => {
  expect(defaultRecovery).toEqual({
    maxRetries: 3,
    baseDelaySeconds: 5,
    exponentialFactor: 3,
    maxDelaySeconds: 30,
    jitter: 'none',
    maxRetryAfterSeconds: 120,
  })
})
