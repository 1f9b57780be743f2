import { ConstantBackoff, handleWhenResult, retry, type RetryPolicy } from 'cockatiel'

import { peek } from '../peek.ts'
import type { NextStep } from './next-step.ts'

/** How an attempt went: its value, or its error and what follows from it. */
export type Tried = { readonly value: unknown } | { readonly error: unknown; readonly step: NextStep }

/** What follows where somebody else decides: the caller, or a policy of the user's. */
export const giveUp: NextStep = { retry: false, outcome: 'exhausted' }

const policies = new Map<number, RetryPolicy>()

/** One policy per number of retries. It only counts: waiting is done inside the call, where an abort can end it. */
export function retryPolicy(maxRetries: number): RetryPolicy {
  let policy = policies.get(maxRetries)
  if (!policy) {
    const goesOn = handleWhenResult((tried) => 'step' in (tried as Tried) && (tried as { step: NextStep }).step.retry)
    policy = retry(goesOn, { maxAttempts: maxRetries, backoff: new ConstantBackoff(0) })
    policies.set(maxRetries, policy)
  }
  return policy
}

/** True for the errors with which cockatiel's breakers and bulkheads turn a call away. */
export function isRejection(error: unknown): boolean {
  // the error of an isolated circuit has the flag of a broken one too
  return ['isBrokenCircuitError', 'isBulkheadRejectedError'].some((flag) => peek(error, flag) === true)
}
