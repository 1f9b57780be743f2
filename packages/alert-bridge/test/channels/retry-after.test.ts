import { expect, test } from 'vitest'

import { readRetryAfter } from '../../src/channels/request-failure.ts'

const now = new Date('2026-11-24T10:00:00Z')
const read = (header: string | null | undefined): number | undefined => readRetryAfter(header, now)

test('a number is that many seconds, in whole seconds', () => {
  expect(['0', '30', ' 30 ', '1.25', '12.50'].map(read)).toEqual([0, 30, 30, 2, 13])
})

test('returns the seconds until a date, and nothing for a past date', () => {
  expect(read('Tue, 24 Nov 2026 10:00:40 GMT')).toBe(40)
  expect(read('Tue, 24 Nov 2026 09:00:00 GMT')).toBe(0)
  expect(read('2026-11-24T10:00:40.000+00:00')).toBe(40)
})

test('no server can request more than an hour', () => {
  expect(['3600', '3601', '86400', 'Wed, 25 Nov 2026 10:00:00 GMT'].map(read)).toEqual([3_600, 3_600, 3_600, 3_600])
})

test('returns nothing for an invalid or missing value', () => {
  expect(['soon', '5 minutes or so', '', '  ', null, undefined].map(read)).toEqual(Array(6).fill(undefined))
})
