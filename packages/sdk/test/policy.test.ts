import { getEventListeners } from 'node:events'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ConstantBackoff,
  fallback,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
  type IPolicy,
} from 'cockatiel'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { currentExecution, getExecutionMetrics, instrumentAgent, type InstrumentAgentOptions } from '../src/index.ts'
import { keptLines } from './kept-lines.ts'
import { outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry({ skipWaits: false })
  vi.useFakeTimers()
})
afterEach(async () => {
  vi.useRealTimers()
  await telemetry.shutdown()
})

const reason = new Error('the user left')
const server = (): never => {
  throw Object.assign(new Error('server'), { status: 500 })
}
const aggressive = timeout(10_000, TimeoutStrategy.Aggressive)
const patient = (maxAttempts = 3): IPolicy => retry(handleAll, { maxAttempts, backoff: new ConstantBackoff(30_000) })

/** An agent under a policy, with its lines. The first argument is the caller's signal, if there is one. */
function under(policy: NonNullable<InstrumentAgentOptions['policy']>, fn: (signal?: AbortSignal) => unknown) {
  const { lines, logger } = keptLines()
  const calls: number[] = []
  const agent = instrumentAgent(
    async (signal?: AbortSignal) => {
      calls.push(currentExecution()!.attempt)
      return fn(signal)
    },
    { name: 'writer', policy, logger },
  )
  return { agent, calls, lines }
}

describe('a retry policy of the user', () => {
  test('decides the waits, and the actual waits are recorded', async () => {
    const { agent, calls, lines } = under(patient(), () => (currentExecution()!.attempt < 3 ? server() : 'done'))
    const run = agent()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await run).toBe('done')
    expect(calls).toEqual([1, 2, 3])
    expect(lines).toEqual([
      '[RETRY] writer attempt 2 after 30.0 s (500): server',
      '[RETRY] writer attempt 3 after 30.0 s (500): server',
      '[SUCCESS] writer recovered on attempt 3 after 60.0 s',
    ])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: 500 500 unset')
  })

  test('is ended by an abort: the reason is thrown immediately, and nothing is called or logged afterwards', async () => {
    const { agent, calls, lines } = under(patient(), server)
    const controller = new AbortController()
    const settled = expect(agent(controller.signal)).rejects.toBe(reason)
    await vi.advanceTimersByTimeAsync(10_000)
    controller.abort(reason)
    await settled
    const [before] = getExecutionMetrics().recent
    await vi.advanceTimersByTimeAsync(120_000)
    expect(calls).toEqual([1])
    expect(lines).toEqual([])
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: 500')
    expect(getExecutionMetrics().recent[0]).toEqual(before)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })
})

test('an open breaker turns runs away: rejected, with its own error', async () => {
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: 60_000, breaker: new ConsecutiveBreaker(1) })
  await expect(breaker.execute(server)).rejects.toThrow('server')
  const { agent, calls, lines } = under(breaker, () => 'done')
  await expect(agent()).rejects.toMatchObject({ isBrokenCircuitError: true })
  expect(calls).toEqual([])
  expect(await outcomeOf(telemetry)).toBe('failure rejected (BrokenCircuitError), attempts: ')
  expect(lines).toEqual([
    '[FAILED] writer gave up after 0 attempts, 0.0 s (BrokenCircuitError): Execution prevented because the circuit breaker is open',
  ])
})

describe('a bulkhead', () => {
  const hold = async (policy: IPolicy): Promise<() => void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    void policy.execute(() => promise)
    return resolve
  }

  test('that is full turns runs away: rejected', async () => {
    const policy = bulkhead(1, 0)
    const release = await hold(policy)
    const { agent, calls } = under(policy, () => 'done')
    await expect(agent()).rejects.toMatchObject({ isBulkheadRejectedError: true })
    expect(calls).toEqual([])
    expect(await outcomeOf(telemetry)).toBe('failure rejected (BulkheadRejectedError), attempts: ')
    release()
  })

  test('is left at once by a run that is aborted in its queue, and never calls it', async () => {
    const policy = bulkhead(1, 1)
    const release = await hold(policy)
    const { agent, calls } = under(policy, () => 'done')
    const controller = new AbortController()
    const settled = expect(agent(controller.signal)).rejects.toBe(reason)
    controller.abort(reason)
    await settled
    release()
    await vi.advanceTimersByTimeAsync(1000)
    expect(calls).toEqual([])
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: ')
  })

  test('releases the slot of a generator that is never read but left', async () => {
    const policy = bulkhead(1, 0)
    const agent = instrumentAgent(() => (async function* () {})(), { name: 'writer', policy })
    await agent().return(undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(policy.executionSlots).toBe(1)
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })
})

test.for(
  Object.entries({ retry: patient(), bulkhead: bulkhead(1, 0), timeout: aggressive, breaker: wrap(patient(), aggressive) }),
)('an abort before the first call comes out with its reason, under a %s too', async ([, policy]) => {
  const { agent, calls } = under(policy, () => 'done')
  await expect(agent(AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(calls).toEqual([])
  expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: ')
})

describe('an aggressive time limit while the call hangs', () => {
  const signals: AbortSignal[] = []
  const hang = (): Promise<string> => {
    signals.push(currentExecution()!.signal)
    return new Promise((done) => void setTimeout(done, 60_000, 'late'))
  }

  test('fails the run and its attempt, and aborts its signal; the late value goes nowhere', async () => {
    const { agent } = under(aggressive, hang)
    const settled = expect(agent()).rejects.toMatchObject({ isTaskCancelledError: true })
    await vi.advanceTimersByTimeAsync(10_000)
    await settled
    expect(signals.at(-1)?.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (TaskCancelledError), attempts: TaskCancelledError')
  })

  test('inside a retry: the attempt that hangs has failed when the next one begins, whatever it does later', async () => {
    const { agent, lines } = under(wrap(patient(), aggressive), () => (currentExecution()!.attempt === 1 ? hang() : 'done'))
    const run = agent()
    await vi.advanceTimersByTimeAsync(40_000)
    expect(await run).toBe('done')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: timeout unset')
    expect(getExecutionMetrics().recent[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['failure', 'success'])
    expect(lines.at(-1)).toBe('[SUCCESS] writer recovered on attempt 2 after 40.0 s')
  })

  test('and a fallback: its value comes out, and the attempt has failed', async () => {
    const { agent } = under(wrap(fallback(handleAll, 'from the cache'), aggressive), hang)
    const run = agent()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await run).toBe('from the cache')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: timeout')
  })
})

test('a fallback returns its value when the function fails, and the run has recovered', async () => {
  const { agent, calls } = under(fallback(handleAll, 'from the cache'), server)
  expect(await agent()).toBe('from the cache')
  expect(calls).toEqual([1])
  expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: 500')
})

test('1,000 runs under a policy leave no listener on the signal that they share', async () => {
  const { signal } = new AbortController()
  const { agent } = under(wrap(patient(1), aggressive), () => (currentExecution()!.attempt === 1 ? server() : 'done'))
  const runs = Promise.all(Array.from({ length: 1000 }, () => agent(signal)))
  await vi.advanceTimersByTimeAsync(60_000)
  await runs
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
