import { once } from 'node:events'

import { startTestTelemetry, type RecordedHistogram, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { currentExecution, getActiveExecutions, instrumentAgent, type InstrumentAgentOptions } from '../../src/index.ts'
import { metric } from '../../src/names.ts'
import { outcomeOf } from '../run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry({ skipWaits: false })
  vi.useFakeTimers()
})
afterEach(async () => {
  vi.useRealTimers()
  await telemetry.shutdown()
})

const day = 86_400
const after = (seconds: number): Promise<void> => new Promise((done) => void setTimeout(done, seconds * 1000))
const advance = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)

/** An agent that works for 2 s, waits a day for an approval, and works for 3 s more. */
async function withApproval(): Promise<string> {
  await after(2)
  {
    using _pause = currentExecution()!.pause('approval of the refund')
    await after(day)
  }
  await after(3)
  return 'refunded'
}

/** Runs an agent for `seconds`, and returns what it settled with. */
async function settledWithin(seconds: number, agent: () => Promise<unknown>): Promise<unknown> {
  const settled = agent().catch((error: unknown) => error)
  await advance(seconds)
  return Promise.race([settled, Promise.resolve('pending')])
}

const wrap = (fn: () => Promise<unknown>, options: InstrumentAgentOptions = {}) =>
  instrumentAgent(fn, { name: 'worker', logger: false, ...options })

async function seconds(of: { readonly name: string }, agentName = 'worker'): Promise<number[]> {
  const points = await telemetry.points(of.name, agentName)
  return points.map(({ value }) => Math.round((value as RecordedHistogram).sum ?? Number.NaN))
}

describe('a day of waiting for an approval', () => {
  test.each<[limit: string, options: InstrumentAgentOptions]>([
    ['attemptTimeoutSeconds', { recovery: { maxRetries: 0, attemptTimeoutSeconds: 10 } }],
    ['totalTimeoutSeconds', { recovery: { maxRetries: 0, totalTimeoutSeconds: 10 } }],
    ['stallTimeoutSeconds', { recovery: { maxRetries: 0, stallTimeoutSeconds: 4 } }],
    ['budget.seconds', { recovery: false, budget: { seconds: 10 } }],
  ])('does not exceed %s', async (_, options) => {
    expect(await settledWithin(day + 5, wrap(withApproval, options))).toBe('refunded')
  })

  test.each<[limit: string, options: InstrumentAgentOptions, name: string]>([
    ['attemptTimeoutSeconds', { recovery: { maxRetries: 0, attemptTimeoutSeconds: 4 } }, 'TimeoutError'],
    ['totalTimeoutSeconds', { recovery: { maxRetries: 0, totalTimeoutSeconds: 4 } }, 'TimeoutError'],
    ['stallTimeoutSeconds', { recovery: { maxRetries: 0, stallTimeoutSeconds: 2.5 } }, 'TimeoutError'],
    ['budget.seconds', { recovery: false, budget: { seconds: 4 } }, 'BudgetExceededError'],
  ])('leaves the time before and after it to %s', async (_, options, name) => {
    expect(await settledWithin(day + 5, wrap(withApproval, options))).toMatchObject({ name })
  })

  test('is not part of the durations that percentiles are made of, and is on the span of the run', async () => {
    await settledWithin(day + 5, wrap(withApproval))
    const durations = [metric.executionDuration, metric.attemptDuration]
    expect(await Promise.all(durations.map((of) => seconds(of)))).toEqual([[5], [5]])
    const [root] = telemetry.spans('invoke_agent worker')
    expect(root?.attributes).toMatchObject({ 'swarmwatch.paused.seconds': day })
    expect(root!.endTime[0] - root!.startTime[0]).toBe(day + 5)
    expect(telemetry.executions()).toMatchObject([{ durationSeconds: 5 }])
  })

  test('of an agent that another one called is a pause of both', async () => {
    const limited = { recovery: { maxRetries: 0, attemptTimeoutSeconds: 10, stallTimeoutSeconds: 4 } }
    const child = instrumentAgent(withApproval, { name: 'child', logger: false, recovery: false })
    const parent = wrap(() => child(), limited)
    const settled = parent()
    await advance(100)
    expect(getActiveExecutions({ agentName: 'worker' })).toMatchObject([{ paused: { reason: 'approval of the refund' } }])
    await advance(day)
    expect(await settled).toBe('refunded')
    expect(await seconds(metric.executionDuration)).toEqual([5])
    expect(await seconds(metric.executionDuration, 'child')).toEqual([5])
  })
})

