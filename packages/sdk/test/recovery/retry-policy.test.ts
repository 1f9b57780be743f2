import { BrokenCircuitError, BulkheadRejectedError, IsolatedCircuitError } from 'cockatiel'
import { expect, test } from 'vitest'

import { giveUp, isRejection, retryPolicy, type Tried } from '../../src/recovery/retry-policy.ts'

test('tries again as often as it may while the step says so, and not after a value or a step that ends it', async () => {
  const again: Tried = { error: 'x', step: { retry: true, waitSeconds: 0 } }
  const last: Tried = { error: 'x', step: { retry: false, outcome: 'exhausted' } }
  const triesOf = async (...results: Tried[]): Promise<number> => {
    let tries = 0
    await retryPolicy(2).execute(() => results[Math.min((tries += 1), results.length) - 1]!)
    return tries
  }
  expect(await triesOf(again)).toBe(3)
  expect(await triesOf(again, last)).toBe(2)
  expect(await triesOf({ value: undefined })).toBe(1)
})

test('one policy serves all that retry as often', () => {
  expect(retryPolicy(4)).toBe(retryPolicy(4))
  expect(retryPolicy(5)).not.toBe(retryPolicy(4))
})

test('tells when a breaker or a bulkhead turned a call away', () => {
  expect([new BrokenCircuitError(), new IsolatedCircuitError(), new BulkheadRejectedError(1, 1)].map(isRejection)).toEqual([
    true,
    true,
    true,
  ])
  expect([new Error('x'), { isBrokenCircuitError: 'yes' }, undefined].map(isRejection)).toEqual([false, false, false])
})

test('a failure is final where somebody else decides', () => {
  expect(giveUp).toEqual({ retry: false, outcome: 'exhausted' })
})
