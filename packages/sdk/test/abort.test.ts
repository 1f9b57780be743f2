import { getEventListeners } from 'node:events'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { currentExecution, instrumentAgent, recoveryOf, type InstrumentAgentOptions } from '../src/index.ts'
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

const cancelled = 'cancelled aborted (unset), attempts:'
const reason = new Error('the user left')

/** Timers that are still set, but for those of the in-memory exporter, which end at once. */
async function timersLeft(): Promise<number> {
  await vi.advanceTimersByTimeAsync(1)
  return vi.getTimerCount()
}

/** An agent that fails with a 500 until it is aborted, and how often it was called. */
function failing(options: InstrumentAgentOptions<[AbortSignal]> = {}) {
  const calls: number[] = []
  const agent = instrumentAgent(
    async (_signal: AbortSignal): Promise<string> => {
      calls.push(currentExecution()!.attempt)
      throw Object.assign(new Error('server'), { status: 500 })
    },
    { name: 'writer', logger: false, ...options },
  )
  return { agent, calls }
}

describe('an abort', () => {
  test.for([
    ['an empty text', '', cancelled],
    ['an object without a text', { text: '', steps: [] }, cancelled],
    ['an object that reports the abort', { text: 'half of', finishReason: 'aborted' }, cancelled],
    ['a text', 'done', 'success first_try (unset), attempts:'],
    ['nothing', undefined, 'success first_try (unset), attempts:'],
  ] as const)('after which an agent resolves with %s leaves that to its caller', async ([, value, outcome]) => {
    const controller = new AbortController()
    const agent = instrumentAgent(
      async (_: AbortSignal) => {
        controller.abort(reason)
        return value
      },
      { name: 'writer', logger: false },
    )
    expect(await agent(controller.signal)).toBe(value)
    expect(await outcomeOf(telemetry)).toBe(`${outcome} unset`)
  })

  test('during a 30 s wait comes out at once with its reason, without another call and without a timer left', async () => {
    const { lines, logger } = keptLines()
    const { agent, calls } = failing({ logger })
    const controller = new AbortController()
    const run = agent(controller.signal)
    const settled = expect(run).rejects.toBe(reason)
    await vi.advanceTimersByTimeAsync(20_000 + 10_000)
    expect(calls).toEqual([1, 2, 3])
    controller.abort(reason)
    await settled
    expect(await timersLeft()).toBe(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(calls).toEqual([1, 2, 3])
    expect(await outcomeOf(telemetry)).toBe(`${cancelled} 500 500 500`)
    expect(recoveryOf(reason)).toMatchObject({ attempts: 3, waits: [5, 15, 10], outcome: 'aborted' })
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['[RETRY]', '[RETRY]', '[RETRY]'])
    expect((await telemetry.points('agent.failures')).filter(({ value }) => value !== 0)).toEqual([])
  })

  test('before the first call: there is none', async () => {
    const { agent, calls } = failing()
    await expect(agent(AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(calls).toEqual([])
    expect(await outcomeOf(telemetry)).toBe(`${cancelled} `)
  })

  test('during a call waits for the function and returns its value', async () => {
    const agent = instrumentAgent(
      (signal: AbortSignal) => new Promise((done) => signal.addEventListener('abort', () => setTimeout(done, 1000, 'saved'))),
      { name: 'writer', logger: false },
    )
    const controller = new AbortController()
    const run = agent(controller.signal)
    controller.abort(reason)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await run).toBe('saved')
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('during a call waits for the function, whose own error comes out, and is no failure', async () => {
    const own = new Error('cleaned up')
    const agent = instrumentAgent(
      (signal: AbortSignal) => new Promise((_, fail) => signal.addEventListener('abort', () => setTimeout(fail, 1000, own))),
      { name: 'writer', logger: false },
    )
    const controller = new AbortController()
    const settled = expect(agent(controller.signal)).rejects.toBe(own)
    controller.abort(reason)
    await vi.advanceTimersByTimeAsync(1000)
    await settled
    expect(await outcomeOf(telemetry)).toBe(`${cancelled} unset`)
  })
})

describe('a deadline of the caller', () => {
  const late = new DOMException('the page waits no longer', 'TimeoutError')
  /** Rejects with what `from` makes of the signal's reason, as soon as it aborts. */
  const heeding = (from: (reason: unknown) => unknown, options: InstrumentAgentOptions<[AbortSignal]> = {}) =>
    instrumentAgent(
      (signal: AbortSignal) =>
        new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(from(signal.reason) as Error))),
      { name: 'writer', logger: false, ...options },
    )

  test('of AbortSignal.timeout() is a failure `timeout`, and counts in the error rate', async () => {
    vi.useRealTimers()
    const { lines, logger } = keptLines()
    const agent = heeding((why) => why, { logger })
    await expect(agent(AbortSignal.timeout(5))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await outcomeOf(telemetry)).toBe('failure aborted (timeout), attempts: timeout')
    expect(lines).toEqual([expect.stringMatching(/^\[FAILED\] writer gave up after 1 attempt, .* s \(timeout\)/)])
    const failures = (await telemetry.points('agent.failures')).filter(({ value }) => value !== 0)
    expect(failures.map(({ attributes }) => attributes['error.type'])).toEqual(['timeout'])
  })

  const ways: Record<string, unknown> = {
    'a TimeoutError': late,
    'an abort because of a TimeoutError': Object.assign(new Error('aborted', { cause: late }), { name: 'AbortError' }),
    'an error with the code ETIMEDOUT': Object.assign(new Error('late'), { code: 'ETIMEDOUT' }),
  }
  test.for(Object.entries(ways))(
    'that is %s is a timeout, whatever error the function makes of it, which comes out',
    async ([, why]) => {
      const own = Object.assign(new Error('Request was aborted.'), { name: 'AbortError' })
      const controller = new AbortController()
      const settled = expect(heeding(() => own)(controller.signal)).rejects.toBe(own)
      controller.abort(why)
      await settled
      expect(await outcomeOf(telemetry)).toBe('failure aborted (timeout), attempts: timeout')
      expect(recoveryOf(own)).toMatchObject({ attempts: 1, outcome: 'aborted' })
    },
  )

  test('that passes before the first call, or while a retry is waited for, is one too, and there is no further call', async () => {
    const { agent, calls } = failing()
    const controller = new AbortController()
    const settled = expect(agent(controller.signal)).rejects.toBe(late)
    await vi.advanceTimersByTimeAsync(1000)
    controller.abort(late)
    await settled
    expect(await outcomeOf(telemetry)).toBe('failure aborted (timeout), attempts: 500')
    await expect(agent(controller.signal)).rejects.toBe(late)
    expect(calls).toEqual([1])
  })

  test('that passes while a stream is read is one too', async () => {
    const controller = new AbortController()
    const agent = instrumentAgent(
      async function* (signal: AbortSignal) {
        yield 'one'
        await new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)))
      },
      { name: 'writer', logger: false },
    )
    const reader = agent(controller.signal)
    await reader.next()
    const settled = expect(reader.next()).rejects.toBe(late)
    controller.abort(late)
    await settled
    expect(await outcomeOf(telemetry)).toBe('failure aborted (timeout), attempts: timeout')
  })
})

