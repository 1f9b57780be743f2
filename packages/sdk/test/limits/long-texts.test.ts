import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { LongTexts } from '../../src/run/long-texts.ts'

/** Texts that differ in length, in a character of the sample, or in one that is not in it. */
const longText = fc
  .record({
    length: fc.constantFrom(257, 258, 5_000),
    at: fc.nat({ max: 256 }),
    letter: fc.constantFrom('x', 'y', 'ä', '\ud83d'),
  })
  .map(({ length, at, letter }) => 'x'.repeat(at) + letter + 'x'.repeat(length - at - 1))

property.prop([fc.array(longText, { maxLength: 40 })])('equal texts have the same number, and only these', (texts) => {
  const numbers = new LongTexts()
  const known = new Map<string, number>()
  for (const text of texts) {
    const number = numbers.numberOf(text)
    const others = [...known.values()]
    if (known.has(text)) expect(number).toBe(known.get(text))
    else expect(others).not.toContain(number)
    known.set(text, number)
  }
})

const version = (n: number, length = 100_000): string => {
  const half = 'x'.repeat(length / 2)
  return `${half}${String(n).padStart(8, '0')}${half}`
}

test('equal texts are still found after more than a million characters, of which most are not kept', () => {
  const numbers = new LongTexts()
  const first = Array.from({ length: 50 }, (_, n) => numbers.numberOf(version(n)))
  expect(new Set(first).size).toBe(50)
  expect(Array.from({ length: 50 }, (_, n) => numbers.numberOf(version(n)))).toEqual(first)
})

test('after a thousand texts the oldest is forgotten, and the others are still found', () => {
  const numbers = new LongTexts()
  const first = Array.from({ length: 1_002 }, (_, n) => numbers.numberOf(version(n, 2_000)))
  expect(numbers.numberOf(version(2, 2_000))).toBe(first[2])
  expect(numbers.numberOf(version(1_001, 2_000))).toBe(first[1_001])
  expect(first).not.toContain(numbers.numberOf(version(1, 2_000)))
})

test('another attempt begins without the texts of the one before', () => {
  const numbers = new LongTexts()
  const first = numbers.numberOf(version(1))
  numbers.clear()
  expect(numbers.numberOf(version(1))).not.toBe(first)
})

test('what is kept of any number of texts is bounded', () => {
  const numbers = new LongTexts()
  const before = heapUsed()
  for (let n = 0; n < 2_000; n += 1) numbers.numberOf(version(n))
  expect(heapUsed() - before).toBeLessThan(10_000_000)
  expect(numbers.numberOf(version(1_999))).toBeGreaterThan(1_999)
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}
