import { isTimeoutReason } from '../errors/error-type.ts'
import { timeoutError, type RetryOutcome } from '../names.ts'
import type { NextStep } from '../recovery/next-step.ts'
import { isRejection } from '../recovery/policy.ts'
import type { Execution } from './execution.ts'
import type { Ending } from './finish-execution.ts'

/** Decides how a run is recorded when it ends: as a success, a failure, or cancelled with its caller. */
export class RunEnding {
  readonly #execution: Execution
  readonly #caller: AbortSignal | undefined
  #release: (() => void) | undefined
  /** Why no further attempt is made, after the last attempt failed. */
  gaveUp: Extract<NextStep, { retry: false }> | undefined

  constructor(execution: Execution, caller: AbortSignal | undefined) {
    this.#execution = execution
    this.#caller = caller
  }

  succeeded(result?: unknown): void {
    const retryOutcome: RetryOutcome = this.#execution.previousErrors.length > 0 ? 'recovered' : 'first_try'
    this.#finish({ outcome: 'success', retryOutcome, result })
  }

  failed(error: unknown): void {
    if (this.#caller?.aborted) return this.cancelled(error)
    const retryOutcome = isRejection(error) ? 'rejected' : (this.gaveUp?.outcome ?? 'exhausted')
    this.#finish({ outcome: 'failure', retryOutcome, error, because: this.gaveUp?.because })
  }

  /** Ends the run with its caller: cancelled, or a failure if the caller's own time limit has passed. */
  cancelled(error?: unknown): void {
    if (!this.isCallerOutOfTime()) return this.#finish({ outcome: 'cancelled', retryOutcome: 'aborted', error })
    const failed = error ?? this.#caller?.reason
    this.#finish({ outcome: 'failure', retryOutcome: 'aborted', error: failed, errorType: timeoutError })
  }

  isCallerOutOfTime(): boolean {
    const caller = this.#caller
    return caller !== undefined && caller.aborted && isTimeoutReason(caller.reason)
  }

  /** Calls `release` when the run ends. */
  onEnd(release: () => void): void {
    const before = this.#release
    this.#release = () => {
      before?.()
      release()
    }
  }

  #finish(ending: Ending): void {
    this.#execution.finish(ending)
    this.#release?.()
  }
}
