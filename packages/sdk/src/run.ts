import { callerSignal } from './caller-signal.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import { isRetryable, isTimeoutReason } from './error-type.ts'
import type { Execution } from './execution.ts'
import { retryLine, say } from './log-lines.ts'
import { timeoutError, type RetryOutcome } from './names.ts'
import type { AnyPolicy } from './options.ts'
import { nextStep, type NextStep } from './recovery/next-step.ts'
import { giveUp, isRejection, retryPolicy, type Tried } from './recovery/retry-policy.ts'
import type { RecoverySettings } from './recovery/settings.ts'
import { isGenerator } from './stream/is-stream.ts'
import { holdsStream, openStream } from './stream/open-stream.ts'
import type { StreamWatch } from './stream/watch-iterator.ts'
import { guarded, trip } from './telemetry/guard.ts'
import { msBetween } from './world.ts'

/** Runs an agent's function with recovery, and tells its {@link Execution} what happens. */
export class Run {
  readonly #execution: Execution
  readonly #call: () => unknown
  readonly #caller: AbortSignal | undefined
  readonly #settings: RecoverySettings
  readonly #policy: AnyPolicy | undefined
  /** The wait before the next attempt, decided after the last one. */
  #waitSeconds = 0
  #attemptEndedMs = 0
  /** The number of the attempt whose function, or first chunk, is waited for; 0 between attempts. */
  #underWay = 0
  #stream = false
  #gaveUp: Extract<NextStep, { retry: false }> | undefined
  /** There when the first attempt returned a generator at once: it waits to be told whether it is read at all. */
  isRead: PromiseWithResolvers<boolean> | undefined

  constructor(execution: Execution, call: () => unknown, args: unknown[]) {
    this.#execution = execution
    this.#call = call
    this.#caller = callerSignal(args, execution.agent.options.signalFrom)
    this.#policy = execution.agent.options.policy
    this.#settings = execution.agent.recovery()
  }

