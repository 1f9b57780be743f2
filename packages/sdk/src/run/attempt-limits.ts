import type { Clock } from '../clock.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import { StallWatch } from './progress-stall.ts'
import type { RunLimits } from './run-limits.ts'

/** A run whose attempts have time limits. */
interface LimitedRun {
  /** Stops while the run is paused. */
  readonly runClock: Clock
  readonly isHeld: boolean
  stall: StallWatch | undefined
  elapsedSeconds(): number
}

/** Starts the time limits of an attempt, that of a stall included; returns undefined if there are none. */
export function startAttemptDeadline(run: LimitedRun, settings: EffectiveRecovery): Deadline | undefined {
  const { attemptTimeoutSeconds = Infinity, totalTimeoutSeconds = Infinity, stallTimeoutSeconds } = settings
  const limitSeconds = Math.min(attemptTimeoutSeconds, totalTimeoutSeconds)
  if (limitSeconds === Infinity && stallTimeoutSeconds === undefined) return undefined
  const left = Math.max(0, totalTimeoutSeconds - run.elapsedSeconds())
  const what = attemptTimeoutSeconds <= left ? 'attemptTimeoutSeconds' : 'the rest of totalTimeoutSeconds'
  const deadline = startDeadline(run.runClock, Math.min(attemptTimeoutSeconds, left), what)
  if (stallTimeoutSeconds !== undefined) {
    const isHeld = (): boolean => run.isHeld
    run.stall = new StallWatch(run.runClock, stallTimeoutSeconds, isHeld, (error) => deadline.fail(error))
    run.stall.start()
  }
  return deadline
}

/** Settles like `promise`, or rejects if the attempt runs out of time or the run is stopped first. */
export function bounded<T>(
  promise: PromiseLike<T> | T,
  limits: RunLimits | undefined,
  deadline: Deadline | undefined,
): PromiseLike<T> | T {
  const limited = limits ? limits.until(promise) : promise
  return deadline ? deadline.until(limited) : limited
}

/** Returns the signal that aborts when a limit, the caller or a policy ends the attempt, or the wait before it; undefined if none can. */
export function signalOf(
  limits: RunLimits | undefined,
  caller: AbortSignal | undefined,
  deadline?: Deadline,
  policySignal?: AbortSignal,
): AbortSignal | undefined {
  const other = deadline?.signal ?? (policySignal === caller ? undefined : policySignal)
  if (limits) return AbortSignal.any([limits.signal, caller, other].filter((signal) => signal !== undefined))
  return caller && other ? AbortSignal.any([caller, other]) : (caller ?? other)
}
