import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { fc, test as property } from '@fast-check/vitest'
import { afterEach, expect, test } from 'vitest'

import { SharedMemory } from '../../src/run/known-values.ts'
import { longTexts } from '../../src/run/long-texts.ts'

const clears: (() => void)[] = []
afterEach(() => {
  for (const clear of clears.splice(0)) clear()
})

/** Numbers of texts: equal ones have the same. */
function newTexts() {
  const texts = longTexts(new SharedMemory())
  clears.push(() => texts.clear())
  return { of: (text: string) => texts.see(text).number, clear: () => texts.clear() }
}

/** Takes what runs of this process share, so that the next run has a million characters. */
function useUpSharedMemory(): Disposable {
  const memory = new SharedMemory()
  let taken = 0
  while (memory.take(1_000)) taken += 1_000
  return { [Symbol.dispose]: () => memory.release(taken) }
}

/** Texts that differ in length, in a character of the sample, or in one or two that are not in it. */
const longText = fc
  .record({
    length: fc.constantFrom(257, 258, 5_000),
    at: fc.nat({ max: 256 }),
    letter: fc.constantFrom('x', 'y', 'ä', '\ud83d'),
    late: fc.constantFrom('', 'y'),
  })
  .map(({ length, at, letter, late }) => {
    const text = 'x'.repeat(at) + letter + 'x'.repeat(length - at - 1)
    return text.slice(0, 200) + late + text.slice(200 + late.length)
  })

property.prop([fc.array(longText, { maxLength: 60 })])('equal texts have the same number, and only these', (texts) => {
  const numbers = newTexts()
  const known = new Map<string, number>()
  for (const text of texts) {
    const number = numbers.of(text)
    const others = [...known.values()]
    if (known.has(text)) expect(number).toBe(known.get(text))
    else expect(others).not.toContain(number)
    known.set(text, number)
  }
})

const version = (n: number, length = 100_000, at = length / 2): string =>
  `${'x'.repeat(at)}${String(n).padStart(8, '0')}${'x'.repeat(length - at)}`

test('texts of one sample that differ in a hundred places are distinguished', () => {
  const numbers = newTexts()
  const texts = Array.from({ length: 100 }, (_, n) => version(1, 10_000, 40 + n * 97))
  const first = texts.map((text) => numbers.of(text))
  expect(new Set(first).size).toBe(100)
  expect(texts.map((text) => numbers.of(text))).toEqual(first)
})

test('equal texts are still found after more than a million characters, of which most are not kept', () => {
  using _ = useUpSharedMemory()
  const numbers = newTexts()
  const first = Array.from({ length: 50 }, (_, n) => numbers.of(version(n)))
  expect(new Set(first).size).toBe(50)
  expect(Array.from({ length: 50 }, (_, n) => numbers.of(version(n)))).toEqual(first)
})

test('a text that is longer than the memory is still found', () => {
  using _ = useUpSharedMemory()
  const numbers = newTexts()
  const first = numbers.of(version(1, 2_000_000))
  expect(numbers.of(version(2, 2_000_000))).not.toBe(first)
  expect(numbers.of(version(1, 2_000_000))).toBe(first)
})

test('after a thousand texts the oldest is forgotten, and the others are still found', () => {
  const numbers = newTexts()
  const first = Array.from({ length: 1_002 }, (_, n) => numbers.of(version(n, 2_000)))
  expect(numbers.of(version(2, 2_000))).toBe(first[2])
  expect(numbers.of(version(1_001, 2_000))).toBe(first[1_001])
  expect(first).not.toContain(numbers.of(version(1, 2_000)))
})

test('another attempt begins without the texts of the one before', () => {
  const numbers = newTexts()
  const first = numbers.of(version(1))
  numbers.clear()
  expect(numbers.of(version(1))).not.toBe(first)
})

test('what all runs of a process keep of any number of texts is bounded, and is released when they end', () => {
  const before = heapUsed()
  const runs = Array.from({ length: 4 }, () => newTexts())
  for (let n = 0; n < 500; n += 1) for (const run of runs) run.of(version(n))
  // 32 million characters for all, and a million for each
  expect(heapUsed() - before).toBeLessThan(45_000_000)
  for (const run of runs) run.clear()
  expect(heapUsed() - before).toBeLessThan(5_000_000)
  const memory = new SharedMemory()
  expect(memory.take(33_000_000)).toBe(true)
  memory.release(33_000_000)
  expect(runs[0]!.of(version(499))).toBeGreaterThan(499)
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}
