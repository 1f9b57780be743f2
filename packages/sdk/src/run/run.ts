import { msBetween } from '../clock.ts'
import { hideCause } from '../errors/error-details.ts'
import { isRetryable, isTimeoutReason } from '../errors/error-type.ts'
import { revealModelError } from '../errors/model-calls.ts'
import { retryLine, say } from '../log-lines.ts'
import { timeoutError, type RetryOutcome } from '../names.ts'
import type { AnyPolicy } from '../options.ts'
import { nextStep, type NextStep } from '../recovery/next-step.ts'
import { giveUp, isRejection, retryPolicy, type Tried } from '../recovery/retry-policy.ts'
import type { RecoverySettings } from '../recovery/settings.ts'
import { holdsStream, openStream } from '../stream/open-stream.ts'
import type { OpenedStream } from '../stream/opened-stream.ts'
import { isGenerator, isIterable, isPlainPromise, isThenable } from '../stream/result-kinds.ts'
import { type StreamLimit, type StreamWatch, whenCollected } from '../stream/watch-iterator.ts'
import { guarded, trip } from '../telemetry/guard.ts'
import { isObject } from '../unknown-values.ts'
import { callerSignal } from './agent.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import type { Execution } from './execution.ts'
import type { Ending } from './finish-execution.ts'

/** What a call of the function returned that waits to be read or awaited. */
export interface WaitingForCaller {
  readonly execution: Execution
  readonly returned: object
  readonly isGenerator: boolean
  readonly asked: PromiseWithResolvers<Asked>
}

/** What its caller does with it: reads or awaits it, leaves it, or awaits something else that one of its methods returned. */
export type Asked = 'used' | 'left' | { readonly instead: Promise<unknown> }

/** A stream goes on for so long after an abort while its source is waited for, so that it can say how it ended. */
const abortGraceMs = 100

/** Runs an agent's function with recovery, and tells its {@link Execution} what happens. */
export class Run {
  readonly #execution: Execution
  #call: () => unknown
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
  /** What failed although it returned something; the caller gets it if no further attempt follows. */
  #failedWith: { readonly error: unknown; readonly value: unknown; readonly close?: () => unknown } | undefined
  /** True once no further attempt can reach the caller. */
  #isFinal = false
  #release: (() => void) | undefined
  /** There when the first attempt returned, at once, something that does nothing until its caller asks. */
  waiting: WaitingForCaller | undefined
  /** Whether the first attempt returned, at once, what `for await` can read. */
  isIterable = false

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
      const kept = this.#failedWith
      // As without us: the reader of the stream, or of the empty answer, finds the error there
      if (kept && kept.error === error) return kept.value
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
      this.#dropFailed()
      let returned = execution.within(this.#call)
      if (!isPlainPromise(returned)) {
        if (number === 1 && this.#waitsForCaller(returned)) {
          deadline?.cancel()
          const asked = await this.waiting!.asked.promise
          if (asked === 'left') return await this.#leave(returned)
          if (asked !== 'used') return await this.#endInstead(asked.instead)
          deadline?.restart()
        }
        const thenable = returned
        // A query runs now, so it belongs to the attempt
        if (isThenable(thenable)) returned = execution.within(() => new Promise((...settle) => void thenable.then(...settle)))
      }
      let value = await (deadline ? deadline.until(returned) : returned)
      if (holdsStream(value, execution.agent.options.streamOf)) {
        const opening = this.#openStream(value, deadline)
        value = await (deadline ? deadline.until(opening) : opening)
      } else if (execution.modelError && isNoAnswer(value)) {
        this.#failedWith = { ...execution.modelError, value }
        throw execution.modelError.error
      }
      if (!this.#stream && this.#underWay === number) execution.attemptEnded('success')
      return { value }
    } catch (error) {
      const isLate = number > 0 && this.#underWay !== number
      return isLate ? { error, step: giveUp } : this.#attemptFailed(error)
    } finally {
      if (this.#underWay === number) this.#underWay = 0
      if (!this.#stream) deadline?.cancel()
    }
  }

  /** Sets {@link waiting} for what does nothing until its caller asks. */
  #waitsForCaller(returned: unknown): returned is object {
    const thenable = isThenable(returned)
    if (!thenable && !isGenerator(returned)) {
      this.isIterable = isIterable(returned)
      return false
    }
    this.waiting = { execution: this.#execution, returned, isGenerator: !thenable, asked: Promise.withResolvers() }
    return true
  }

  /** The next attempt takes the place of one that failed although it returned a stream. */
  #dropFailed(): void {
    const failed = this.#failedWith
    this.#failedWith = undefined
    if (failed?.close) closeQuietly(failed.close)
  }

  /** Ends the attempt that a policy has stopped waiting for, though its function has not settled; what it does later is ignored. */
  #giveUpUnderWay(): void {
    if (this.#underWay === 0) return
    this.#underWay = 0
    this.#attemptFailed(new DOMException('the policy did not wait for the attempt to end', 'TimeoutError'))
  }

  /** Ends what its caller has left before it asked for anything. */
  async #leave(returned: object): Promise<Tried> {
    this.#stream = true
    try {
      if (isGenerator(returned)) await this.#execution.within(() => returned.return(undefined))
      this.#cancelled()
      return { value: undefined }
    } catch (error) {
      return { error, step: giveUp }
    }
  }

