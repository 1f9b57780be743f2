import type { AnyPolicy } from '../options.ts'
import { propertyOf } from '../unknown-values.ts'
import type { NextStep } from './next-step.ts'

/** Result of an attempt: its value, or its error and the next step. */
export type Tried = { readonly value: unknown } | { readonly error: unknown; readonly step: NextStep }

/** The next step if the caller or a user's policy decides: this package makes no further attempt. */
export const giveUp: NextStep = { retry: false, outcome: 'exhausted' }

/**
 * Runs attempts through a user's cockatiel policy. If the caller aborts while the policy waits between attempts (`isWaiting`), it rejects
 * with the caller's reason at once, because a policy goes on waiting after an abort.
 */
export async function executePolicy(
  policy: AnyPolicy,
  attempt: (signal: AbortSignal) => Promise<Tried>,
  caller: AbortSignal | undefined,
  isWaiting: () => boolean,
): Promise<Tried> {
  caller?.throwIfAborted()
  const work = policy.execute(async ({ signal }) => {
    const tried = await attempt(signal)
    if ('value' in tried) return tried.value
    throw tried.error
  }, caller)
  if (!caller) return { value: await work }
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    if (isWaiting()) reject(caller.reason)
  }
  caller.addEventListener('abort', onAbort)
  try {
    return { value: await Promise.race([work, aborted]) }
  } finally {
    caller.removeEventListener('abort', onAbort)
  }
}

/** Returns whether a breaker or a bulkhead of cockatiel rejected the call. */
export function isRejection(error: unknown): boolean {
  // The error of an isolated circuit also has the flag of a broken circuit
  return ['isBrokenCircuitError', 'isBulkheadRejectedError'].some((flag) => propertyOf(error, flag) === true)
}
