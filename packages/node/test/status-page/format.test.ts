import { expect, test } from 'vitest'

import { count, duration, isoTime, percent, points, span, timeOfDay, usd } from '../../src/status-page/format.ts'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

test.each([
  [undefined, '-'],
  [0, '0 %'],
  [0.0004, '<0.1 %'],
  [0.18249, '18.2 %'],
  [0.9996, '>99.9 %'],
  [1, '100 %'],
  [2.5, '250.0 %'],
])('writes the share %s as %s', (share, text) => expect(plain(percent(share))).toBe(text))

test.each([
  [undefined, '-'],
  [0, '0 ms'],
  [0.34, '340 ms'],
  [0.9996, '1.00 s'],
  [4.205, '4.21 s'],
  [9.996, '10.0 s'],
  [42.07, '42.1 s'],
  [125, '2 min 05 s'],
  [3720, '1 h 02 min'],
])('writes %s seconds as %s', (seconds, text) => expect(plain(duration(seconds))).toBe(text))

test.each([
  [-3, '0 s'],
  [8.4, '8 s'],
  [99.6, '1 min 40 s'],
])('writes the span %s as %s', (seconds, text) => expect(plain(span(seconds))).toBe(text))

test.each([
  [10_432, '10,432'],
  [12_345_678, '12.35 M'],
])('writes the count %s as %s', (value, text) => expect(plain(count(value))).toBe(text))

test.each([
  [0, '$0'],
  [0.00001, '<$0.0001'],
  [0.0042, '$0.0042'],
  [1204.5, '$1,204.50'],
])('writes %s dollars as %s', (value, text) => expect(usd(value)).toBe(text))

test.each([
  [21.83, '21.8'],
  [60, '60'],
])('writes %s points as %s', (value, text) => expect(points(value)).toBe(text))

test('writes times in UTC, and does not fall over an impossible one', () => {
  expect(timeOfDay(Date.UTC(2026, 2, 14, 9, 5, 7))).toBe('09:05:07')
  expect(isoTime(Number.NaN)).toBe('1970-01-01T00:00:00.000Z')
})
