/** How a failing run is retried. Every wait is in seconds. */
export interface RecoverySettings {
  /** Calls after the first one; calls in all = 1 + maxRetries. An integer from 0. @default 3 */
  readonly maxRetries: number
  /** Wait before the first retry. @default 5 */
  readonly baseDelaySeconds: number
  /** Each wait is this many times the one before. At least 1. @default 3 */
  readonly exponentialFactor: number
  /** No computed wait is longer. @default 30 */
  readonly maxDelaySeconds: number
  /** `full` waits a random part (0-1) of the computed time, so that a thousand agents do not come back at once. @default 'none' */
  readonly jitter: 'none' | 'full'
  /** Decides whether an error is tried again, in place of the rule in {@link isRetryable}. `attempt` counts from 1. */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean) | undefined
  /** A longer `Retry-After` is not waited for: the run gives up at once and says why. @default 120 */
  readonly maxRetryAfterSeconds: number
  /** An attempt that takes longer fails with a `TimeoutError` and counts as failed; of a stream, each wait for a chunk. @default none */
  readonly attemptTimeoutSeconds?: number | undefined
  /** Bounds the run with all attempts, waits and the reading of its stream; a wait that would pass it is not begun. @default none */
  readonly totalTimeoutSeconds?: number | undefined
}

/** What a caller may set: any part; the rest comes from `configureRecovery()` and then from {@link defaultRecovery}. */
export type RecoveryOptions = Partial<RecoverySettings>

/** Waits of 5, 15 and 30 s; the fourth failure is final. */
export const defaultRecovery: RecoverySettings = {
  maxRetries: 3,
  baseDelaySeconds: 5,
  exponentialFactor: 3,
  maxDelaySeconds: 30,
  jitter: 'none',
  maxRetryAfterSeconds: 120,
}

/** Node's timers hold no more than 2^31 - 1 ms. */
const longestTimerSeconds = 2_147_483

type Rule = readonly [says: string, holds: (value: unknown) => boolean]
const isNumber = (value: unknown): value is number => Number.isFinite(value)
const seconds: Rule = [
  `must be a number of seconds from 0 to ${longestTimerSeconds}`,
  (value) => isNumber(value) && value >= 0 && value <= longestTimerSeconds,
]
const positiveSeconds: Rule = [
  `must be a number of seconds above 0, at most ${longestTimerSeconds}`,
  (value) => isNumber(value) && value > 0 && value <= longestTimerSeconds,
]

/** One rule per setting, also used to tell unknown keys. */
export const recoveryRules: Record<keyof RecoverySettings, Rule> = {
  maxRetries: ['must be an integer >= 0', (value) => Number.isInteger(value) && Number(value) >= 0],
  baseDelaySeconds: seconds,
  exponentialFactor: ['must be a number >= 1', (value) => isNumber(value) && value >= 1],
  maxDelaySeconds: seconds,
  jitter: ["must be 'none' or 'full'", (value) => value === 'none' || value === 'full'],
  retryIf: ['must be a function', (value) => typeof value === 'function'],
  maxRetryAfterSeconds: seconds,
  attemptTimeoutSeconds: positiveSeconds,
  totalTimeoutSeconds: positiveSeconds,
}
