import type { RetryOutcome } from '../names.ts'
import { processWide } from '../process-wide.ts'

/** What was tried before an error reached its caller. */
export interface Recovery {
  readonly agentName: string
  readonly executionId: string
  /** Calls that were made, the last one included. */
  readonly attempts: number
  /** Seconds really waited before attempt 2, 3, ... */
  readonly waits: readonly number[]
  /** The errors of the earlier attempts, oldest first; the error itself is not among them. */
  readonly errors: readonly unknown[]
  readonly outcome: RetryOutcome
  /** Why no further attempt was made, where the number of attempts does not say it. */
  readonly because?: string
}

const recoveries = processWide('recoveries/1', () => new WeakMap<object, Recovery>())

/**
 * Tells what was tried before `error` reached you; undefined if it did not come out of a wrapped agent, or is no object.
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

/** Remembers what was tried for `error`, beside the error: it stays unchanged, frozen or not. */
export function rememberRecovery(error: unknown, recovery: Recovery): void {
  if (isObject(error)) recoveries.set(error, recovery)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
