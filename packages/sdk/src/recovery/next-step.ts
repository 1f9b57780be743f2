import { isRetryable } from '../errors/error-type.ts'
import { retryAfterSeconds } from './retry-after.ts'
import type { RecoverySettings } from './settings.ts'

/** A failed attempt. */
export interface FailedAttempt {
  readonly error: unknown
  /** Its number, from 1. */
  readonly attempt: number
  /** Seconds since the run began. */
  readonly elapsedSeconds: number
  /** Milliseconds since 1970, to read a `Retry-After` date. */
  readonly wallClockMs: number
}

/** Decision after a failed attempt: wait and retry, or give up, and the reason. */
export type NextStep =
  | { readonly retry: true; readonly waitSeconds: number }
  | { readonly retry: false; readonly outcome: 'exhausted' | 'not_retryable'; readonly because?: string }

/** Decides whether another attempt follows a failed one, and after which wait. Has no side effects. */
export function nextStep(failed: FailedAttempt, settings: RecoverySettings, random: () => number = Math.random): NextStep {
  const { error, attempt, elapsedSeconds } = failed
  const worthRetrying: unknown = settings.retryIf ? settings.retryIf(error, attempt) : isRetryable(error)
  // A promise would always count as true, and no one awaits it
  if (worthRetrying instanceof Promise) {
    worthRetrying.catch(() => {})
    throw new TypeError('retryIf must return a boolean, not a promise')
  }
  if (!worthRetrying) return { retry: false, outcome: 'not_retryable' }
  if (attempt > settings.maxRetries) return { retry: false, outcome: 'exhausted' }

  const asked = retryAfterSeconds(error, failed.wallClockMs) ?? 0
  if (asked > settings.maxRetryAfterSeconds) {
    const because = `Retry-After of ${round(asked)} s is longer than maxRetryAfterSeconds ${settings.maxRetryAfterSeconds}`
    return { retry: false, outcome: 'not_retryable', because }
  }
  const waitSeconds = Math.max(asked, retryDelaySeconds(attempt, settings, random))
  const { totalTimeoutSeconds = Number.POSITIVE_INFINITY } = settings
  if (elapsedSeconds + waitSeconds >= totalTimeoutSeconds) {
    const because = `waiting ${round(waitSeconds)} s would pass totalTimeoutSeconds ${totalTimeoutSeconds}`
    return { retry: false, outcome: 'exhausted', because }
  }
  return { retry: true, waitSeconds }
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10

type DelaySettings = Pick<RecoverySettings, 'baseDelaySeconds' | 'exponentialFactor' | 'maxDelaySeconds' | 'jitter'>

/** Returns the seconds to wait before retry `retry` (from 1): min(base x factor^(retry - 1), max), then jitter. */
export function retryDelaySeconds(retry: number, settings: DelaySettings, random: () => number): number {
  const computed = Math.min(settings.baseDelaySeconds * settings.exponentialFactor ** (retry - 1), settings.maxDelaySeconds)
  // 0 x Infinity: no base delay stays no delay, however often it is multiplied
  const delay = Number.isNaN(computed) ? 0 : computed
  return settings.jitter === 'full' ? delay * random() : delay
}
