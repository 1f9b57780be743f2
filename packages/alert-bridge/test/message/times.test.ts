import { expect, test } from 'vitest'

import { readableDuration, timeOf, utcTime } from '../../src/message/notice-times.ts'

test.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [724, '12 min 4 s'],
  [3_600, '1 h'],
  [3_661, '1 h 1 min'],
  [172_800 + 10_900, '2 d 3 h'],
  [-5, '0 s'],
  [0.5, '1 s'],
  [1, '1 s'],
  [119.6, '2 min'],
  [3_599, '59 min 59 s'],
  [3_659, '1 h'],
  [86_399, '23 h 59 min'],
  [86_400, '1 d'],
  [86_400 + 3_599, '1 d'],
])('%d seconds read %s', (seconds, words) => {
  expect(readableDuration(seconds)).toBe(words)
})

test('a time is shown in UTC, whatever its offset', () => {
  expect(utcTime('2026-11-24T03:13:05.123+01:00')).toBe('2026-11-24 02:13:05 UTC+00:00')
  expect(utcTime('+012026-11-24T03:13:05Z')).toBe('+012026-11-24 03:13:05 UTC+00:00')
})

test('the zero time of Alertmanager and invalid times are omitted', () => {
  expect(['0001-01-01T00:00:00Z', 'yesterday', '', undefined].map(utcTime)).toEqual([undefined, undefined, undefined, undefined])
})

test('the first moment of 1970 is no time, the next millisecond is', () => {
  expect(timeOf('1970-01-01T00:00:00Z')).toBeUndefined()
  expect(timeOf('1970-01-01T00:00:00.001Z')).toBe(1)
})
