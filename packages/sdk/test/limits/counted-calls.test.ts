import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { fc, test as property } from '@fast-check/vitest'
import { afterEach, expect, test } from 'vitest'

import { CountedCalls, SharedMemory } from '../../src/run/counted-calls.ts'

const clears: (() => void)[] = []
afterEach(() => {
  for (const clear of clears.splice(0)) clear()
})

/** Calls that may be made `max` times. */
function newCalls(max = 1): CountedCalls {
  const calls = new CountedCalls(max)
  clears.push(() => calls.clear())
  return calls
}

/** Takes what runs of this process share, so that the next run has a million characters. */
function useUpSharedMemory(): Disposable {
  const memory = new SharedMemory()
  let taken = 0
  while (memory.take(1_000)) taken += 1_000
  return { [Symbol.dispose]: () => memory.release(taken) }
}

/** Texts that resemble each other: they differ in length or in one or two characters, or one is the start of the other. */
const text = fc
  .record({
    length: fc.constantFrom(0, 1, 12, 13, 14, 258, 5_000),
    at: fc.nat({ max: 300 }),
    letter: fc.constantFrom('x', 'y', 'ä', '\ud83d'),
    late: fc.constantFrom('', 'y'),
  })
  .map(({ length, at, letter, late }) => {
    const whole = 'x'.repeat(at) + letter + 'x'.repeat(5_000)
    return (whole.slice(0, 200) + late + whole.slice(200)).slice(0, length)
  })
const value = fc.oneof({ weight: 5, arbitrary: text }, fc.constantFrom<unknown>(1, Number.NaN, true, null, 'xxxxxxxxxxxx'))

property.prop([fc.array(fc.tuple(value, value), { maxLength: 80 }), fc.integer({ min: 1, max: 25 })], { numRuns: 300 })(
  'equal calls are counted together, and only these',
  (all, max) => {
    const calls = newCalls(max)
    const before = new Map<string, number>()
    for (const args of all) {
      const plain = args.map((each) => `${typeof each} ${String(each)}`).join('\0')
      const times = (before.get(plain) ?? 0) + 1
      before.set(plain, times)
      expect(calls.count('t', args)).toBe(times > max ? times : undefined)
    }
    calls.clear()
  },
)

test.each([1, 5, 19, 20, 21, 300])('of %i calls that may be equal, the next one is found among different ones', (max) => {
  const calls = newCalls(max)
  for (let n = 0; n < 3 * max; n += 1) expect(calls.count('t', [n % 3, n])).toBeUndefined()
  for (let n = 0; n < 3 * max; n += 1) expect(calls.count('t', [n % 3])).toBeUndefined()
  for (let n = 0; n < 3; n += 1) expect(calls.count('t', [n])).toBe(max + 1)
})

const version = (n: number, length = 90_000, at = length / 2): string =>
  `${'x'.repeat(at)}${String(n).padStart(8, '0')}${'x'.repeat(length - at - 8)}`
const table = (changed: number, length = 300) => Array.from({ length }, (_, at) => ({ at, name: at === changed ? 'b' : 'a' }))

test.each([
  ['texts', (n: number) => version(1, 10_000, n * 20)],
  ['tables', (n: number) => table(n)],
])('%s that differ in one place only are distinguished, wherever it is', (_, argument) => {
  const calls = newCalls()
  for (let n = 0; n < 300; n += 1) expect(calls.count('t', [argument(n)])).toBeUndefined()
  for (let n = 0; n < 300; n += 1) expect(calls.count('t', [argument(n)])).toBe(2)
})

test('a loop is found while each call replaces the memory of another one', () => {
  using _ = useUpSharedMemory()
  const calls = newCalls(30)
  const times = Array.from({ length: 31 * 5 }, (_, n) => calls.count('write', [version(n % 5, 90_000)]))
  expect(times.slice(0, 30 * 5)).toEqual(Array.from({ length: 30 * 5 }, () => undefined))
  expect(times.slice(30 * 5)).toEqual([31, 31, 31, 31, 31])
})

test('a loop of many calls is found, although more are made than are remembered', () => {
  const calls = newCalls(30)
  const times = Array.from({ length: 31 * 900 }, (_, n) => calls.count('t', [n % 900]))
  expect(times.findIndex((each) => each !== undefined)).toBe(30 * 900)
  expect(new Set(times.slice(30 * 900))).toEqual(new Set([31]))
})

test('a call that is repeated is not forgotten, however many different ones are made', () => {
  const calls = newCalls(10)
  const different = () => Array.from({ length: 500 }, (_, n) => calls.count('t', [made + n]))
  let made = 0
  for (; made < 5_000; made += 500) expect([calls.count('t', ['again']), ...different()]).not.toContainEqual(expect.anything())
  expect(calls.count('t', ['again'])).toBe(11)
})

test('a call does not count again for one that was forgotten, although both resembled each other', () => {
  const calls = newCalls(25)
  const made = [
    // Compared and merged, because it is made more than twenty times
    ...Array.from({ length: 21 }, () => ['text', 'a']),
    ...Array.from({ length: 900 }, (_, n) => [n]),
    ['text', 'b'],
    ...Array.from({ length: 900 }, (_, n) => [n]),
    ...Array.from({ length: 24 }, () => ['text', 'b']),
  ]
  expect(made.map((args) => calls.count('t', args)).filter((times) => times !== undefined)).toEqual([])
  expect(calls.count('t', ['text', 'b'])).toBe(26)
})

test('equal calls take no more memory than twenty of them', () => {
  const calls = newCalls(1_000)
  for (let n = 0; n < 300; n += 1) calls.count('t', [version(1)])
  const memory = new SharedMemory()
  expect(memory.take(32_000_000)).toBe(true)
  memory.release(32_000_000)
  for (let n = 300; n < 1_000; n += 1) calls.count('t', [version(1)])
  expect(calls.count('t', [version(1)])).toBe(1_001)
})

test('after a thousand calls the oldest is forgotten, and the others are still found', () => {
  const calls = newCalls()
  for (let n = 0; n <= 1_000; n += 1) expect(calls.count('t', [version(n, 2_000)])).toBeUndefined()
  expect(calls.count('t', [version(0, 2_000)])).toBeUndefined()
  for (const n of [100, 999, 1_000]) expect(calls.count('t', [version(n, 2_000)])).toBe(2)
})

test('another attempt begins without the calls of the one before', () => {
  const calls = newCalls()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    for (let n = 0; n < 40; n += 1) expect(calls.count('t', [version(n)])).toBeUndefined()
    calls.clear()
  }
})

test('what all runs of a process keep of any number of texts is bounded, and is released when they end', () => {
  const before = heapUsed()
  const runs = Array.from({ length: 4 }, () => newCalls())
  for (let n = 0; n < 500; n += 1) for (const run of runs) run.count('t', [version(n)])
  // 32 million characters for all, and a million for each
  expect(heapUsed() - before).toBeLessThan(45_000_000)
  for (const run of runs) run.clear()
  expect(heapUsed() - before).toBeLessThan(5_000_000)
  const memory = new SharedMemory()
  expect(memory.take(33_000_000)).toBe(true)
  memory.release(33_000_000)
})

test('calls that were distinguished and forgotten leave nothing behind', () => {
  using _ = useUpSharedMemory()
  const calls = newCalls()
  const run = (from: number) => {
    // Each differs from those before at another place
    for (let n = from; n < from + 3_000; n += 1) calls.count('t', [version(n, 40_000, (n * 7) % 39_000)])
  }
  run(0)
  const before = heapUsed()
  run(3_000)
  expect(heapUsed() - before).toBeLessThan(500_000)
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}
