import { expect, test } from 'vitest'

import { readableDuration } from '../../src/message/readable-duration.ts'
import { utcTime } from '../../src/message/utc-time.ts'

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
])('%d seconds read %s', (seconds, words) => {
  expect(readableDuration(seconds)).toBe(words)
})

test('a time is told in UTC, whatever offset it came with', () => {
  expect(utcTime('2026-11-24T03:13:05.123+01:00')).toBe('2026-11-24 02:13:05 UTC+00:00')
})

test('the zero time of Alertmanager and what is no time are not told', () => {
  expect(['0001-01-01T00:00:00Z', 'yesterday', '', undefined].map(utcTime)).toEqual([undefined, undefined, undefined, undefined])
})
