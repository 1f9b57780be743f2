import { fc } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { type Clock, useClock } from '../../src/clock.ts'
import {
  currentTool,
  getActiveExecutions,
  instrumentAgent,
  instrumentTool,
  memoryOnceStore,
  type OnceStore,
  UncertainEffectError,
} from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry({ skipWaits: false })
})
afterEach(() => telemetry.shutdown())

/** A clock whose timers fire when the scheduler chooses: before or after anything else. */
function scheduledClock(scheduler: fc.Scheduler): Clock {
  let now = 0
  const clock: Clock = {
    now: () => now,
    wallClock: () => now,
    after(ms, callback) {
      let isCancelled = false
      void scheduler.schedule(Promise.resolve(), `timer of ${ms} ms`).then(() => {
        if (isCancelled) return
        now += ms
        callback()
      })
      return () => {
        isCancelled = true
      }
    },
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const cancel = clock.after(ms, resolve)
        signal?.addEventListener('abort', () => (cancel(), reject(signal.reason as Error)))
      }),
  }
  return clock
}

/** A store whose calls happen, and are answered, when the scheduler chooses. */
function scheduledStore(scheduler: fc.Scheduler): OnceStore {
  const store = memoryOnceStore()
  const later = async <T>(name: string, call: () => T): Promise<T> => {
    await scheduler.schedule(Promise.resolve(), `${name} reaches the store`)
    const answer = call()
    await scheduler.schedule(Promise.resolve(), `${name} is answered`)
    return answer
  }
  return {
    isDurable: true,
    load: (id) => later('load', () => store.load(id) as never),
    begin: (call, owner) => later('begin', () => store.begin(call, owner) as undefined),
    succeed: (call, result) => later('succeed', () => store.succeed(call, result) as undefined),
    remove: (call, owner) => later('remove', () => store.remove(call, owner) as undefined),
  }
}

const busy = (): Error => Object.assign(new Error('busy'), { status: 503 })
const errors = {
  'is busy': busy,
  'times out': () => new DOMException('gave up', 'TimeoutError'),
  'loses its connection': () => Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
  'is refused': () => Object.assign(new Error('no'), { status: 400 }),
}

/** A call of the tool: it ends after its effect, or fails; only a failure with a known outcome comes before the effect. */
const call = fc.record({
  key: fc.constantFrom('a', 'b'),
  ends: fc.constantFrom<'succeeds' | keyof typeof errors>('succeeds', 'succeeds', ...(Object.keys(errors) as never[])),
})
const attempt = fc.record({
  calls: fc.array(call, { maxLength: 3 }),
  isParallel: fc.boolean(),
  waitsForCalls: fc.boolean(),
  ends: fc.constantFrom<'succeeds' | keyof typeof errors>('is busy', 'is busy', 'succeeds', 'times out', 'is refused'),
})

test('under any interleaving of attempts, timeouts, aborts and the store, an effect happens at most once, and no attempt too many', async () => {
  let repeated = 0
  let timedOut = 0
  let aborted = 0
  let abandoned = 0
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(attempt, { minLength: 1, maxLength: 4 }),
    fc.record({ hasOwnKey: fc.boolean(), hasSlowStore: fc.boolean(), aborts: fc.boolean(), maxRetries: fc.nat({ max: 3 }) }),
    async (scheduler, attempts, { hasOwnKey, hasSlowStore, aborts, maxRetries }) => {
      const restore = useClock(() => scheduledClock(scheduler))
      const effects: string[] = []
      const running = new Set<string>()
      let overlaps = 0
      const pay = instrumentTool(
        async (key: string, ends: (typeof attempts)[number]['calls'][number]['ends']) => {
          const effect = currentTool()!.idempotencyKey
          if (running.has(effect)) overlaps += 1
          running.add(effect)
          try {
            await scheduler.schedule(Promise.resolve(), `${key} is sent`)
            if (ends === 'is busy' || ends === 'is refused') throw errors[ends]()
            effects.push(hasOwnKey ? key : effect)
            await scheduler.schedule(Promise.resolve(), `${key} is answered`)
            if (ends !== 'succeeds') throw errors[ends]()
            return key
          } finally {
            running.delete(effect)
          }
        },
        {
          name: 'pay',
          once: {
            store: hasSlowStore ? scheduledStore(scheduler) : memoryOnceStore(),
            ...(hasOwnKey && { key: (key: string) => key }),
          },
        },
      )
      let begun = 0
      const agent = instrumentAgent(
        async (_: AbortSignal) => {
          const { calls, isParallel, waitsForCalls, ends } = attempts[Math.min(begun, attempts.length - 1)]!
          begun += 1
          if (begun > 1) repeated += 1
          const make = (each: (typeof calls)[number]): Promise<unknown> =>
            pay(each.key, each.ends).catch((error: unknown) => error instanceof UncertainEffectError)
          const work = isParallel
            ? Promise.all(calls.map(make))
            : calls.reduce<Promise<unknown>>((before, each) => before.then(() => make(each)), Promise.resolve())
          if (waitsForCalls) await work
          else {
            if (calls.length > 0) abandoned += 1
            await scheduler.schedule(Promise.resolve(), 'the attempt goes on')
          }
          if (ends !== 'succeeds') throw errors[ends]()
          return 'done'
        },
        { name: 'payer', recovery: { maxRetries, attemptTimeoutSeconds: 10, totalTimeoutSeconds: 100 }, logger: false },
      )
      const caller = new AbortController()
      if (aborts) void scheduler.schedule(Promise.resolve(), 'the caller aborts').then(() => caller.abort())
      try {
        const ended = agent(caller.signal).catch((error: unknown) => error)
        const outcome = await scheduler.waitFor(ended)
        if ((outcome as Error | undefined)?.name === 'TimeoutError') timedOut += 1
        if (caller.signal.aborted && outcome === caller.signal.reason) aborted += 1
        // Calls that attempts have left behind
        await scheduler.waitIdle()
      } finally {
        restore()
      }
      expect({ overlaps, repeated: effects.length - new Set(effects).size }).toEqual({ overlaps: 0, repeated: 0 })
      expect(begun).toBeLessThanOrEqual(1 + maxRetries)
      expect(getActiveExecutions()).toEqual([])
    },
  )
  await fc.assert(property, { numRuns: 1000 })
  console.log(JSON.stringify({ repeated, timedOut, aborted, abandoned }))
  // The interleavings were real
  for (const count of [repeated, timedOut, aborted, abandoned]) expect(count).toBeGreaterThan(20)
})
