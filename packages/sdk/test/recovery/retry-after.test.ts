import { expect, test } from 'vitest'

import { retryAfterSeconds } from '../../src/recovery/retry-after.ts'

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

test('the outermost error and the header take precedence', () => {
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

test('a list or an object is no value, even if its text would be one', () => {
  const date = 'Tue, 24 Nov 2026 10:00:40 GMT'
  const text = { toString: () => date }
  expect([[date], ['7'], text].map((retryAfter) => read({ retryAfter }))).toEqual([undefined, undefined, undefined])
  expect(header(text)).toBeUndefined()
  expect(read({ timeToReset: 5, retryAfter: 'soon' })).toBeUndefined()
})

test('an object with more than 400 headers is read up to there', () => {
  const headers = (count: number) => ({
    ...Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, ''])),
    'RETRY-AFTER': '7',
  })
  expect([399, 400].map((count) => read({ headers: headers(count) }))).toEqual([7, undefined])
})

test('a flat list of headers may contain a list of values', () => {
  expect(read({ rawHeaders: ['set-cookie', ['a', 'b'], 'Retry-After', '7'] })).toBe(7)
})

test('headers that throw, or a value that does when it is written, ask for nothing', () => {
  const fail = (): never => {
    throw new Error('closed')
  }
  expect(read({ headers: { get: fail, 'retry-after': '7' } })).toBeUndefined()
  expect(header({ toString: fail })).toBeUndefined()
})

test('reads every property that a library uses for the wait, in milliseconds or in seconds', () => {
  const inMilliseconds = ['retryAfterMs', 'retry_after_ms', 'retryAfterInMs', 'retryAfterInMilliseconds', 'msBeforeNext']
  expect(inMilliseconds.map((key) => read({ [key]: 2500 }))).toEqual(Array(5).fill(2.5))
  const inSeconds = ['retryAfter', 'retry_after', 'retryAfterSeconds', 'retryAfterHint']
  expect(inSeconds.map((key) => read({ [key]: 25 }))).toEqual(Array(4).fill(25))
  expect(read({ parameters: { retry_after: 25 } })).toBe(25)
  expect(read({ retryAfterMs: null, retryAfterInMs: 0 })).toBe(0)
  expect(read({ retryAfter: null, retryAfterSeconds: 3 })).toBe(3)
})

test('a property of 1000 or more is in milliseconds, unless it is text', () => {
  expect([999, 1000, '1000'].map((retryAfter) => read({ retryAfter }))).toEqual([999, 1, 1000])
  expect(read({ retryAfter: -1 })).toBeUndefined()
})

test('a property may be a date, as text or as an object', () => {
  expect(read({ retryAfter: 'Tue, 24 Nov 2026 10:00:40 GMT' })).toBe(40)
  expect(read({ retryAfter: new Date(nowMs + 5000) })).toBe(5)
  expect(read({ retryAfter: new Date(nowMs - 5000) })).toBe(0)
  expect(read({ retryAfter: new Date(Number.NaN) })).toBeUndefined()
})

test("the wait of discord.js's RateLimitError is in milliseconds", () => {
  expect(read({ retryAfter: 500, timeToReset: 500 })).toBe(0.5)
  expect(read({ retryAfter: 500, name: 'RateLimitError[/channels]' })).toBe(0.5)
  expect(read({ retryAfter: 500, name: 'Other RateLimitError[' })).toBe(500)
  expect(read({ retryAfter: 500, timeToReset: '500' })).toBe(500)
})

test("Google's RetryInfo is text or seconds and nanoseconds, also within a message", () => {
  expect(read({ errorDetails: [{ retryDelay: ' 20s ' }] })).toBe(20)
  expect(read({ errorDetails: [{ retryDelay: '1s2' }] })).toBeUndefined()
  expect(read({ errorDetails: [{ retryDelay: { seconds: { low: 3 }, nanos: 5e8 } }] })).toBe(3.5)
  const messages = [
    'failed: "retryDelay": "12.345s"',
    'failed: \\"retryDelay\\" :  \\"7s\\"',
    `${' '.repeat(20_000)}"retryDelay":"7s"`,
  ]
  expect(messages.map((message) => read(new Error(message)))).toEqual([12.345, 7, undefined])
})

test('a value that cannot be read asks for nothing', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(read(proxy)).toBeUndefined()
})
