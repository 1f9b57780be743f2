import { expect, test } from 'vitest'

import { errorType, hasVerdict, isRetryable, isUnusableAnswer } from '../src/errors/error-type.ts'

const named = (name: string, more: object = {}): Error => Object.assign(new Error('x'), { name, ...more })

test.each<[what: string, error: unknown]>([
  ['the name of the error', named('AI_NoObjectGeneratedError')],
  ['the name of its class', new (class ZodError extends Error {})('x')],
  ['the code of LangChain', { lc_error_code: 'OUTPUT_PARSING_FAILURE' }],
  ['an error that it wraps', new Error('x', { cause: named('ModelBehaviorError') })],
  ['a SyntaxError about JSON', new SyntaxError('Unexpected token in JSON at position 4')],
  ['JSON within the first 300 characters', new SyntaxError(`${'x'.repeat(295)} JSON`)],
])('an answer of the wrong shape is known by %s, and another one may be right', (_what, error) => {
  expect([isUnusableAnswer(error), isRetryable(error), hasVerdict(error)]).toEqual([true, true, false])
})

test.each<[what: string, error: unknown]>([
  ['another error', new Error('Unexpected token in JSON at position 4')],
  ['a SyntaxError in code', new SyntaxError('Unexpected identifier')],
  ['a SyntaxError about a word that contains JSON', new SyntaxError('JSONP is missing')],
  ['a SyntaxError without a text', Object.assign(new SyntaxError('x'), { message: ['JSON'] })],
  ['JSON after the first 300 characters', new SyntaxError(`${'x'.repeat(296)} JSON`)],
  ['a failed request whose body is no JSON', Object.assign(new SyntaxError('no JSON'), { status: 503 })],
  ['a list of errors that cannot be read', { errors: revoked() }],
  ['no error', undefined],
])('%s is no answer of the wrong shape', (_what, error) => {
  expect(isUnusableAnswer(error)).toBe(false)
})

test('an answer that a limit of tokens or a filter cut is not asked for again', () => {
  for (const finishReason of ['length', 'content-filter']) {
    const error = named('AI_NoObjectGeneratedError', { finishReason })
    expect([errorType(error), isRetryable(error), isUnusableAnswer(error)]).toEqual(['AI_NoObjectGeneratedError', false, false])
  }
  expect(isRetryable(named('AI_NoObjectGeneratedError', { finishReason: 'stop' }))).toBe(true)
  expect(isRetryable(named('OtherError', { finishReason: 'length' }))).toBe(true)
})

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  return proxy
}
