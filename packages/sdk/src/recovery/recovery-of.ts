import type { RetryOutcome } from '../names.ts'
import { processWide } from '../process-wide.ts'

/** The attempts that were made before an error reached its caller. */
export interface Recovery {
  readonly agentName: string
  readonly executionId: string
  /** Number of calls, including the last one. */
  readonly attempts: number
  /** Actual waits before attempts 2, 3, ..., in seconds. */
  readonly waits: readonly number[]
  /** The errors of the earlier attempts, oldest first; the error itself is not among them. */
  readonly errors: readonly unknown[]
  readonly outcome: RetryOutcome
  /** Whether a further attempt may succeed. If not, a queue that owns the retries should end the job. */
  readonly isRetryable: boolean
  /** Seconds to wait before the next attempt, if a queue owns it: as `recovery` sets them, or the `Retry-After` if that is longer. */
  readonly waitSeconds?: number
  /** Why no further attempt was made, if the number of attempts does not show it. */
  readonly because?: string
}

const recoveries = processWide('recoveries/1', () => new WeakMap<object, Recovery>())

/**
 * Returns the attempts that were made before `error` reached you; undefined if no wrapped agent threw it, or if it is not an object.
 *
 * @example
 * try {
 *   await agent(task)
 * } catch (error) {
 *   console.error('gave up after', recoveryOf(error)?.attempts, 'attempts')
 * }
 */
export function recoveryOf(error: unknown): Recovery | undefined {
  return isObject(error) ? recoveries.get(error) : undefined
}

/** Records the attempts for `error` without changing the error, so that it may be frozen. */
export function rememberRecovery(error: unknown, recovery: Recovery): void {
  if (!isObject(error)) return
  const known = recoveries.get(error)
  // The run that a budget ended has the same error as the runs that were cancelled with it
  const isOfParent = known?.outcome === 'not_retryable' && known.executionId !== recovery.executionId
  if (recovery.outcome !== 'aborted' || !isOfParent) recoveries.set(error, recovery)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
