import { setImmediate } from 'node:timers/promises'

import { fc } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  currentTool,
  instrumentAgent,
  instrumentTool,
  memoryOnceStore,
  sqliteOnceStore,
  UncertainEffectError,
} from '../../src/index.ts'
import { documentedRow, shown } from '../documented-row.ts'
import { injectFailures, steps } from './injected-failures.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const busy = (): Error => Object.assign(new Error('busy'), { status: 503 })

test('no effect is repeated or lost in 1,000 runs that fail at every step, as documented', async () => {
  const { runs, attempts, effects, repeated, lost, uncertain, reused } = await injectFailures(1000, memoryOnceStore())
  expect({ repeated, lost }).toEqual({ repeated: 0, lost: 0 })
  expect(documentedRow('memory')).toEqual(shown(runs, attempts, effects, repeated, lost, uncertain, reused))
})

test('no effect is repeated or lost in runs that fail at every step, with the store in SQLite', async () => {
  const total = await injectFailures(100, sqliteOnceStore(`${temporaryFolder()}/once.db`))
  expect(total).toMatchObject({ attempts: 400, effects: 100 * steps, repeated: 0, lost: 0 })
  expect(total.uncertain).toBeGreaterThan(10)
})

/** A call of an attempt in the property below: how it ends, and after how many turns of the event loop. */
const call = fc.record({
  key: fc.constantFrom('a', 'b'),
  turns: fc.nat({ max: 4 }),
  ends: fc.constantFrom<('succeeds' | 'fails' | 'times out')[]>('succeeds', 'succeeds', 'fails', 'times out'),
})
const attempt = fc.record({
  calls: fc.array(call, { maxLength: 4 }),
  isParallel: fc.boolean(),
  /** The attempt fails after this number of turns, although its calls still run. */
  givesUpAfter: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
})

test('under any interleaving of attempts, failures, timeouts and calls left behind, an effect happens at most once', async () => {
  const property = fc.asyncProperty(
    fc.array(attempt, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    fc.boolean(),
    async (attempts, hasOwnKey, isDurable) => {
      const effects: string[] = []
      const running = new Set<string>()
      const left: Promise<unknown>[] = []
      let overlaps = 0
      const pay = instrumentTool(
        async (key: string, { turns, ends }: { readonly turns: number; readonly ends: string }) => {
          const effect = currentTool()!.idempotencyKey
          if (running.has(effect)) overlaps += 1
          running.add(effect)
          for (let turn = 0; turn < turns; turn += 1) await setImmediate()
          running.delete(effect)
          if (ends === 'fails') throw busy()
          effects.push(effect)
          if (ends === 'times out') throw new DOMException('gave up', 'TimeoutError')
          return key
        },
        { name: 'pay', once: { store: { ...memoryOnceStore(), isDurable }, key: (key) => (hasOwnKey ? 'one' : key) } },
      )
      let number = 0
      const agent = instrumentAgent(
        async () => {
          const { calls, isParallel, givesUpAfter } = attempts[number++]!
          const make = async (): Promise<void> => {
            const settle = (each: (typeof calls)[number]) =>
              pay(each.key, each).catch((error: unknown) => {
                if (error instanceof UncertainEffectError) return 'uncertain'
                if ((error as Error).name === 'OnceError') throw error
                return 'failed'
              })
            if (isParallel) await Promise.all(calls.map(settle))
            else for (const each of calls) await settle(each)
          }
          const work = make()
          left.push(work)
          if (givesUpAfter === undefined) await work
          else for (let turn = 0; turn < givesUpAfter; turn += 1) await setImmediate()
          if (number < attempts.length) throw busy()
        },
        { name: 'payer', recovery: { baseDelaySeconds: 0 }, logger: false },
      )
      await agent()
      await Promise.all(left)
      expect({ overlaps, repeated: effects.length - new Set(effects).size }).toEqual({ overlaps: 0, repeated: 0 })
    },
  )
  await fc.assert(property, { numRuns: 500 })
})

test('without keys of their own, attempts make as many effects as the one that asked for most', async () => {
  const counts = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(counts, async (wanted) => {
      let effects = 0
      const pay = instrumentTool(async () => ++effects, { name: 'pay', once: true })
      let number = 0
      const agent = instrumentAgent(
        async () => {
          const times = wanted[number++]!
          await Promise.all(Array.from({ length: times }, () => pay()))
          if (number < wanted.length) throw busy()
        },
        { name: 'payer', recovery: { baseDelaySeconds: 0 }, logger: false },
      )
      await agent()
      expect(effects).toBe(Math.max(...wanted))
    }),
    { numRuns: 100 },
  )
})
