import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { chainOf, httpStatus } from '../src/errors/error-details.ts'
import { errorType, isRetryable } from '../src/errors/error-type.ts'
import { retryAfterSeconds } from '../src/recovery/retry-after.ts'
import { isInstance, propertyOf } from '../src/unknown-values.ts'

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('no reading')
    },
    getPrototypeOf: () => {
      throw new Error('no prototype')
    },
  },
)

test('reads a property of an object or a function; of anything else, or where reading throws, there is none', () => {
  expect(propertyOf({ code: 1 }, 'code')).toBe(1)
  expect(
    propertyOf(
      Object.assign(() => {}, { code: 2 }),
      'code',
    ),
  ).toBe(2)
  expect(['text', 5, null, undefined].map((value) => propertyOf(value, 'length'))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(propertyOf(hostile, 'code')).toBeUndefined()
})

test('a proxy that throws when it is looked at is an instance of nothing', () => {
  expect(isInstance(new RangeError('x'), Error)).toBe(true)
  expect(isInstance('x', Error)).toBe(false)
  expect(isInstance(hostile, Error)).toBe(false)
})

test('of errors that wrap each other the outermost 32 are looked at, one that wraps itself once', () => {
  let nested: { number: number; cause?: object } = { number: 0 }
  for (let number = 1; number < 40; number += 1) nested = { number, cause: nested }
  expect(chainOf(nested).map((error) => (error as { number: number }).number)).toEqual(
    Array.from({ length: 32 }, (_, at) => 39 - at),
  )
  const own: { cause?: object } = {}
  own.cause = own
  expect(chainOf(own)).toEqual([own])
  expect(chainOf({ cause: null })).toHaveLength(1)
  expect(chainOf('text')).toEqual(['text'])
})

test('a status is a whole number from 400 to 599, or its digits, wherever the error carries it', () => {
  expect([399, 400, 599, 600, 404.5, '404', '0404', ' 404'].map((status) => httpStatus({ status }))).toEqual([
    undefined,
    400,
    599,
    undefined,
    undefined,
    404,
    undefined,
    undefined,
  ])
  expect(httpStatus({ cause: { response: { status: 503 } } })).toBe(503)
  expect(httpStatus({ statusCode: 200, status: 502 })).toBe(502)
})

test('every kind of timeout error is a timeout, also below another error', () => {
  const codes = ['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']
  expect(codes.map((code) => errorType({ code }))).toEqual(codes.map(() => 'timeout'))
  expect(errorType(new Error('x', { cause: { code: 'ETIMEDOUT' } }))).toBe('timeout')
})

test('a possible id or hash is no word', () => {
  const ids = ['a1b2c3d4', 'deadbeef0', '0123456789abcdef', 'job_1234', 'DEADBEEF1', 'x-0abcdef12']
  expect(ids.map((code) => errorType({ code }))).toEqual(ids.map(() => '_OTHER'))
  const words = ['deadbeef', 'E123', 'HTTP_2', 'effaced', 'a1b2c3d', 'rate_limit_exceeded']
  expect(words.map((code) => errorType({ code }))).toEqual(words)
})

test('a word begins with a letter, an underscore or a dollar, has no blank and at most 60 characters', () => {
  expect(errorType({ code: 'x'.repeat(60) })).toBe('x'.repeat(60))
  for (const code of ['x'.repeat(61), '1st', ' x', 'x ', 'a b', '', 5, true]) expect(errorType({ code })).toBe('_OTHER')
  expect(['_x', '$x', 'a.b', 'a:b', 'a-b'].map((code) => errorType({ code }))).toEqual(['_x', '$x', 'a.b', 'a:b', 'a-b'])
})

test('classes without information are not reported, nor classes of values that are no errors', () => {
  const named = Object.assign(new Error('x'), { name: 'Object' })
  for (const error of [new AggregateError([]), new DOMException('x'), {}, new (class Job {})(), { name: 'RangeError' }, named]) {
    expect(errorType(error)).toBe('_OTHER')
  }
})

test('the class is the name of the error or, without information in it, its constructor', () => {
  class QuotaError extends Error {}
  expect(errorType(new QuotaError('x'))).toBe('QuotaError')
  expect(errorType(Object.assign(new QuotaError('x'), { name: 'LimitError' }))).toBe('LimitError')
  expect(errorType(Object.assign(new QuotaError('x'), { name: 'a sentence' }))).toBe('QuotaError')
  expect(errorType(Object.assign(new QuotaError('x'), { name: 'AggregateError' }))).toBe('QuotaError')
})

const refuse = (): never => {
  throw new Error('no reading')
}
const revoked = Proxy.revocable({}, {})
revoked.revoke()
const hostileValues: Record<string, unknown> = {
  hostile,
  revoked: revoked.proxy,
  text: { toString: refuse, valueOf: refuse, [Symbol.toPrimitive]: refuse },
  symbol: Symbol('x'),
  map: new Map([['retry-after', hostile]]),
  list: [hostile],
  get: { get: refuse },
  date: new Date(Number.NaN),
}
const keys =
  'name message code status statusCode cause errors lastError error data body responseBody response headers rawHeaders config details metadata retryAfter isRetryable reason signal constructor $metadata'
// By name: the library that draws them looks at values itself
const drawn = fc.dictionary(
  fc.constantFrom(...keys.split(' ')),
  fc.oneof(
    fc.constantFrom(...Object.keys(hostileValues)).map((name) => ({ name })),
    fc.anything().map((value) => ({ value })),
  ),
)

property.prop([drawn])('no value, however hostile, makes the reader throw', (properties) => {
  const error = Object.fromEntries(
    Object.entries(properties).map(([key, each]) => [key, 'name' in each ? hostileValues[each.name] : each.value]),
  )
  for (const thrown of [error, ...Object.values(hostileValues), new AggregateError([error])]) {
    expect(errorType(thrown)).toMatch(/^([A-Za-z_$][\w$.:-]{0,59}|\w{3,5})$/)
    expect(typeof isRetryable(thrown)).toBe('boolean')
    expect(['number', 'undefined']).toContain(typeof retryAfterSeconds(thrown, 0))
  }
})

test('an abort whose reason is itself, or an error of which it is the cause, is read once', () => {
  const abort = Object.assign(new Error('x'), { name: 'AbortError' }) as Error & { reason: unknown }
  abort.reason = abort
  expect([errorType(abort), isRetryable(abort)]).toEqual(['AbortError', false])
  abort.cause = new Error('y', { cause: abort })
  expect([errorType(abort.cause), isRetryable(abort.cause)]).toEqual(['AbortError', false])
})

test('a long message or a wide error costs little', () => {
  const wide: unknown = new AggregateError(Array.from({ length: 10_000 }, () => new AggregateError([{ status: 503 }, {}])))
  expect(isRetryable(wide)).toBe(true)
  const long = `{${'"a":'.repeat(1_000_000)}`
  expect(errorType({ message: long, responseBody: long })).toBe('_OTHER')
  expect(retryAfterSeconds(new Error('"retryDelay"'.repeat(100_000)), 0)).toBeUndefined()
})
