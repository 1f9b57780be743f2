import { expect, test } from 'vitest'

import { allowance, take } from '../../src/deliveries/rate-limit.ts'

const bucket = (tokens: number, at = 10_000, pausedUntil = 0) => ({ tokens, at, pausedUntil })
const limits = { perSecond: 2, burst: 5 }

test('as many may go as there are whole tokens', () => {
  expect(allowance(bucket(3.7), 10_000, limits)).toEqual({ count: 3, at: 10_000 })
  expect(allowance(bucket(1), 10_000, limits)).toEqual({ count: 1, at: 10_000 })
})

test('tokens are refilled over time, up to the burst, and a clock that is set back removes none', () => {
  expect(allowance(bucket(0), 11_500, limits)).toEqual({ count: 3, at: 11_500 })
  expect(allowance(bucket(4), 60_000, limits)).toEqual({ count: 5, at: 60_000 })
  expect(allowance(bucket(2), 4_000, limits)).toEqual({ count: 2, at: 4_000 })
})

test('without a token it returns the time until the next one, in whole milliseconds', () => {
  expect(allowance(bucket(0.5), 10_000, limits)).toEqual({ count: 0, at: 10_250 })
  expect(allowance(bucket(0.9999), 10_000, limits)).toEqual({ count: 0, at: 10_001 })
})

test('no message is sent while the channel is paused, with or without limits', () => {
  expect(allowance(bucket(5, 10_000, 20_000), 19_999, limits)).toEqual({ count: 0, at: 20_000 })
  expect(allowance(bucket(5, 10_000, 20_000), 19_999, undefined)).toEqual({ count: 0, at: 20_000 })
  expect(allowance(bucket(5, 10_000, 20_000), 20_000, limits)).toEqual({ count: 5, at: 20_000 })
})

test('without limits all may go', () => {
  expect(allowance(bucket(0), 10_000, undefined)).toEqual({ count: Number.POSITIVE_INFINITY, at: 10_000 })
  expect(take(bucket(0), 12_000, undefined)).toEqual(bucket(0))
})

test('a message uses one of the tokens that are available at that time', () => {
  expect(take(bucket(2, 10_000, 7), 10_500, limits)).toEqual({ tokens: 2, at: 10_500, pausedUntil: 7 })
})
