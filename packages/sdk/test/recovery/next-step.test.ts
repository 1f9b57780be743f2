import { describe, expect, test } from 'vitest'

import { retryDelaySeconds, nextStep, type FailedAttempt } from '../../src/recovery/next-step.ts'
import { defaultRecovery, type RecoveryOptions } from '../../src/recovery/settings.ts'

const step = (failed: Partial<FailedAttempt> = {}, settings: RecoveryOptions = {}, random = () => 0.5) =>
  nextStep(
    { error: new Error('x'), attempt: 1, elapsedSeconds: 0, wallClockMs: 0, ...failed },
    { ...defaultRecovery, ...settings },
    random,
  )

describe('the wait before a retry', () => {
  test('grows by the factor up to the longest', () => {
    const waits = [1, 2, 3, 4].map((retry) => retryDelaySeconds(retry, defaultRecovery, () => 0.5))
    expect(waits).toEqual([5, 15, 30, 30])
  })

  test('is a random part of it with full jitter', () => {
    expect(retryDelaySeconds(2, { ...defaultRecovery, jitter: 'full' }, () => 0.2)).toBe(3)
  })

  test('stays none without a base delay, however often it is multiplied', () => {
    expect(retryDelaySeconds(10_000, { ...defaultRecovery, baseDelaySeconds: 0 }, () => 0.5)).toBe(0)
  })
})

describe('after a failed attempt', () => {
  test('a retry follows as long as some are left', () => {
    expect(step({ attempt: 3 })).toEqual({ retry: true, waitSeconds: 30 })
    expect(step({ attempt: 4 })).toEqual({ retry: false, outcome: 'exhausted' })
  })

  test('no retry follows a permanent error or an abort', () => {
    expect(step({ error: { status: 404 } })).toEqual({ retry: false, outcome: 'not_retryable' })
    expect(step({ error: new DOMException('x', 'AbortError') })).toEqual({ retry: false, outcome: 'not_retryable' })
    expect(step({ error: { status: 404 }, attempt: 9 })).toEqual({ retry: false, outcome: 'not_retryable' })
  })

  test('retryIf decides in place of the rule, in both directions', () => {
    expect(step({ error: { status: 404 } }, { retryIf: () => true })).toEqual({ retry: true, waitSeconds: 5 })
    expect(step({}, { retryIf: () => false })).toEqual({ retry: false, outcome: 'not_retryable' })
  })

  test('a retryIf that returns a promise is refused, and a rejection of that promise is handled', () => {
    const retryIf = (() => Promise.reject(new Error('would end the process'))) as never
    expect(() => step({}, { retryIf })).toThrow(new TypeError('retryIf must return a boolean, not a promise'))
  })

  test('Retry-After is respected up to its limit, and a longer one ends the run with the reason', () => {
    const error = { status: 429, headers: { 'retry-after': '120' } }
    expect(step({ error })).toEqual({ retry: true, waitSeconds: 120 })
    expect(step({ error }, { maxRetryAfterSeconds: 119.96 })).toEqual({
      retry: false,
      outcome: 'not_retryable',
      because: 'Retry-After of 120 s is longer than maxRetryAfterSeconds 119.96',
    })
  })

  test('a wait that reaches the total timeout is not begun', () => {
    expect(step({ elapsedSeconds: 4.9 }, { totalTimeoutSeconds: 10 })).toEqual({ retry: true, waitSeconds: 5 })
    expect(step({ elapsedSeconds: 5 }, { totalTimeoutSeconds: 10, baseDelaySeconds: 5.04 })).toEqual({
      retry: false,
      outcome: 'exhausted',
      because: 'waiting 5 s would exceed totalTimeoutSeconds 10',
    })
    expect(step({ elapsedSeconds: 5 }, { totalTimeoutSeconds: 10 })).toMatchObject({ retry: false, outcome: 'exhausted' })
  })
})

describe('after an attempt whose last model call failed', () => {
  const silent = new Error('request failed')
  const failure = (status: number, headers: Record<string, string> = {}) => ({ modelFailure: { status, headers } })

  test('the status of the call decides, unless the error has a reason of its own', () => {
    expect(step({ error: silent, ...failure(401) })).toEqual({ retry: false, outcome: 'not_retryable' })
    expect(step({ error: silent, ...failure(503) })).toEqual({ retry: true, waitSeconds: 5 })
    expect(step({ error: { status: 503 }, ...failure(401) })).toEqual({ retry: true, waitSeconds: 5 })
    expect(step({ error: { status: 401 }, ...failure(503) })).toEqual({ retry: false, outcome: 'not_retryable' })
  })

  test('the wait is that of the error, or else of the call if the error has no other status', () => {
    const waits = (error: unknown) => step({ error, ...failure(429, { 'retry-after': '20' }) })
    expect(waits(silent)).toEqual({ retry: true, waitSeconds: 20 })
    expect(waits({ status: 429 })).toEqual({ retry: true, waitSeconds: 20 })
    expect(waits({ status: 503 })).toEqual({ retry: true, waitSeconds: 5 })
    expect(waits({ status: 429, retryAfter: 7 })).toEqual({ retry: true, waitSeconds: 7 })
  })
})

describe('after an answer of the wrong shape', () => {
  const unusable = Object.assign(new Error('no object'), { name: 'AI_NoObjectGeneratedError' })

  test('one more answer is asked for, not a third one', () => {
    expect(step({ error: unusable })).toEqual({ retry: true, waitSeconds: 5 })
    expect(step({ error: unusable, earlierErrors: [new Error('x')] })).toEqual({ retry: true, waitSeconds: 5 })
    expect(step({ error: unusable, earlierErrors: [new Error('x'), unusable] })).toEqual({
      retry: false,
      outcome: 'not_retryable',
      because: 'the answer of the model was unusable twice',
    })
    expect(step({ error: new Error('x'), earlierErrors: [unusable, unusable] })).toEqual({ retry: true, waitSeconds: 5 })
  })

  test('retryIf may ask for more', () => {
    const again = { error: unusable, earlierErrors: [unusable] }
    expect(step(again, { retryIf: () => true })).toEqual({ retry: true, waitSeconds: 5 })
  })
})