describe("the caller's signal is found", () => {
  const where: Record<string, { args: (signal: AbortSignal) => unknown[]; options?: InstrumentAgentOptions<never[]> }> = {
    'as an argument': { args: (signal) => ['task', signal] },
    'as .signal of an argument': { args: (signal) => ['task', { signal }] },
    'as .abortSignal of an argument': { args: (signal) => [null, { abortSignal: signal }] },
    'by signalFrom': {
      args: (signal) => [{ deep: { signal } }],
      options: { signalFrom: (task: { deep: { signal: AbortSignal } }) => task.deep.signal },
    },
    'by signalFrom rather than as an argument': {
      args: (signal) => [new AbortController().signal, { mine: signal }],
      options: { signalFrom: (_other: AbortSignal, { mine }: { mine: AbortSignal }) => mine },
    },
    'behind arguments that refuse to be looked at': {
      args: (signal) => {
        const refuse = (): never => {
          throw new Error('hands off')
        }
        return [new Proxy({}, { get: refuse, getPrototypeOf: refuse, has: refuse }), signal]
      },
    },
  }
  test.for(Object.entries(where))('%s, and is the signal of the run', async ([, { args, options }]) => {
    const controller = new AbortController()
    let seen: AbortSignal | undefined
    const agent = instrumentAgent(
      async (..._args: unknown[]) => {
        seen = currentExecution()!.signal
        throw new Error('again')
      },
      { name: 'writer', logger: false, ...options } as InstrumentAgentOptions<unknown[]>,
    )
    const settled = expect(agent(...args(controller.signal))).rejects.toBe(reason)
    await vi.advanceTimersByTimeAsync(1000)
    controller.abort(reason)
    await settled
    expect(seen?.aborted).toBe(true)
    expect(seen?.reason).toBe(reason)
    expect(await outcomeOf(telemetry)).toBe(`${cancelled} _OTHER`)
  })
})

