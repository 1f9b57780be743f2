import { expect, test } from 'vitest'

import { retryAfterSeconds } from '../../src/recovery/next-step.ts'

const nowMs = Date.parse('2026-11-24T10:00:00Z')
const read = (error: unknown): number | undefined => retryAfterSeconds(error, nowMs)
const header = (value: unknown): number | undefined => read({ headers: { 'retry-after': value } })

test('reads the header wherever an error carries it, as an object or as Headers', () => {
  expect(read({ responseHeaders: { 'retry-after': '7' } })).toBe(7)
  expect(read({ headers: { 'Retry-After': '7' } })).toBe(7)
  expect(read({ headers: new Headers({ 'Retry-After': '7' }) })).toBe(7)
  expect(read({ response: { headers: new Headers({ 'retry-after': '7' }) } })).toBe(7)
  expect(read({ retryAfter: 7 })).toBe(7)
  expect(read(new Error('x', { cause: { headers: { 'retry-after': '7' } } }))).toBe(7)
})

test('the outermost error and the header come first', () => {
  const cause = { headers: { 'retry-after': '9' } }
  expect(read({ retryAfter: 8, cause })).toBe(8)
  expect(read({ retryAfter: 8, responseHeaders: { 'retry-after': '6' }, headers: { 'retry-after': '7' } })).toBe(6)
})

test('a value is seconds or a date; a date that is past is no wait', () => {
  expect([' 7 ', 7, '0', '12.25', '120'].map(header)).toEqual([7, 7, 0, 12.25, 120])
  expect(header('Tue, 24 Nov 2026 10:00:40 GMT')).toBe(40)
  expect(header('Tue, 24 Nov 2026 09:00:00 GMT')).toBe(0)
})

test('anything else asks for nothing', () => {
  expect(['soon', '', '-5', '7s', 's7', '1.', '2026-11-24T11:00:00Z', true, {}, Number.NaN].map(header)).toEqual(
    Array(10).fill(undefined),
  )
  expect(['text', null, undefined, {}].map(read)).toEqual(Array(4).fill(undefined))
})

test('headers that throw, or a value that does when it is written, ask for nothing', () => {
  const fail = (): never => {
    throw new Error('closed')
  }
  expect(read({ headers: { get: fail, 'retry-after': '7' } })).toBeUndefined()
  expect(header({ toString: fail })).toBeUndefined()
})
