import { boundedErrorType } from '../bounded-names.ts'
import { msBetween } from '../clock.ts'
import { chainOf } from '../errors/error-details.ts'
import { isRetryable } from '../errors/error-type.ts'
import { logLine, retryLine } from '../log-lines.ts'
import { rejectedResult } from '../names.ts'
import type { Alternative } from '../recovery/fallback.ts'
import { nextStep, type NextStep } from '../recovery/next-step.ts'
import { giveUp, type Tried } from '../recovery/policy.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { trip } from '../telemetry/guard.ts'
import { propertyOf } from '../unknown-values.ts'
import type { Execution } from './execution.ts'
import type { RunEnding } from './run-ending.ts'
import type { RunProvider } from './run-provider.ts'

/** A run whose last attempt failed. */
type FailedRun = Pick<
  Execution,
  | 'agent'
  | 'attempt'
  | 'clock'
  | 'continued'
  | 'elapsedSeconds'
  | 'inferences'
  | 'limits'
  | 'previousErrors'
  | 'queueContinues'
  | 'record'
  | 'succeededMs'
  | 'waited'
  | 'waiting'
>

/** Recovery of a run after a failed attempt: the next step, the wait before the next attempt, the alternatives, and their log lines. */
export class RunRecovery {
  readonly #run: FailedRun
  readonly #settings: EffectiveRecovery
  readonly #provider: RunProvider
  readonly #ending: Pick<RunEnding, 'gaveUp'>
  /** Alternatives that were not tried yet. */
  #alternatives: readonly Alternative[]
  /** Whether a user's policy decides about further attempts, and waits before them. */
  readonly #hasPolicy: boolean
  /** The wait before the next attempt, decided after the last one. */
  #waitSeconds = 0
  #attemptEndedMs = 0
  /** The alternative that the next or the current attempt calls. */
  fallback: Alternative | undefined

  constructor(
    run: FailedRun,
    settings: EffectiveRecovery,
    provider: RunProvider,
    ending: Pick<RunEnding, 'gaveUp'>,
    alternatives: readonly Alternative[],
  ) {
    this.#run = run
    this.#settings = settings
    this.#provider = provider
    this.#ending = ending
    this.#alternatives = alternatives
    this.#hasPolicy = run.agent.options.policy !== undefined
  }

  get hasAlternative(): boolean {
    return this.#alternatives.length > 0
  }

  /** Returns the step after a failed attempt. `isFinal`: no further attempt can reach the caller. */
  attemptFailed(error: unknown, aborted: boolean, isFinal: boolean): Tried {
    const { continued, limits } = this.#run
    this.#attemptEndedMs = this.#run.clock.now()
    if (!aborted && this.fallback === undefined) this.#provider.attemptFailed(error)
    const stopped = limits?.error !== undefined && this.#ending.gaveUp
    if (continued && !aborted && !stopped) continued.next = { error, step: this.#nextStep(error) }
    const isOver = aborted || this.#hasPolicy || isFinal || this.#run.queueContinues(error)
    const isLast = isOver || continued || this.fallback !== undefined
    const step: NextStep = stopped || (isLast ? giveUp : this.#nextStep(error))
    if (!step.retry && !stopped && !isOver && this.#fallBack(error)) return { error, step: atOnce }
    if (step.retry) this.#retry(step)
    else this.#ending.gaveUp = step
    return { error, step }
  }

  /** Returns the step after an attempt that was refused before its call: an alternative, or the end. */
  refused(because: string): Tried {
    const error = this.#run.previousErrors.at(-1)
    if (this.#fallBack(error, because)) return { error, step: atOnce }
    const step = { retry: false, outcome: 'rejected', because } as const
    this.#ending.gaveUp = step
    return { error, step }
  }

  /** Waits as decided, unless `signal` aborts. If a user's policy has already waited, this only records how long. */
  async backOff(signal: AbortSignal | undefined): Promise<void> {
    const run = this.#run
    const { clock } = run
    // A policy may also retry a result
    const endedMs = run.succeededMs || this.#attemptEndedMs
    try {
      // Counted from the failure, because the steps since then took a moment
      const left = this.#waitSeconds * 1000 - msBetween(endedMs, clock.now())
      if (!this.#hasPolicy && left > 0) await clock.wait(left, signal)
    } finally {
      const waitedSeconds = msBetween(endedMs, clock.now()) / 1000
      run.waited(waitedSeconds)
      if (this.#hasPolicy) this.#logRetry({ waitSeconds: waitedSeconds })
    }
  }

  /** Forgets the functions that no further attempt calls: the scope of one may hold the stream that the caller reads. */
  release(): void {
    this.#alternatives = []
    if (this.fallback) this.fallback = { name: this.fallback.name, call: () => {} }
  }

  #nextStep(error: unknown): NextStep {
    const { attempt, clock, inferences, previousErrors } = this.#run
    const failed = {
      error,
      attempt,
      elapsedSeconds: this.#run.elapsedSeconds(),
      wallClockMs: clock.wallClock(),
      earlierErrors: previousErrors.slice(0, -1),
      modelFailure: inferences?.lastFailure,
      providerWaitSeconds: this.#provider.askedSeconds(),
    }
    try {
      return this.#provider.adapt(nextStep(failed, this.#settings))
    } catch (thrown) {
      // Thrown by the user's retryIf
      trip('option', thrown)
      return this.#provider.adapt(nextStep(failed, { ...this.#settings, retryIf: isRetryable }))
    }
  }

  #retry({ waitSeconds, because }: Extract<NextStep, { retry: true }>): void {
    this.#waitSeconds = waitSeconds
    this.#run.waiting(waitSeconds)
    this.#logRetry({ of: this.#settings.maxRetries + 1, waitSeconds, ...(because !== undefined && { because }) })
  }

  /** Makes the next attempt call the next alternative; returns false if there is none, or no time for it. */
  #fallBack(error: unknown, because?: string): boolean {
    const [next, ...later] = this.#alternatives
    const { totalTimeoutSeconds = Infinity } = this.#settings
    if (next === undefined || this.#run.elapsedSeconds() >= totalTimeoutSeconds) return false
    // An alternative could repeat the effect by another tool
    if (chainOf(error).some((each) => propertyOf(each, 'name') === 'UncertainEffectError')) return false
    this.#alternatives = later
    this.fallback = next
    this.#waitSeconds = 0
    this.#logRetry({ fallback: next.name, waitSeconds: 0, ...(because !== undefined && { because }) })
    return true
  }

  #logRetry(retry: { of?: number; waitSeconds: number; fallback?: string; because?: string }): void {
    const { agent, attempt, record, previousErrors } = this.#run
    // Without an attempt, its provider was unavailable
    const notCalled = { errorType: boundedErrorType(previousErrors.at(-1)), errorMessage: undefined }
    const { errorType = rejectedResult, errorMessage } = record.attempts.at(-1) ?? notCalled
    logLine(agent.logger, 'warn', retryLine(agent.name, { attempt: attempt + 1, errorType, errorMessage, ...retry }))
  }
}

const atOnce: NextStep = { retry: true, waitSeconds: 0 }
