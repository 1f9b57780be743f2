import { expect, test } from 'vitest'

import { deliveryTimes } from '../../src/deliveries/delivery-context.ts'
import { backoffMs } from '../../src/deliveries/outcome.ts'

const [lowest, middle, highest] = [0, 0.5, 1].map((value) => () => value) as [() => number, () => number, () => number]

test('waits three times as long after each failure, at most a quarter of an hour', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => backoffMs(failures, deliveryTimes, middle))
  expect(waits).toEqual([5_000, 15_000, 45_000, 135_000, 405_000, 900_000, 900_000, 900_000])
})

test('each wait is up to a fifth shorter or longer, but never longer than the longest', () => {
  expect(backoffMs(2, deliveryTimes, lowest)).toBe(12_000)
  expect(backoffMs(2, deliveryTimes, highest)).toBeCloseTo(18_000)
  expect(backoffMs(9, deliveryTimes, lowest)).toBe(720_000)
  expect(backoffMs(9, deliveryTimes, highest)).toBe(900_000)
})

test('waits the whole time that a provider requests, up to the maximum, and at most a second more', () => {
  expect(backoffMs(1, deliveryTimes, lowest, 0)).toBe(0)
  expect(backoffMs(4, deliveryTimes, lowest, 30)).toBe(30_000)
  expect(backoffMs(4, deliveryTimes, highest, 30)).toBe(31_000)
  expect(backoffMs(1, deliveryTimes, lowest, 3_600)).toBe(900_000)
  expect(backoffMs(1, { ...deliveryTimes, backoffMs: 10 }, highest, 30)).toBe(30_010)
})
