import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { errorType } from '../src/index.ts'

class RateLimitError extends Error {}

const cases: [what: string, error: unknown, type: string][] = [
  ['an HTTP status', Object.assign(new Error('x'), { status: 429 }), '429'],
  ['a statusCode', { statusCode: 503 }, '503'],
  ['the status of a response', { response: { status: 500 } }, '500'],
  [
    'a status that is no error, but has a cause',
    Object.assign(new Error('x', { cause: { code: 'ECONNRESET' } }), { statusCode: 200 }),
    'ECONNRESET',
  ],
  ['the last error of a retrying library', { name: 'AI_RetryError', lastError: { statusCode: 502 } }, '502'],
  ['a system code', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['the code of a cause', new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } }), 'ENOTFOUND'],
  ["a provider's code", { code: 'insufficient_quota' }, 'insufficient_quota'],
  ['a timeout', new DOMException('too long', 'TimeoutError'), 'timeout'],
  ['a timeout of a socket', { code: 'ETIMEDOUT' }, 'timeout'],
  ['a class', new RateLimitError('x'), 'RateLimitError'],
  ['a built-in class', new RangeError('x'), 'RangeError'],
  ['the class of a cause, below a plain Error', new Error('x', { cause: new RangeError('y') }), 'RangeError'],
  ['a plain Error', new Error('x'), '_OTHER'],
  ['a string', 'something broke', '_OTHER'],
  ['nothing', undefined, '_OTHER'],
  ['a code that is an id', { code: 'req_0123456789abcdef' }, '_OTHER'],
  ['a code that is a sentence', { code: 'the file was not found' }, '_OTHER'],
  ['a name that is a message', Object.assign(new Error('x'), { name: 'user 42 not found' }), '_OTHER'],
]

test.each(cases)('of %s is a low-cardinality word', (_what, error, type) => {
  expect(errorType(error)).toBe(type)
})

property.prop([fc.anything(), fc.string()])('is never a message, whatever was thrown', (thrown, message) => {
  const type = errorType(typeof thrown === 'object' && thrown !== null ? Object.assign(thrown, { message }) : thrown)
  expect(type).toMatch(/^([A-Za-z_$][\w$.:-]{0,59}|\d{3})$/)
})
