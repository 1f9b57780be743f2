import { revealModelError } from '../errors/model-calls.ts'
import { timeoutError } from '../names.ts'
import type { AnyPolicy, AnyAgentOptions } from '../options.ts'
import type { Alternative } from '../recovery/fallback.ts'
import { executePolicy, giveUp, type Tried } from '../recovery/policy.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { rejectionOf } from '../results/fail-if.ts'
import { streamIn } from '../stream/known-results.ts'
import { holdsStream } from '../stream/open-stream.ts'
import { isGenerator, isIterable, isPlainPromise, isThenable } from '../stream/result-kinds.ts'
import { callerSignal } from './agent.ts'
import { bounded, signalOf, startAttemptDeadline } from './attempt-limits.ts'
import type { Deadline } from './deadline.ts'
import type { CallerUse, DeferredResult } from './deferred-result.ts'
import type { Execution } from './execution.ts'
import { failureInAnswer, type FailedWithValue } from './failed-answer.ts'
import { RunEnding } from './run-ending.ts'
import { limitsOf, type RunLimits } from './run-limits.ts'
import { mayHoldFirst, RunProvider } from './run-provider.ts'
import { RunRecovery } from './run-recovery.ts'
import { closeQuietly, openRunStream } from './stream-run.ts'

/** Runs an agent's function with recovery, and records each step in its {@link Execution}. */
export class Run {
  readonly #execution: Execution
  readonly #ending: RunEnding
  readonly #caller: AbortSignal | undefined
  readonly #settings: EffectiveRecovery
  readonly #policy: AnyPolicy | undefined
  #call: () => unknown
  readonly #returnsPromise: boolean
  #alternatives: readonly Alternative[]
  #runProvider: RunProvider | undefined
  /** Undefined until an attempt has failed or was refused. */
  #runRecovery: RunRecovery | undefined
  /** The number of the attempt whose function or first chunk is pending; 0 between attempts. */
  #pendingAttempt = 0
  /** 1, unless a queue has made earlier attempts. */
  readonly #firstAttempt: number
  /** Whether the caller does not have the promise of the result yet, so that it can still get another object. */
  #isStarting = false
  #isStream = false
  #failedWith: FailedWithValue | undefined
  #openedInstead: Promise<unknown> | undefined
  /** True once no further attempt can reach the caller. */
  #isFinal = false
  /** Set if the first attempt returned, at once, an object that does nothing until its caller asks. */
  deferred: DeferredResult | undefined
  /** Whether the first attempt returned, at once, an object that `for await` can read. */
  isIterable = false

  /** `returnsPromise`: the call is one of an async function, so that it need not be found out what it returns. */
  constructor(
    execution: Execution,
    call: () => unknown,
    args: unknown[],
    returnsPromise: boolean,
    alternatives: readonly Alternative[] = noAlternatives,
  ) {
    this.#returnsPromise = returnsPromise
    this.#execution = execution
    this.#firstAttempt = execution.attempt + 1
    this.#call = call
    this.#alternatives = alternatives
    this.#caller = callerSignal(args, execution.agent.options.signalFrom)
    this.#ending = new RunEnding(execution, this.#caller)
    this.#policy = execution.agent.options.policy
    const recovery = execution.agent.recovery()
    // The queue has its own limit of attempts
    this.#settings = execution.continued ? { ...recovery, maxRetries: Number.POSITIVE_INFINITY } : recovery
    const limits = limitsOf(execution)
    if (limits) this.#limit(limits)
  }

  /** Resolves with the function's result, or rejects with its last error, unchanged. */
  start(): Promise<unknown> {
    this.#isStarting = true
    const result = this.#result()
    this.#isStarting = false
    return result
  }

  /** Whether the function was called at once: a queue, an open breaker, a used-up budget and the like let it wait or refuse it. */
  get isCalled(): boolean {
    return this.#execution.attempt >= this.#firstAttempt
  }

