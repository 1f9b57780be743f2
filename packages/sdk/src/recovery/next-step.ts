import { httpStatus } from '../errors/error-details.ts'
import { isRetryable, hasVerdict, isUnusableAnswer } from '../errors/error-type.ts'
import { serverWaitSeconds } from './retry-after.ts'
import type { EffectiveRecovery } from './settings.ts'

/** A failed attempt. */
export interface FailedAttempt {
  readonly error: unknown
  /** Its number, from 1. */
  readonly attempt: number
  /** Seconds since the run began. */
  readonly elapsedSeconds: number
  /** Milliseconds since 1970, to read a `Retry-After` date. */
  readonly wallClockMs: number
  /** Errors of the earlier attempts, oldest first. @default none */
  readonly earlierErrors?: readonly unknown[]
  /** Answer of a server that ended the attempt's last model call, if it failed: many clients throw an error without it. */
  readonly modelFailure?: ModelFailure | undefined
  /** Seconds that the provider has asked runs of this process to wait, counted from now. @default 0 */
  readonly providerWaitSeconds?: number | undefined
}

/** Status and headers of a failed model call. */
export interface ModelFailure {
  readonly status: number
  /** The headers from which a wait is read: `retry-after`, `retry-after-ms`, `x-should-retry`, `date`, and those of rate limits. */
  readonly headers: Readonly<Record<string, string>>
}

/** Decision after a failed attempt: wait and retry, or give up, and the reason. */
export type NextStep =
  | { readonly retry: true; readonly waitSeconds: number; readonly because?: string }
  | { readonly retry: false; readonly outcome: 'exhausted' | 'not_retryable' | 'rejected'; readonly because?: string }

/** Decides whether another attempt follows a failed one, and after which wait. Has no side effects. */
export function nextStep(failed: FailedAttempt, settings: EffectiveRecovery, random: () => number = Math.random): NextStep {
  const { error, attempt, elapsedSeconds, modelFailure, earlierErrors } = failed
  const reason = modelFailure && !hasVerdict(error) ? modelFailure : error
  const worthRetrying: unknown = settings.retryIf ? settings.retryIf(error, attempt) : isRetryable(reason)
  // A promise would always count as true, and no one awaits it
  if (worthRetrying instanceof Promise) {
    worthRetrying.catch(() => {})
    throw new TypeError('retryIf must return a boolean, not a promise')
  }
  if (!worthRetrying) return { retry: false, outcome: 'not_retryable' }
  if (!settings.retryIf && isUnusableAnswer(error) && earlierErrors?.some(isUnusableAnswer)) {
    return { retry: false, outcome: 'not_retryable', because: 'the answer of the model was unusable twice' }
  }
  if (attempt > settings.maxRetries) return { retry: false, outcome: 'exhausted' }

  const own = askedSeconds(failed) ?? 0
  const asked = Math.max(own, failed.providerWaitSeconds ?? 0)
  if (asked > settings.maxRetryAfterSeconds) {
    const because = `${own === asked ? 'Retry-After' : "the provider's Retry-After to another run,"} of ${round(asked)} s is longer than maxRetryAfterSeconds ${settings.maxRetryAfterSeconds}`
    return { retry: false, outcome: 'not_retryable', because }
  }
  const waitSeconds = Math.max(asked, retryDelaySeconds(attempt, settings, random))
  const { totalTimeoutSeconds = Number.POSITIVE_INFINITY } = settings
  if (elapsedSeconds + waitSeconds >= totalTimeoutSeconds) {
    const because = `waiting ${round(waitSeconds)} s would exceed totalTimeoutSeconds ${totalTimeoutSeconds}`
    return { retry: false, outcome: 'exhausted', because }
  }
  return { retry: true, waitSeconds }
}

/** Returns the seconds that the error asks to wait, or the failed model call behind it; otherwise those until used-up quotas reset. */
function askedSeconds({ error, wallClockMs, modelFailure }: FailedAttempt): number | undefined {
  const asked = serverWaitSeconds(error, wallClockMs)
  if (asked !== undefined || modelFailure === undefined) return asked
  const status = httpStatus(error)
  return status === undefined || status === modelFailure.status ? serverWaitSeconds(modelFailure, wallClockMs) : undefined
}

/** Longest wait that a server may ask of a run, in seconds. */
export function longestAskedSeconds({ maxRetryAfterSeconds }: Pick<EffectiveRecovery, 'maxRetryAfterSeconds'>): number {
  return maxRetryAfterSeconds
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10

type DelaySettings = Pick<EffectiveRecovery, 'baseDelaySeconds' | 'exponentialFactor' | 'maxDelaySeconds' | 'jitter'>

/** Returns the seconds to wait before retry `retry` (from 1): min(base x factor^(retry - 1), max), then jitter. */
export function retryDelaySeconds(retry: number, settings: DelaySettings, random: () => number): number {
  const computed = Math.min(settings.baseDelaySeconds * settings.exponentialFactor ** (retry - 1), settings.maxDelaySeconds)
  // 0 x Infinity: no base delay stays no delay, however often it is multiplied
  const delay = Number.isNaN(computed) ? 0 : computed
  return settings.jitter === 'full' ? delay * random() : delay
}
