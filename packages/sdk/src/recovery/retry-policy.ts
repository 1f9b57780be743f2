import { propertyOf } from '../unknown-values.ts'
import type { NextStep } from './next-step.ts'

/** How an attempt went: its value, or its error and what follows from it. */
export type Tried = { readonly value: unknown } | { readonly error: unknown; readonly step: NextStep }

/** What follows where somebody else decides: the caller, or a policy of the user's. */
export const giveUp: NextStep = { retry: false, outcome: 'exhausted' }

/** Calls a function again while its result says so. */
export interface RetryPolicy {
  execute(attempt: () => Promise<Tried> | Tried): Promise<Tried>
}

const policies = new Map<number, RetryPolicy>()

/**
 * One policy per number of retries. It only counts: waiting is done inside the call, where an abort can end it. Not cockatiel's `retry()`,
 * which sets a timer between two calls even for no wait at all: a test that stops the clock would hang there.
 */
export function retryPolicy(maxRetries: number): RetryPolicy {
  let policy = policies.get(maxRetries)
  if (!policy) {
    policy = { execute: (attempt) => untilDone(attempt, maxRetries) }
    policies.set(maxRetries, policy)
  }
  return policy
}

async function untilDone(attempt: () => Promise<Tried> | Tried, maxRetries: number): Promise<Tried> {
  for (let retries = 0; ; retries++) {
    const tried = await attempt()
    if (!('step' in tried && tried.step.retry) || retries >= maxRetries) return tried
  }
}

/** True for the errors with which cockatiel's breakers and bulkheads turn a call away. */
export function isRejection(error: unknown): boolean {
  // the error of an isolated circuit has the flag of a broken one too
  return ['isBrokenCircuitError', 'isBulkheadRejectedError'].some((flag) => propertyOf(error, flag) === true)
}