  async #result(): Promise<unknown> {
    try {
      let tried: Tried
      if (this.#policy) {
        const isWaiting = (): boolean => this.#pendingAttempt === 0
        const work = executePolicy(this.#policy, (signal) => this.#attempt(signal), this.#caller, isWaiting)
        tried = await bounded(work, this.#execution.limits, undefined)
      } else {
        // Not cockatiel's `retry()`: it sets a timer between two calls even for no wait, and a test that stops the clock would hang
        do {
          tried = await this.#attempt()
        } while ('step' in tried && tried.step.retry)
      }
      if ('error' in tried) throw tried.error
      if (!this.#isStream) {
        this.#giveUpPending()
        this.#ending.succeeded(tried.value)
        this.#keepShape()
      }
      return tried.value
    } catch (error) {
      this.#ending.failed(error)
      const kept = this.#failedWith
      // As without this package: the reader of the stream, or of the empty answer, finds the error there
      if (kept && kept.error === error) return kept.value
      throw error
    }
  }

  /**
   * Keeps the last run that has succeeded, without what it was called with. If no run were in memory when V8 collects all garbage, it would
   * throw the optimised code of runs away together with the shapes of their objects: the next thousand runs would take up to twice as long.
   */
  #keepShape(): void {
    this.#call = nothing
    this.#alternatives = noAlternatives
    lastSucceeded.run = this
  }

