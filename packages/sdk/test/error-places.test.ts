import { expect, test } from 'vitest'

import { chainOf, hideCause } from '../src/errors/error-details.ts'
import { errorType, isRetryable, isTimeoutReason } from '../src/errors/error-type.ts'
import { retryAfterSeconds } from '../src/recovery/retry-after.ts'

type Case = [what: string, error: unknown, type: string, retried: boolean]

const quota = { code: 'insufficient_quota' }
const quotaText = JSON.stringify({ error: quota })
const timeout = new DOMException('x', 'TimeoutError')
const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  return proxy
}
const withCode = (code: unknown, message = 'x'): Error => Object.assign(new Error(message), { code })

test.each<Case>([
  ['httpCode', { httpCode: 404 }, '404', false],
  ['output, as Boom has it', { output: { statusCode: 404 } }, '404', false],
  ['rawResponse', { rawResponse: { status: 404 } }, '404', false],
  ['a function that was thrown', Object.assign(() => {}, { status: 404 }), '404', false],
  ['gRPC, rather than HTTP', { code: 5, details: 'x', status: 503 }, 'NOT_FOUND', false],
])('a status is read from %s', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test.each<Case>([
  ['the body', { body: quotaText }, 'insufficient_quota', false],
  ['the body of a response', { response: { body: { error: quota } } }, 'insufficient_quota', false],
  ['the details of an answer', { data: { details: [quota] } }, 'insufficient_quota', false],
  ['the details of its error', { data: { error: { details: [quota] } } }, 'insufficient_quota', false],
  ['its inner error', { error: { error: { code: 'x', innererror: { code: 'content_filter' } } } }, 'content_filter', false],
  ['JSON after one character', { message: ` ${quotaText}` }, 'insufficient_quota', false],
  ['lc_error_code of LangChain', { lc_error_code: 'GRAPH_RECURSION_LIMIT' }, 'GRAPH_RECURSION_LIMIT', false],
  ['codeName of MongoDB', { code: 11_000, codeName: 'DuplicateKey' }, 'DuplicateKey', false],
  ['the name, if AWS names no status', { name: 'InUseException', $fault: 'client', status: 400 }, 'InUseException', false],
  ['the status, if AWS timed out', { name: 'TimeoutError', $metadata: { httpStatusCode: 504 } }, '504', true],
])('a word is read from %s', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test.each<Case>([
  ['retryable', { statusCode: 503, retryable: false }, '503', false],
  ['isRetryable without a type, which comes from the cause', { isRetryable: false, cause: { status: 503 } }, '503', false],
  ['raw headers', { status: 503, rawHeaders: ['X-Should-Retry', 'false'] }, '503', false],
  ['a Retry-After with 413', { status: 413, headers: { 'retry-after': '5' } }, '413', true],
  ['no Retry-After with 403', { status: 403, headers: { server: 'x' } }, '403', false],
  ['a Retry-After with another status, which does not count', { status: 404, headers: { 'retry-after': '5' } }, '404', false],
])('whether to retry is decided by %s', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test.each<Case>([
  ['a small number with a message of its own', withCode(5, 'ls failed'), '_OTHER', true],
  ['a small number with metadata that is null', { code: 5, metadata: null }, '_OTHER', true],
  ['a sentence before a service word', { code: 'see functions/not-found' }, '_OTHER', true],
  ['a sentence after a service word', { code: 'functions/not-found in eu' }, '_OTHER', true],
  ['five digits without a database', { code: '23505' }, '_OTHER', true],
  ['a number of a database', { code: 23_505, severity: 'ERROR' }, '_OTHER', true],
  ['six characters of a database', { code: '23505X', severity: 'ERROR' }, '_OTHER', true],
  ['six characters that end like a code', { code: 'X23505', severity: 'ERROR' }, '_OTHER', true],
  ['five characters of a database that names the routine', { code: '23505', routine: 'x' }, '23505', false],
  ['a connection that was given up', withCode('ECONNABORTED', 'aborted'), 'ECONNABORTED', true],
  ['a connection that was given up without a message', { code: 'ECONNABORTED' }, 'ECONNABORTED', true],
  ['another code with a message about a timeout', withCode('ECONNRESET', 'timeout of 30ms exceeded'), 'ECONNRESET', true],
])('%s means no more than it states', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

const symbol = Symbol('x')
test.each<Case>([
  ['a list as its status', { status: [429] }, '_OTHER', true],
  ['an object as its status', { status: { toString: () => '404' } }, '_OTHER', true],
  ['a symbol as its code', { name: 'TimeoutError', code: symbol }, 'timeout', true],
  ['a symbol as its name', { name: symbol, code: 5, status: 404 }, '404', false],
  ['a body that cannot be read', { status: 404, data: revoked() }, '404', false],
  ['a list that cannot be read', { errors: revoked() }, '_OTHER', true],
])('an error with %s is read from the rest', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test.each<Case>([
  ['text', { code: '5', details: 'x' }, '_OTHER', true],
  ['a number of DOMException', Object.assign(new DOMException('x', 'NotFoundError'), { details: 'x' }), 'NotFoundError', true],
])('a gRPC status is a number, not %s', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test('a name of up to 60 characters, and a message of axios up to 300, can state a timeout', () => {
  const named = (length: number): string => `${'x'.repeat(length - 7)}Timeout`
  expect([60, 61].map((length) => isTimeoutReason({ name: named(length) }))).toEqual([true, false])
  const aborted = (length: number): Error => withCode('ECONNABORTED', `${'x'.repeat(length - 7)}timeout`)
  expect([300, 301].map((length) => isTimeoutReason(aborted(length)))).toEqual([true, false])
})

test('an error that has a type is complete: what it wraps does not take the place of other errors', () => {
  const wrapping = (status: number): unknown => ({ status, cause: new Error('x') })
  const last = new Error('x', { cause: { status: 503 } })
  const several = new AggregateError([...Array.from({ length: 20 }, () => wrapping(401)), last])
  expect([errorType(several), isRetryable(several)]).toEqual(['503', true])
})

test('an error that states whether it can be retried is not named after one of several errors', () => {
  const several = Object.assign(new AggregateError([{ status: 429 }, { status: 401 }]), { isRetryable: false })
  expect([errorType(several), isRetryable(several)]).toEqual(['_OTHER', false])
})

test.each<Case>([
  ['the mark of axios', { __CANCEL__: true }, '_OTHER', false],
  ['a mark that is false does not count', { __CANCEL__: false }, '_OTHER', true],
  ['a signal with a time limit', { name: 'AbortError', signal: AbortSignal.abort(timeout) }, 'timeout', true],
  ['a reason that is a time limit', { name: 'AbortError', reason: timeout }, 'timeout', true],
  ['a reason that is none', { name: 'AbortError', reason: new Error('the user left') }, 'AbortError', false],
])('an abort: %s', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test.each<Case>([
  ['originalError', { originalError: { status: 401 } }, '401', false],
  ['original', { original: { status: 401 } }, '401', false],
  ['networkError', { networkError: { status: 401 } }, '401', false],
  ['error, as SuppressedError has it', Object.assign(new Error('x'), { error: withCode('ECONNRESET') }), 'ECONNRESET', true],
  ['the next property, where one is null', { lastError: null, cause: { status: 401 } }, '401', false],
  ['the last try, not the tries before it', { lastError: new Error('x'), errors: [{ status: 401 }] }, '_OTHER', true],
  ['the list, without what is missing in it', new AggregateError([{ status: 401 }, null, undefined]), '401', false],
  ['its own code, if the connection broke', { code: 'ECONNRESET', cause: { status: 401 } }, 'ECONNRESET', true],
  ['its own code, if the cause has no information', { code: 'E_APP', cause: new Error('x') }, 'E_APP', true],
])('an error that wraps others is read from %s', (_what, error, type, retried) => {
  expect([errorType(error), isRetryable(error)]).toEqual([type, retried])
})

test.each<[type: string, error: unknown]>([
  ['404', { status: 404, headers: { 'x-should-retry': 'true' } }],
  ['rate_limit_exceeded', { code: 'rate_limit_exceeded' }],
  ['400', { status: 400, isRetryable: true }],
  ['503', { status: 503 }],
  ['UNAVAILABLE', { code: 14, details: 'x' }],
  ['ECONNRESET', { code: 'ECONNRESET' }],
  ['40001', { code: '40001', severity: 'ERROR' }],
  ['timeout', timeout],
  ['timeout', { name: 'AbortError', cause: timeout }],
])('of several errors, one after which a retry can help decides: %s', (type, error) => {
  const errors = [{ status: 401 }, error]
  for (const several of [new AggregateError(errors), new AggregateError(errors.toReversed())]) {
    expect([errorType(several), isRetryable(several)]).toEqual([type, true])
  }
})

test('an error that a library throws in place of another is read like that one', () => {
  const thrown = new Error('no output')
  hideCause(thrown, { status: 401 })
  expect([errorType(thrown), isRetryable(thrown)]).toEqual(['401', false])
  expect(() => hideCause('a text', { status: 401 })).not.toThrow()
  expect(chainOf({ errors: [null, { status: 401 }] })).toHaveLength(2)
})

test('the 32nd error of a chain is read, the next one is not', () => {
  const below = (depth: number): unknown => (depth === 0 ? { status: 401 } : new Error('x', { cause: below(depth - 1) }))
  expect([errorType(below(31)), errorType(below(32))]).toEqual(['401', '_OTHER'])
})

test('JSON is read up to 100,000 characters and if it begins within the first 200', () => {
  const long = (length: number): string => quotaText.replace('{', `{"x":"${'x'.repeat(length - quotaText.length - 7)}",`)
  expect(long(100_000)).toHaveLength(100_000)
  expect([100_000, 100_001].map((length) => errorType({ body: long(length) }))).toEqual(['insufficient_quota', '_OTHER'])
  expect([199, 200].map((blanks) => errorType({ body: `${' '.repeat(blanks)}${quotaText}` }))).toEqual([
    'insufficient_quota',
    '_OTHER',
  ])
})

test('the reason of a signal is a time limit or not', () => {
  expect([timeout, new DOMException('x', 'AbortError'), 'timeout', undefined].map(isTimeoutReason)).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test.each<[what: string, headers: object, seconds: number | undefined]>([
  ['a Map with a name in capitals', { headers: new Map([['RETRY-AFTER', '20']]) }, 20],
  [
    'a Map with a key that is no text',
    {
      headers: new Map<unknown, string>([
        [1, 'x'],
        ['Retry-AFTER', '20'],
      ]),
    },
    20,
  ],
  ['a list, but not from its values', { rawHeaders: ['x-note', 'retry-after', '20', 'x'] }, undefined],
])('a header is read from %s', (_what, error, seconds) => {
  expect(retryAfterSeconds(error, 0)).toBe(seconds)
})
