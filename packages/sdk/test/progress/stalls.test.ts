import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { currentExecution, instrumentAgent, instrumentTool, recoveryOf, type RecoveryOptions } from '../../src/index.ts'
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

const stalling: RecoveryOptions = { maxRetries: 0, stallTimeoutSeconds: 10 }
const after = (seconds: number): Promise<void> => new Promise((done) => void setTimeout(done, seconds * 1000))
const advance = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)

/** Runs an agent for `seconds`, and returns what it settled with. */
async function settledWithin(seconds: number, fn: () => Promise<unknown>, recovery = stalling): Promise<unknown> {
  const settled = instrumentAgent(fn, { name: 'worker', logger: false, recovery })().catch((error: unknown) => error)
  await advance(seconds)
  return Promise.race([settled, Promise.resolve('pending')])
}

test('an attempt without progress ends after stallTimeoutSeconds as a timeout, and its signal aborts', async () => {
  let signal: AbortSignal | undefined
  const error = await settledWithin(10, async () => {
    signal = currentExecution()!.signal
    await after(1_000)
  })
  expect(error).toMatchObject({ name: 'TimeoutError', message: 'no progress for stallTimeoutSeconds of 10 s' })
  expect(signal).toMatchObject({ aborted: true, reason: error })
  expect(await outcomeOf(telemetry)).toBe('failure exhausted (timeout), attempts: timeout')
})

test('a stalled attempt is retried, and each attempt has the whole time', async () => {
  let calls = 0
  const value = await settledWithin(
    30,
    async () => {
      calls += 1
      await after(calls === 3 ? 9 : 1_000)
      return 'third time lucky'
    },
    { maxRetries: 3, baseDelaySeconds: 0, stallTimeoutSeconds: 10 },
  )
  expect(value).toBe('third time lucky')
  expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: timeout timeout unset')
})

test('a stalled attempt that settles later changes nothing', async () => {
  const error = await settledWithin(30, async () => {
    await after(20)
    return 'late'
  })
  expect(recoveryOf(error)).toMatchObject({ attempts: 1 })
  expect(await outcomeOf(telemetry)).toBe('failure exhausted (timeout), attempts: timeout')
})

describe('a run that takes 60 s is not stalled while it', () => {
  const tool = instrumentTool(() => after(9), { name: 'step' })
  const child = instrumentAgent(() => tool(), { name: 'child', logger: false })
  const flaky = instrumentAgent(
    async () => {
      if (currentExecution()!.attempt < 2) throw new Error('flaky')
    },
    { name: 'flaky', logger: false, recovery: { baseDelaySeconds: 30 } },
  )
  const repeated = (step: () => unknown) => async () => {
    for (let n = 0; n < 6; n += 1) await step()
    return 'done'
  }
  test.each<[does: string, agent: () => Promise<unknown>]>([
    ['reports progress', repeated(() => after(9).then(() => currentExecution()!.progress()))],
    ['calls tools', repeated(tool)],
    ['calls agents that make progress', repeated(child)],
    [
      'waits for an agent that waits for its next attempt',
      () =>
        flaky()
          .then(() => flaky())
          .then(() => 'done'),
    ],
  ])('%s', async (_, agent) => {
    expect(await settledWithin(61, agent)).toBe('done')
  })
})

test('the wait before a retry is no stall', async () => {
  const value = await settledWithin(
    40,
    async () => {
      if (currentExecution()!.attempt === 1) throw new Error('flaky')
      return 'recovered'
    },
    { maxRetries: 1, baseDelaySeconds: 30, stallTimeoutSeconds: 10 },
  )
  expect(value).toBe('recovered')
})

test('a tool that hangs is a stall even though the run called it', async () => {
  const hangs = instrumentTool(() => after(1_000), { name: 'hangs' })
  expect(await settledWithin(25, () => after(5).then(() => hangs()))).toMatchObject({ name: 'TimeoutError' })
})

describe('a stream', () => {
  async function* chunks(gaps: readonly number[]): AsyncGenerator<number> {
    for (const [index, gap] of gaps.entries()) {
      await after(gap)
      yield index
    }
  }
  /** Reads a stream to its end, with a rest after each chunk. */
  function read(gaps: readonly number[], restSeconds = 0, recovery: RecoveryOptions = stalling) {
    const got: unknown[] = []
    const agent = instrumentAgent(() => chunks(gaps), { name: 'streamer', logger: false, recovery })
    const reading = (async () => {
      for await (const chunk of agent()) {
        got.push(chunk)
        await after(restSeconds)
      }
      return 'read'
    })().catch((error: unknown) => error)
    return { reading, got }
  }

  test('may take any time while its chunks arrive', async () => {
    const { reading, got } = read([9, 9, 9, 9, 9])
    await advance(46)
    expect(await reading).toBe('read')
    expect(got).toHaveLength(5)
  })

  test('that stops after some chunks fails for its reader as a timeout', async () => {
    const { reading, got } = read([1, 1, 1_000])
    await advance(13)
    expect(await reading).toMatchObject({ name: 'TimeoutError' })
    expect(got).toEqual([0, 1])
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (timeout), attempts: timeout')
  })

  test('that brings no first chunk is retried', async () => {
    let calls = 0
    const agent = instrumentAgent(() => chunks((calls += 1) === 1 ? [1_000] : [1]), {
      name: 'streamer',
      logger: false,
      recovery: { maxRetries: 1, baseDelaySeconds: 0, stallTimeoutSeconds: 10 },
    })
    const got: unknown[] = []
    const reading = (async () => {
      for await (const chunk of agent()) got.push(chunk)
    })()
    await advance(13)
    await reading
    expect(got).toEqual([0])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: timeout unset')
  })

  test('is not stalled by a reader that takes its time', async () => {
    const { reading } = read([1, 1, 1], 60)
    await advance(200)
    expect(await reading).toBe('read')
  })
})

test('leaves no timer behind', async () => {
  expect(await settledWithin(2, async () => 'done')).toBe('done')
  await vi.advanceTimersByTimeAsync(1)
  expect(vi.getTimerCount()).toBe(0)
})