describe('a time limit', () => {
  /** Hangs until its signal aborts, and then for ever. */
  const hanging = (recovery: object) => {
    const reasons: unknown[] = []
    const agent = instrumentAgent(
      () => {
        const { signal } = currentExecution()!
        signal.addEventListener('abort', () => reasons.push((signal.reason as Error).name))
        return new Promise<never>(() => {})
      },
      { name: 'writer', logger: false, recovery },
    )
    return { agent, reasons }
  }

  test('of an attempt aborts its signal, fails it with a TimeoutError, and the next one begins', async () => {
    const { agent, reasons } = hanging({ maxRetries: 1, baseDelaySeconds: 1, attemptTimeoutSeconds: 10 })
    const settled = expect(agent()).rejects.toMatchObject({ name: 'TimeoutError' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(reasons).toEqual(['TimeoutError'])
    await vi.advanceTimersByTimeAsync(11_000)
    await settled
    expect(reasons).toEqual(['TimeoutError', 'TimeoutError'])
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (timeout), attempts: timeout timeout')
    expect(await timersLeft()).toBe(0)
  })

  test('of an attempt is a timeout also where the function rejects with an abort of its own, and the next one begins', async () => {
    const agent = instrumentAgent(
      () =>
        new Promise<never>((_, fail) => {
          const abort = Object.assign(new Error('Request was aborted.'), { name: 'APIUserAbortError' })
          currentExecution()!.signal.addEventListener('abort', () => fail(abort))
        }),
      { name: 'writer', logger: false, recovery: { maxRetries: 1, baseDelaySeconds: 1, attemptTimeoutSeconds: 10 } },
    )
    const settled = expect(agent()).rejects.toMatchObject({ name: 'TimeoutError' })
    await vi.advanceTimersByTimeAsync(21_000)
    await settled
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (timeout), attempts: timeout timeout')
  })

  test('of the whole run cuts the attempt in progress', async () => {
    const { agent, reasons } = hanging({ maxRetries: 5, baseDelaySeconds: 2, attemptTimeoutSeconds: 10, totalTimeoutSeconds: 15 })
    let settledAt = 0
    const begun = performance.now()
    const run = agent().catch((error: unknown) => {
      settledAt = performance.now() - begun
      return error
    })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(String(await run)).toContain('totalTimeoutSeconds')
    expect(settledAt).toBe(15_000)
    expect(reasons).toHaveLength(2)
    expect(await timersLeft()).toBe(0)
  })

  test('that is kept leaves no timer behind', async () => {
    const agent = instrumentAgent(async () => 'done', { name: 'writer', recovery: { attemptTimeoutSeconds: 600 } })
    expect(await agent()).toBe('done')
    expect(await timersLeft()).toBe(0)
  })

  test('and the signal of the caller both abort the signal of the run', async () => {
    const { agent, calls } = failing({ recovery: { maxRetries: 0, attemptTimeoutSeconds: 10 } })
    const signals: AbortSignal[] = []
    const hangs = instrumentAgent(
      (_signal: AbortSignal) => {
        const { signal } = currentExecution()!
        signals.push(signal)
        return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)))
      },
      { name: 'writer', logger: false, recovery: { maxRetries: 0, attemptTimeoutSeconds: 10 } },
    )
    const controller = new AbortController()
    const settled = expect(hangs(controller.signal)).rejects.toBe(reason)
    controller.abort(reason)
    await settled
    const timedOut = expect(hangs(new AbortController().signal)).rejects.toMatchObject({ name: 'TimeoutError' })
    await vi.advanceTimersByTimeAsync(10_000)
    await timedOut
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
    await expect(agent(AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(calls).toEqual([])
  })
})

test('1,000 runs leave no listener on the signal that they share', async () => {
  const { signal } = new AbortController()
  const agent = instrumentAgent(
    async (_signal: AbortSignal, fails: boolean) => {
      if (fails && currentExecution()?.attempt === 1) throw new Error('once')
    },
    { name: 'writer', logger: false, recovery: { baseDelaySeconds: 1, attemptTimeoutSeconds: 10, totalTimeoutSeconds: 60 } },
  )
  const runs = Promise.all(Array.from({ length: 1000 }, (_, run) => agent(signal, run % 2 === 0)))
  await vi.advanceTimersByTimeAsync(5000)
  await runs
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(await timersLeft()).toBe(0)
})
