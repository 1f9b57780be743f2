import { hasVerdict, isInterruption, isRetryable, isTimeoutReason } from '../errors/error-type.ts'
import type { ProviderOutcome } from '../names.ts'

/** A model call that has ended, as far as its outcome shows it. */
export interface EndedCall {
  readonly status: number | undefined
  readonly error: unknown
  /** `error.type`; undefined if the call succeeded. */
  readonly errorType: string | undefined
}

/** Error types in the body of an answer whose status is 200. */
const rateLimitWord = /rate_?limit|resource_?exhausted|too_?many/i
const unavailableWord = /overloaded|unavailable|server_?error|api_error|internal/i

/**
 * Returns the outcome of a model call. Only `rate_limited` and `unavailable` are about the provider: 429, 5xx, timeouts, and connections
 * that did not come about or broke.
 */
export function callOutcome({ status, error, errorType }: EndedCall): ProviderOutcome {
  if (errorType === undefined && error === undefined && (status ?? 200) < 400) return 'success'
  if (status === 429) return 'rate_limited'
  if (status !== undefined && status >= 400) return status >= 500 || status === 408 ? 'unavailable' : 'error'
  if (errorType === 'cancelled') return 'cancelled'
  if (errorType !== undefined && rateLimitWord.test(errorType)) return 'rate_limited'
  if (errorType !== undefined && unavailableWord.test(errorType)) return 'unavailable'
  if (error === undefined) return 'error'
  if (isInterruption(error)) return isTimeoutReason(error) ? 'unavailable' : 'cancelled'
  return hasVerdict(error) && isRetryable(error) ? 'unavailable' : 'error'
}