describe('a pause', () => {
  /** An agent that steps through its run by hand. */
  function stepped(options: InstrumentAgentOptions = {}) {
    const { promise, resolve } = Promise.withResolvers<string>()
    let execution: ReturnType<typeof currentExecution>
    const agent = wrap(() => {
      execution = currentExecution()
      return promise
    }, options)
    const settled = agent()
    return { settled, end: () => resolve('done'), execution: execution!, record: () => getActiveExecutions()[0]! }
  }

  test('shows its reason and its begin while it lasts, and resuming is progress', async () => {
    const { settled, end, execution, record } = stepped()
    await advance(5)
    const since = Date.now()
    const resume = execution.pause('x'.repeat(500))
    expect(record()).toMatchObject({ paused: { reason: 'x'.repeat(200), since }, pausedSeconds: 0 })
    await advance(30)
    resume()
    expect(record()).toMatchObject({ paused: undefined, pausedSeconds: 30, lastProgress: 'resumed', lastProgressAt: Date.now() })
    end()
    await settled
  })

  test('lasts until the last of several has ended, and ending one twice changes nothing', async () => {
    const { settled, end, execution, record } = stepped()
    const first = execution.pause('first')
    const second = execution.pause('second')
    await advance(10)
    first()
    first()
    expect(record().paused).toMatchObject({ reason: 'second' })
    await advance(10)
    second()
    expect(record()).toMatchObject({ paused: undefined, pausedSeconds: 20 })
    end()
    await settled
  })

  test('that its attempt forgets to end does not last into the next attempt', async () => {
    const agent = wrap(
      async () => {
        const { attempt, pause } = { attempt: currentExecution()!.attempt, pause: () => currentExecution()!.pause('forgotten') }
        if (attempt === 1) {
          pause()
          throw new Error('before it could resume')
        }
        await after(100)
        return 'late'
      },
      { recovery: { maxRetries: 1, baseDelaySeconds: 1, attemptTimeoutSeconds: 10 } },
    )
    expect(await settledWithin(20, agent)).toMatchObject({ name: 'TimeoutError' })
  })

  test('that a called agent forgets to end does not outlast its attempt in the agent that called it', async () => {
    const child = instrumentAgent(
      () => {
        currentExecution()!.pause('forgotten')
        throw Object.assign(new Error('before it could resume'), { status: 400 })
      },
      { name: 'child', logger: false },
    )
    const agent = wrap(
      async () => {
        await child().catch(() => {})
        await after(100)
        return 'late'
      },
      { recovery: { maxRetries: 0, attemptTimeoutSeconds: 10 } },
    )
    expect(await settledWithin(20, agent)).toMatchObject({ name: 'TimeoutError' })
  })

  test('of an attempt that was given up does not suspend the time limit of the next one', async () => {
    // From the first pause on, attempts are followed
    await wrap(async () => currentExecution()!.pause('first')())()
    const agent = wrap(
      async () => {
        if (currentExecution()!.attempt === 1) {
          await after(12)
          currentExecution()!.pause('too late')
        }
        await after(day)
      },
      { recovery: { maxRetries: 1, baseDelaySeconds: 1, attemptTimeoutSeconds: 10 } },
    )
    expect(await settledWithin(30, agent)).toMatchObject({ name: 'TimeoutError' })
  })

  test('does not keep a run from being aborted by its caller', async () => {
    const controller = new AbortController()
    const agent = instrumentAgent(
      async (signal: AbortSignal) => {
        currentExecution()!.pause('approval')
        await once(signal, 'abort')
        signal.throwIfAborted()
      },
      { name: 'worker', logger: false },
    )
    const settled = agent(controller.signal).catch(() => {})
    await advance(100)
    controller.abort()
    await settled
    expect(await outcomeOf(telemetry)).toContain('cancelled')
    expect(await seconds(metric.executionDuration)).toEqual([0])
  })

  test('after the end of the run changes nothing', async () => {
    const { settled, end, execution } = stepped()
    end()
    await settled
    execution.pause('late')()
    expect(telemetry.executions()).toHaveLength(1)
  })

  test('leaves no timer behind', async () => {
    const { settled, end, execution } = stepped({
      budget: { seconds: 100 },
      recovery: { attemptTimeoutSeconds: 10, stallTimeoutSeconds: 5 },
    })
    execution.pause('approval')
    end()
    await settled
    await vi.advanceTimersByTimeAsync(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
