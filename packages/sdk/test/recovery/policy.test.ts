import { BrokenCircuitError, BulkheadRejectedError, IsolatedCircuitError, noop } from 'cockatiel'
import { expect, test } from 'vitest'

import { instrumentAgent } from '../../src/index.ts'
import { executePolicy, giveUp, isRejection } from '../../src/recovery/policy.ts'

test('retries up to maxRetries times, and not after a value or an error that is not retryable', async () => {
  const callsOf = async (...results: unknown[]): Promise<number> => {
    let calls = 0
    const attempt = async (): Promise<unknown> => {
      const result = results[Math.min((calls += 1), results.length) - 1]
      if (result instanceof Error) throw result
      return result
    }
    const retryIf = (error: unknown): boolean => (error as Error).message === 'again'
    const recovery = { maxRetries: 2, baseDelaySeconds: 0, retryIf }
    await instrumentAgent(attempt, { recovery, logger: false })().catch(() => {})
    return calls
  }
  expect(await callsOf(new Error('again'))).toBe(3)
  expect(await callsOf(new Error('again'), new Error('last'))).toBe(2)
  expect(await callsOf(undefined)).toBe(1)
})

test('recognizes that a breaker or a bulkhead rejected a call', () => {
  expect([new BrokenCircuitError(), new IsolatedCircuitError(), new BulkheadRejectedError(1, 1)].map(isRejection)).toEqual([
    true,
    true,
    true,
  ])
  expect([new Error('x'), { isBrokenCircuitError: 'yes' }, undefined].map(isRejection)).toEqual([false, false, false])
})

test('a failure is final if the caller or a policy decides', () => {
  expect(giveUp).toEqual({ retry: false, outcome: 'exhausted' })
})

test('an abort between attempts is thrown at once, one during an attempt leaves the result to the attempt', async () => {
  const runAborted = (isWaiting: boolean): Promise<unknown> => {
    const caller = new AbortController()
    const attempt = async (): Promise<{ value: string }> => {
      await new Promise(setImmediate)
      caller.abort(new Error('the user left'))
      await new Promise(setImmediate)
      return { value: 'late' }
    }
    return executePolicy(noop, attempt, caller.signal, () => isWaiting)
  }
  expect(await runAborted(false)).toEqual({ value: 'late' })
  await expect(runAborted(true)).rejects.toThrow('the user left')
})