  #limit(limits: RunLimits): void {
    this.#execution.limits = limits
    const stopped = (): void => {
      this.#ending.gaveUp = { retry: false, outcome: 'not_retryable' }
      this.#ending.isEndedFromAbove = limits.isStoppedFromAbove
    }
    if (limits.error) stopped()
    else limits.onStop(stopped)
  }

  async #attempt(policySignal?: AbortSignal): Promise<Tried> {
    const execution = this.#execution
    // A policy continues after an abort that its caller already knows of
    const { limits } = execution
    if (execution.finished || limits?.error) return { error: limits?.error ?? this.#caller?.reason, step: giveUp }
    let deadline: Deadline | undefined
    let number = 0
    try {
      this.#giveUpPending()
      if (execution.attempt >= this.#firstAttempt) await this.#recovery().backOff(signalOf(limits, this.#caller))
      else if (execution.continued) {
        const continued = execution.continueEarlier()
        // Not for a store that answers at once: the function is called before the caller has the promise
        if (continued) await continued
        limits?.throwIfStopped()
      }
      const gate = this.#mayBeHeld() ? this.#provider().closedGate() : undefined
      if (gate) {
        const because = await this.#provider().held(gate, signalOf(limits, this.#caller), this.#recovery().hasAlternative)
        if (because !== undefined) return this.#recovery().refused(because)
      }
      this.#caller?.throwIfAborted()
      deadline = this.#policy ? undefined : startAttemptDeadline(execution, this.#settings)
      const fallback = this.#runRecovery?.fallback
      execution.attemptStarted(signalOf(limits, this.#caller, deadline, policySignal), fallback?.name)
      number = this.#pendingAttempt = execution.attempt
      this.#dropFailed()
      let returned = execution.within(fallback?.call ?? this.#call)
      if (!(this.#returnsPromise && fallback === undefined) && !isPlainPromise(returned)) {
        if (this.#isStarting && this.#isDeferred(returned)) {
          deadline?.cancel()
          execution.stall?.stop()
          const use = await this.deferred!.use.promise
          if (use === 'left') return await this.#leave(returned)
          if (use !== 'used') return await this.#endInstead(use.instead)
          limits?.throwIfStopped()
          deadline?.restart()
          execution.stall?.start()
        }
        const thenable = returned
        // A query runs now, so it belongs to the attempt
        if (isThenable(thenable)) returned = execution.within(() => new Promise((...settle) => void thenable.then(...settle)))
      }
      let value = await bounded(returned, limits, deadline)
      if (holdsStream(value, execution.agent.options.streamOf)) {
        const opening = this.#openStream(value, deadline)
        value = await bounded(opening, limits, deadline)
      } else {
        const failed = failureInAnswer(value, execution.modelError, this.#caller)
        if (failed) {
          this.#failedWith = failed
          throw failed.error
        }
      }
      const { failIf } = execution.agent.options
      if (failIf !== undefined && !this.#isStream && this.#pendingAttempt === number) this.#judge(value, failIf)
      if (!this.#isStream && this.#pendingAttempt === number) {
        if (limits) this.#checkLast(limits)
        execution.attemptEnded('success')
      }
      return { value }
    } catch (error) {
      // It may be the probe of its provider
      if (number === 0) execution.providerGate?.attemptEnded('cancelled')
      const isLate = number > 0 && this.#pendingAttempt !== number
      return isLate ? { error, step: giveUp } : this.#attemptFailed(limits?.error ?? error)
    } finally {
      if (this.#pendingAttempt === number) this.#pendingAttempt = 0
      if (!this.#isStream) {
        deadline?.cancel()
        if (execution.attempt === number) execution.stall?.stop()
      }
    }
  }

  /** Counts the calls that the attempt left open, which may exceed the budget. */
  #checkLast(limits: RunLimits): void {
    this.#execution.inferences?.settle()
    limits.throwIfStopped()
  }

  /** Throws the error for a result that `failIf` rejects. */
  #judge(value: unknown, failIf: NonNullable<AnyAgentOptions['failIf']>): void {
    const rejection = this.#execution.within(() => rejectionOf(value, failIf))
    if (rejection) throw rejection.error
  }

  /** Sets {@link deferred} if the returned object does nothing until its caller asks. */
  #isDeferred(returned: unknown): returned is object {
    const thenable = isThenable(returned)
    if (!thenable && !isGenerator(returned)) {
      this.isIterable = isIterable(returned)
      return false
    }
    const watchInstead = (value: unknown): void => {
      const stream = streamIn(value)
      // Rejects with the error that the reader of the stream gets
      if (stream) this.#openedInstead = this.#openStream(stream, undefined, true).catch(() => {})
    }
    const use = Promise.withResolvers<CallerUse>()
    this.deferred = { execution: this.#execution, returned, isGenerator: !thenable, use, watchInstead }
    return true
  }

  /** Closes the stream of the failed attempt before, which the next attempt replaces. */
  #dropFailed(): void {
    const failed = this.#failedWith
    this.#failedWith = undefined
    if (failed?.close) closeQuietly(failed.close)
  }

  /** Ends the attempt that a policy no longer waits for although its function has not settled; its later result is ignored. */
  #giveUpPending(): void {
    if (this.#pendingAttempt === 0) return
    this.#pendingAttempt = 0
    this.#attemptFailed(new DOMException('the policy did not wait for the attempt to end', 'TimeoutError'))
  }

  /** Ends a generator that its caller left before reading from it. */
  async #leave(returned: object): Promise<Tried> {
    this.#isStream = true
    try {
      if (isGenerator(returned)) await this.#execution.within(() => returned.return(undefined))
      this.#ending.cancelled()
      return { value: undefined }
    } catch (error) {
      return { error, step: giveUp }
    }
  }

  /** The caller already has what another method returned, such as `withResponse()`: no further attempt can reach it. */
  async #endInstead(promise: Promise<unknown>): Promise<Tried> {
    this.#isFinal = true
    const value = await promise
    await this.#openedInstead
    return { value }
  }

  #openStream(result: object, deadline: Deadline | undefined, isImmediate = false): Promise<unknown> {
    const execution = this.#execution
    const { attempt } = execution
    return openRunStream(result, {
      execution,
      ending: this.#ending,
      settings: this.#settings,
      caller: this.#caller,
      deadline,
      isImmediate,
      isCurrent: () =>
        execution.attempt === attempt && !execution.finished && (this.#pendingAttempt === attempt || this.#isStream),
      opened: () => {
        this.#isStream = true
        execution.providerGate?.attemptEnded('success')
        // The function's scope may hold the stream, which would then never be collected
        this.#call = nothing
        this.#alternatives = noAlternatives
        this.#runRecovery?.release()
      },
      failedWith: (failure) => {
        this.#failedWith = failure
      },
    })
  }

  #attemptFailed(error: unknown): Tried {
    const execution = this.#execution
    const aborted = this.#ending.isEndedFromAbove || (this.#caller?.aborted ?? false)
    const timedOut = aborted && this.#ending.isCallerOutOfTime()
    revealModelError(error, execution.modelError)
    execution.attemptEnded(aborted && !timedOut ? 'cancelled' : 'failure', error, timedOut ? timeoutError : undefined)
    return this.#recovery().attemptFailed(error, aborted, this.#isFinal)
  }

  /** Whether the next attempt waits while its provider is unavailable. */
  #mayBeHeld(): boolean {
    if (this.#policy || this.#runRecovery?.fallback !== undefined) return false
    return this.#execution.attempt > 0 || mayHoldFirst(this.#settings)
  }

  #provider(): RunProvider {
    return (this.#runProvider ??= new RunProvider(this.#execution, this.#settings))
  }

  #recovery(): RunRecovery {
    return (this.#runRecovery ??= new RunRecovery(
      this.#execution,
      this.#settings,
      this.#provider(),
      this.#ending,
      this.#alternatives,
    ))
  }
}

const noAlternatives: readonly Alternative[] = []
const nothing = (): void => {}
const lastSucceeded: { run: Run | undefined } = { run: undefined }