  /** Resolves with the function's result, or rejects with its last error, unchanged. */
  async result(): Promise<unknown> {
    try {
      const tried = await (this.#policy
        ? this.#throughPolicy(this.#policy)
        : retryPolicy(this.#settings.maxRetries).execute(() => this.#attempt()))
      if ('error' in tried) throw tried.error
      if (!this.#stream) {
        this.#giveUpUnderWay()
        this.#succeeded(tried.value)
      }
      return tried.value
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  async #throughPolicy(policy: AnyPolicy): Promise<Tried> {
    const caller = this.#caller
    caller?.throwIfAborted()
    const work = policy.execute(async ({ signal }) => {
      const tried = await this.#attempt(signal)
      if ('value' in tried) return tried.value
      throw tried.error
    }, caller)
    if (!caller) return { value: await work }
    // A policy goes on waiting after an abort: nothing is under way then, so the caller gets its reason at once
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const onAbort = (): void => {
      if (this.#underWay === 0) reject(caller.reason)
    }
    caller.addEventListener('abort', onAbort)
    try {
      return { value: await Promise.race([work, aborted]) }
    } finally {
      caller.removeEventListener('abort', onAbort)
      work.catch(() => {})
    }
  }

  async #attempt(policySignal?: AbortSignal): Promise<Tried> {
    const execution = this.#execution
    // A policy goes on after an abort that its caller has heard of already
    if (execution.finished) return { error: this.#caller?.reason, step: giveUp }
    let deadline: Deadline | undefined
    let number = 0
    try {
      this.#giveUpUnderWay()
      if (execution.attempt > 0) await this.#backOff()
      this.#caller?.throwIfAborted()
      deadline = this.#startDeadline()
      execution.attemptStarted(this.#signal(deadline, policySignal))
      number = this.#underWay = execution.attempt
      const returned = execution.within(this.#call)
      if (number === 1 && isGenerator(returned)) {
        this.isRead = Promise.withResolvers()
        deadline?.cancel()
        if (!(await this.isRead.promise)) return await this.#leaveUnread(returned)
        deadline?.restart()
      }
      let value = await (deadline ? Promise.race([returned, deadline.passed]) : returned)
      if (holdsStream(value, execution.agent.options.streamOf)) {
        const opening = this.#openStream(value)
        value = await (deadline ? Promise.race([opening, deadline.passed]) : opening)
      }
      if (!this.#stream && this.#underWay === number) execution.attemptEnded('success')
      return { value }
    } catch (error) {
      const isLate = number > 0 && this.#underWay !== number
      return isLate ? { error, step: giveUp } : this.#attemptFailed(error)
    } finally {
      if (this.#underWay === number) this.#underWay = 0
      deadline?.cancel()
    }
  }

  /** Ends the attempt that a policy has stopped waiting for, though its function has not settled; what it does later is ignored. */
  #giveUpUnderWay(): void {
    if (this.#underWay === 0) return
    this.#underWay = 0
    this.#attemptFailed(new DOMException('the policy did not wait for the attempt to end', 'TimeoutError'))
  }

  /** Ends a generator whose reader left before the first value. */
  async #leaveUnread(generator: AsyncGenerator | Generator): Promise<Tried> {
    this.#stream = true
    try {
      await this.#execution.within(() => generator.return(undefined))
      this.#cancelled()
      return { value: undefined }
    } catch (error) {
      return { error, step: giveUp }
    }
  }

  /** Draws the first chunk of the stream that a result is or holds; from then on the stream's end is the run's. */
  async #openStream(result: object): Promise<unknown> {
    const execution = this.#execution
    const { attempt } = execution
    const inTime = (): boolean =>
      execution.attempt === attempt && !execution.finished && (this.#underWay === attempt || this.#stream)
    const opened = await openStream(result, execution.agent.options.streamOf, this.#watch(inTime))
    if (!opened) return result
    if (inTime()) this.#stream = true
    // A time limit has ended the attempt while the first chunk was on its way
    else Promise.resolve(guarded('span', () => opened.close())).catch(() => {})
    return opened.value
  }

  /** How a stream ends is how the run ends, unless its attempt was given up before. */
  #watch(inTime: () => boolean): StreamWatch {
    return {
      within: this.#execution.scope(),
      done: () => {
        if (!inTime()) return
        if (this.#caller?.aborted) this.#cancelled()
        else this.#succeeded()
      },
      brokenOff: () => {
        if (inTime()) this.#cancelled()
      },
      failed: (error) => {
        if (inTime()) this.#failed(error)
      },
    }
  }

  #attemptFailed(error: unknown): Tried {
    const execution = this.#execution
    const aborted = this.#caller?.aborted ?? false
    const timedOut = aborted && this.#isCallerOutOfTime()
    execution.attemptEnded(aborted && !timedOut ? 'cancelled' : 'failure', error, timedOut ? timeoutError : undefined)
    this.#attemptEndedMs = execution.world.now()
    const step: NextStep = aborted || this.#policy ? giveUp : this.#nextStep(error)
    if (!step.retry) {
      this.#gaveUp = step
      return { error, step }
    }
    this.#waitSeconds = step.waitSeconds
    execution.waiting(step.waitSeconds)
    const { maxRetries } = this.#settings
    this.#sayRetry({ of: maxRetries + 1, waitSeconds: step.waitSeconds })
    return { error, step }
  }

  #nextStep(error: unknown): NextStep {
    const { attempt, world } = this.#execution
    const failed = { error, attempt, elapsedSeconds: this.#execution.elapsedSeconds(), wallClockMs: world.wallClock() }
    const random = (): number => world.random()
    try {
      return nextStep(failed, this.#settings, random)
    } catch (thrown) {
      // The user's retryIf
      trip('option', thrown)
      return nextStep(failed, { ...this.#settings, retryIf: isRetryable }, random)
    }
  }

  /** Waits as decided; where a policy of the user's has waited already, it only takes the time. */
  async #backOff(): Promise<void> {
    const execution = this.#execution
    const { world } = execution
    try {
      // Counted from the failure: the policy has taken a moment already
      const left = this.#waitSeconds * 1000 - msBetween(this.#attemptEndedMs, world.now())
      if (!this.#policy && left > 0) await world.wait(left, this.#caller)
    } finally {
      const waitedSeconds = msBetween(this.#attemptEndedMs, world.now()) / 1000
      execution.waited(waitedSeconds)
      if (this.#policy) this.#sayRetry({ waitSeconds: waitedSeconds })
    }
  }

  #sayRetry(retry: { of?: number; waitSeconds: number }): void {
    const { agent, attempt, record } = this.#execution
    const { errorType = '', errorMessage } = record.attempts.at(-1) ?? {}
    say(agent.logger, 'warn', retryLine(agent.name, { attempt: attempt + 1, errorType, errorMessage, ...retry }))
  }

  #startDeadline(): Deadline | undefined {
    const { attemptTimeoutSeconds = Infinity, totalTimeoutSeconds = Infinity } = this.#settings
    if (this.#policy || (attemptTimeoutSeconds === Infinity && totalTimeoutSeconds === Infinity)) return undefined
    const left = Math.max(0, totalTimeoutSeconds - this.#execution.elapsedSeconds())
    const what = attemptTimeoutSeconds <= left ? 'attemptTimeoutSeconds' : 'the rest of totalTimeoutSeconds'
    return startDeadline(this.#execution.world, Math.min(attemptTimeoutSeconds, left), what)
  }

  #signal(deadline: Deadline | undefined, policySignal: AbortSignal | undefined): AbortSignal | undefined {
    const caller = this.#caller
    const other = deadline?.signal ?? (policySignal === caller ? undefined : policySignal)
    return caller && other ? AbortSignal.any([caller, other]) : (caller ?? other)
  }

  #succeeded(result?: unknown): void {
    const retryOutcome: RetryOutcome = this.#execution.previousErrors.length > 0 ? 'recovered' : 'first_try'
    this.#execution.finish({ outcome: 'success', retryOutcome, result })
  }

  /** The run ends with its caller: cancelled, or a failure if the caller's own time limit has passed. */
  #cancelled(error?: unknown): void {
    if (!this.#isCallerOutOfTime()) return this.#execution.finish({ outcome: 'cancelled', retryOutcome: 'aborted', error })
    const failed = error ?? this.#caller?.reason
    this.#execution.finish({ outcome: 'failure', retryOutcome: 'aborted', error: failed, errorType: timeoutError })
  }

  #isCallerOutOfTime(): boolean {
    const caller = this.#caller
    return caller !== undefined && caller.aborted && isTimeoutReason(caller.reason)
  }

  #failed(error: unknown): void {
    if (this.#caller?.aborted) return this.#cancelled(error)
    const retryOutcome = isRejection(error) ? 'rejected' : (this.#gaveUp?.outcome ?? 'exhausted')
    this.#execution.finish({ outcome: 'failure', retryOutcome, error, because: this.#gaveUp?.because })
  }
}