  /** The caller has what another method returned, such as `withResponse()`: no further attempt could bring it anything. */
  async #endInstead(promise: Promise<unknown>): Promise<Tried> {
    this.#isFinal = true
    return { value: await promise }
  }

  /** Draws the first chunk of the stream that a result is or holds; from then on the stream's end is the run's. */
  async #openStream(result: object, deadline: Deadline | undefined): Promise<unknown> {
    const execution = this.#execution
    const { attempt } = execution
    const inTime = (): boolean =>
      execution.attempt === attempt && !execution.finished && (this.#underWay === attempt || this.#stream)
    const watch = this.#watch(inTime)
    const opened = await openStream(result, execution.agent.options.streamOf, watch)
    if (!opened) return result
    if (!inTime()) {
      // A time limit has ended the attempt while the first chunk was on its way
      closeQuietly(opened.close)
      return opened.value
    }
    const reported = opened.reported ?? (opened.isEmpty ? execution.modelError : undefined)
    if (reported) {
      if (opened.reported?.isMasked && execution.modelError) hideCause(opened.reported.error, execution.modelError.error)
      this.#failedWith = { ...reported, value: opened.value, close: opened.close }
      throw reported.error
    }
    this.#stream = true
    // The function's scope may hold the stream, which would then never be collected
    this.#call = () => {}
    if (deadline) watch.limit = this.#limit(deadline, opened.close)
    if (this.#caller) this.#followAbort(this.#caller, watch)
    if (opened.held) whenCollected(opened.held, leaving(watch))
    return opened.value
  }

  /** How a stream ends is how the run ends, unless its attempt was given up before. */
  #watch(inTime: () => boolean): StreamWatch {
    const execution = this.#execution
    return {
      pulls: 0,
      within: execution.scope(),
      chunk: () => {
        // An agent that goes on after a failed call of a model has an answer
        execution.modelError = undefined
      },
      done: () => {
        if (!inTime()) return
        if (this.#caller?.aborted) this.#failed(this.#caller.reason)
        else if (execution.modelError) this.#failed(execution.modelError.error)
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

  /** Ends the run when its caller aborts: it may never read the stream again. */
  #followAbort(caller: AbortSignal, watch: StreamWatch): void {
    const end = (): void => this.#cancelled(caller.reason)
    const onAbort = (): void => {
      // The source may be about to say how it ends
      if (watch.pulls > 0) this.#execution.clock.after(abortGraceMs, end)
      else end()
    }
    if (caller.aborted) onAbort()
    else caller.addEventListener('abort', onAbort, { once: true })
    this.#atEnd(() => caller.removeEventListener('abort', onAbort))
  }

  /** Bounds each wait for a chunk by the limits of an attempt and of the run; while no one waits, that of the run goes on. */
  #limit(deadline: Deadline, close: OpenedStream['close']): StreamLimit {
    const { attemptTimeoutSeconds = Infinity, totalTimeoutSeconds = Infinity } = this.#settings
    let pulls = 0
    const start = (mostSeconds: number): void => {
      const left = Math.max(0, totalTimeoutSeconds - this.#execution.elapsedSeconds())
      if (mostSeconds <= left && mostSeconds < Infinity) deadline.restart(mostSeconds, 'attemptTimeoutSeconds')
      else if (left < Infinity) deadline.restart(left, 'the rest of totalTimeoutSeconds')
      else deadline.cancel()
    }
    start(Infinity)
    deadline.onPassed((error) => {
      this.#failed(error)
      closeQuietly(close)
    })
    this.#atEnd(() => deadline.cancel())
    return {
      isPassed: () => deadline.signal.aborted,
      throwIfPassed: () => deadline.signal.throwIfAborted(),
      pull: async (call) => {
        deadline.signal.throwIfAborted()
        pulls += 1
        if (pulls === 1) start(attemptTimeoutSeconds)
        try {
          return await deadline.until(call())
        } finally {
          pulls -= 1
          if (pulls === 0 && !this.#execution.finished) start(Infinity)
        }
      },
    }
  }

  #atEnd(release: () => void): void {
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

  #attemptFailed(error: unknown): Tried {
    const execution = this.#execution
    const aborted = this.#caller?.aborted ?? false
    const timedOut = aborted && this.#isCallerOutOfTime()
    revealModelError(error, execution.modelError)
    execution.attemptEnded(aborted && !timedOut ? 'cancelled' : 'failure', error, timedOut ? timeoutError : undefined)
    this.#attemptEndedMs = execution.clock.now()
    const step: NextStep = aborted || this.#policy || this.#isFinal ? giveUp : this.#nextStep(error)
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
    const { attempt, clock } = this.#execution
    const failed = { error, attempt, elapsedSeconds: this.#execution.elapsedSeconds(), wallClockMs: clock.wallClock() }
    try {
      return nextStep(failed, this.#settings)
    } catch (thrown) {
      // The user's retryIf
      trip('option', thrown)
      return nextStep(failed, { ...this.#settings, retryIf: isRetryable })
    }
  }

  /** Waits as decided; where a policy of the user's has waited already, it only takes the time. */
  async #backOff(): Promise<void> {
    const execution = this.#execution
    const { clock } = execution
    try {
      // Counted from the failure: the policy has taken a moment already
      const left = this.#waitSeconds * 1000 - msBetween(this.#attemptEndedMs, clock.now())
      if (!this.#policy && left > 0) await clock.wait(left, this.#caller)
    } finally {
      const waitedSeconds = msBetween(this.#attemptEndedMs, clock.now()) / 1000
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
    return startDeadline(this.#execution.clock, Math.min(attemptTimeoutSeconds, left), what)
  }

  #signal(deadline: Deadline | undefined, policySignal: AbortSignal | undefined): AbortSignal | undefined {
    const caller = this.#caller
    const other = deadline?.signal ?? (policySignal === caller ? undefined : policySignal)
    return caller && other ? AbortSignal.any([caller, other]) : (caller ?? other)
  }

  #succeeded(result?: unknown): void {
    const retryOutcome: RetryOutcome = this.#execution.previousErrors.length > 0 ? 'recovered' : 'first_try'
    this.#finish({ outcome: 'success', retryOutcome, result })
  }

  /** The run ends with its caller: cancelled, or a failure if the caller's own time limit has passed. */
  #cancelled(error?: unknown): void {
    if (!this.#isCallerOutOfTime()) return this.#finish({ outcome: 'cancelled', retryOutcome: 'aborted', error })
    const failed = error ?? this.#caller?.reason
    this.#finish({ outcome: 'failure', retryOutcome: 'aborted', error: failed, errorType: timeoutError })
  }

  #isCallerOutOfTime(): boolean {
    const caller = this.#caller
    return caller !== undefined && caller.aborted && isTimeoutReason(caller.reason)
  }

  #failed(error: unknown): void {
    if (this.#caller?.aborted) return this.#cancelled(error)
    const retryOutcome = isRejection(error) ? 'rejected' : (this.#gaveUp?.outcome ?? 'exhausted')
    this.#finish({ outcome: 'failure', retryOutcome, error, because: this.#gaveUp?.because })
  }
}

/** True for what an agent returns that has read a stream without an answer: nothing, or an object that holds nothing, as `{ text: '' }`. */
function isNoAnswer(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (!isObject(value)) return false
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  return isPlain && Object.values(value).every((each) => each === undefined || each === null || each === '' || isEmptyList(each))
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** Breaks off a stream that no one reads. */
function closeQuietly(close: () => unknown): void {
  Promise.resolve(guarded('span', close)).catch(() => {})
}

/** Of its own, so that it holds nothing but the watch. */
function leaving(watch: StreamWatch): () => void {
  return () => watch.brokenOff()
}
