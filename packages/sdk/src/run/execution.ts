import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

import type { AttributeValue } from '@opentelemetry/api'

import { boundedErrorName, boundedErrorType } from '../bounded-names.ts'
import { msBetween, type Clock } from '../clock.ts'
import { hasVerdict } from '../errors/error-type.ts'
import { followModelCalls } from '../errors/model-calls.ts'
import { exposed, flagAttributes } from '../experiment/exposure.ts'
import type { VariantChoice } from '../experiment/variant-choice.ts'
import { RunInferences } from '../inference/ledger.ts'
import { addManualCost, addManualTokens } from '../inference/manual-tokens.ts'
import type { Tracked } from '../monitor/agent-statistics.ts'
import { type ExecutionRecord, newAttempt, newRecord, type AttemptRecord } from '../monitor/execution-record.ts'
import { monitor } from '../monitor/monitor.ts'
import { attribute, spanName, type Outcome } from '../names.ts'
import { notify } from '../on-execution.ts'
import { processWide } from '../process-wide.ts'
import type { ProviderGate } from '../provider/provider-gate.ts'
import { messageOf } from '../telemetry/content.ts'
import { emitEvaluation } from '../telemetry/evaluation.ts'
import { trip, guarded } from '../telemetry/guard.ts'
import { GuardedSpan } from '../telemetry/guarded-span.ts'
import { type AgentSeries, add, instruments, record } from '../telemetry/instruments.ts'
import type { Agent } from './agent.ts'
import { ContinuedRun, type FailedOfQueue } from './continued-run.ts'
import { PausableClock } from './pausable-clock.ts'
import { Holds, pauseRuns } from './progress-holds.ts'
import type { StallWatch } from './progress-stall.ts'
import { noteOf, noteProgress, resumable, type Resume } from './progress.ts'
import type { ReadContinuation } from './read-continuation.ts'
import { finishAttempt, finishExecution, type Ending } from './run-ending.ts'
import type { RunLimits, SpentKey } from './run-limits.ts'
import type { FirstCall } from './run-usage.ts'
import { attemptsAreFollowed, runningAttempt } from './running-attempt.ts'

/** The run that the calling code belongs to. */
export interface CurrentExecution {
  readonly id: string
  readonly agentName: string
  /** From 1. */
  readonly attempt: number
  /** Aborts when the caller aborts, or when a time limit of the attempt or the run passes. Pass it to everything that waits. */
  readonly signal: AbortSignal
  /** The A/B variant of the run; undefined without one. */
  readonly variant: string | undefined
  /** The `context` option: the same object in every attempt. */
  readonly context: unknown
  /** A map for your own data, the same in every attempt of a run, so that an attempt can continue the work of the one before. */
  readonly state: Map<string, unknown>
  /** The errors of the earlier attempts, oldest first. They can explain to the model why it is called again. */
  readonly previousErrors: readonly unknown[]
  /**
   * Adds the tokens of a response to the run, its span and `agent.tokens`; also for failed attempts, since they are billed. Like
   * `addCost()`, `setAttribute()` and the count of tool calls, it has no effect after the run has ended, so that counters, span and
   * record always agree. A late call is counted in `swarmwatch.guard.trips`.
   */
  addTokens(tokens: {
    readonly input?: number | undefined
    readonly output?: number | undefined
    readonly model?: string | undefined
    /**
     * The provider's id of the response. Tokens of a response that an instrumentation, or an earlier call, has already counted are then
     * not added again. Without it the tokens are always added.
     */
    readonly responseId?: string | undefined
  }): void
  /**
   * Adds US dollars to the run, its span and `agent.cost.usd`. `model` is `unknown` unless given. With the `responseId` of a response
   * whose cost was already counted, it has no effect.
   */
  addCost(usd: number, of?: { readonly model?: string | undefined; readonly responseId?: string | undefined }): void
  /**
   * Records the score of an evaluation of the answer, such as 0.8 for `Relevance`: as the event `gen_ai.evaluation.result` and in
   * `agent.evaluation.score`. It has no effect after the run has ended.
   */
  addScore(
    name: string,
    score: number,
    of?: { readonly explanation?: string | undefined; readonly label?: string | undefined },
  ): void
  /**
   * Reports that the run makes progress, so that it does not count as stuck. Model calls, tool calls, chunks of a stream and the progress
   * of agents that it calls are reported anyway. `note` describes the progress for the status page; it is cut to 200 characters.
   */
  progress(note?: string): void
  /**
   * Pauses the run, for example while a person must approve: it does not count as stuck, its time limits and those of the runs that
   * called it are suspended, and the time is not part of its duration. Call the result, or let `using` do it, to resume. The pause also
   * ends with the attempt. `reason` is shown on the status page; it is cut to 200 characters.
   *
   * @example
   * using pause = currentExecution()?.pause('approval of the refund')
   * await approved
   */
  pause(reason: string): Resume
  /** Sets an attribute of the run's root span. */
  setAttribute(key: string, value: AttributeValue): void
}

/** Returns the run that the calling code belongs to, across `await`, timers and callbacks; undefined outside a run. */
export function currentExecution(): CurrentExecution | undefined {
  return runningExecution.getStore()
}

/** A run of an agent: its root span, its attempts, its place in the monitor, and the interface for the agent's code. */
export class Execution implements CurrentExecution, Tracked {
  readonly agent: Agent
  readonly clock: Clock
  series: AgentSeries
  readonly record: ExecutionRecord
  readonly span: GuardedSpan
  readonly startedMs: number
  readonly context: unknown
  readonly previousErrors: unknown[] = []
  /** Actual waits before attempts 2, 3, ..., in seconds. */
  readonly waits: number[] = []
  earlier: Tracked | undefined = undefined
  later: Tracked | undefined = undefined
  order = 0
  attempt = 0
  /** Why the last model call of this attempt failed, if a library hides it from the reader of its stream. */
  modelError: { readonly error: unknown } | undefined = undefined
  /** Model calls that were seen; undefined before the first one, so that a run without any costs nothing. */
  inferences: RunInferences | undefined = undefined
  /** Calls of tools with `once`, by their store. */
  onceCalls: Map<object, { release(): unknown }> | undefined = undefined
  /** Whether the current attempt calls a fallback. */
  isFallback = false
  /** Set from the first time on that the run asks whether its provider is available. */
  providerGate: ProviderGate | undefined = undefined
  /** Limits that stop the run; undefined if it has none. */
  limits: RunLimits | undefined = undefined
  /** Whether tokens or cost were added without the id of a response. */
  hasManualTokens = false
  firstCall: FirstCall | undefined = undefined
  /** The run within which it was started, until either has finished. */
  parent: Execution | undefined
  /** The part of a queue that owns the retries. */
  readonly continued: ContinuedRun | undefined
  /** Seconds from the start of the first attempt to that of this object. */
  #earlierSeconds = 0
  /** Ends an attempt without progress; undefined without `stallTimeoutSeconds`. */
  stall: StallWatch | undefined = undefined
  lastStep = 'run started'
  readonly #attemptOfCaller: number
  #runClock: PausableClock | undefined
  #holds: Holds | undefined
  #state: Map<string, unknown> | undefined
  #signal: AbortSignal | undefined
  #attemptSpan: GuardedSpan | undefined
  #attemptStartedMs = 0
  /** End of the last attempt if it succeeded: a run that has finished has then ended with it. */
  #succeededMs = 0
  /** Cost of the attempts that have ended. */
  #endedCostUsd = 0
  #finished = false

  constructor(agent: Agent, args: unknown[], clock: Clock, continuation?: ReadContinuation) {
    followModelCalls(runningExecution)
    const { options } = agent
    this.agent = agent
    this.clock = clock
    this.context = options.context
    this.startedMs = clock.now()
    const startedAt = clock.wallClock()
    const continued = continuation && new ContinuedRun(continuation, agent.name, clock)
    this.continued = continued
    this.series = agent.seriesFor(args, continued?.executionId)
    const { variant } = this.series
    const id = continued?.executionId ?? newExecutionId()
    const parent = parentOf()
    this.parent = parent
    this.#attemptOfCaller = parent?.attempt ?? 0
    this.record = newRecord(id, agent.name, variant, continued?.startedAt ?? startedAt, parent?.id)
    if (continued) this.#continue(continued, startedAt)
    const place = continued?.spanPlace()
    const name = agent.operation === 'invoke_workflow' ? spanName.workflow(agent.name) : spanName.agent(agent.name)
    const attributes = {
      ...agent.attributes,
      [attribute.executionId]: id,
      ...(variant !== undefined && {
        [attribute.variant]: variant,
        [attribute.featureFlagKey]: agent.name,
        [attribute.featureFlagVariant]: variant,
        ...flagAttributes(this.series.choice),
      }),
    }
    this.span = GuardedSpan.start(name, attributes, place?.parent, place)
    if (this.series.sums && this.attempt === 0) exposed(this)
    this.record.traceId = this.span.recordedTraceId()
    add(instruments().activeExecutions, 1, this.series.agent)
    monitor.started(this)
    notify('started', this.record)
  }

  get id(): string {
    return this.record.id
  }

  get agentName(): string {
    return this.record.agentName
  }

  get state(): Map<string, unknown> {
    return (this.#state ??= new Map())
  }

  get variant(): string | undefined {
    return this.series.variant
  }

  get signal(): AbortSignal {
    return (this.#signal ??= new AbortController().signal)
  }

  get finished(): boolean {
    return this.#finished
  }

  /** The run whose current attempt called this one: work that an earlier attempt left behind no longer concerns it. */
  get caller(): Execution | undefined {
    const caller = this.parent
    return caller?.finished === false && caller.attempt === this.#attemptOfCaller ? caller : undefined
  }

  /** The clock of the run, which stops while the run is paused. */
  get runClock(): PausableClock {
    return (this.#runClock ??= new PausableClock(this.clock))
  }

  get holds(): Holds {
    return (this.#holds ??= new Holds(this.record, this.runClock))
  }

  /** Whether it makes no progress for a good reason: it waits for its next attempt, or it or a run that it called is paused or waits. */
  get isHeld(): boolean {
    const isBetweenAttempts = this.attempt > 0 && this.#attemptSpan === undefined
    return isBetweenAttempts || (this.#holds?.isHeld ?? false)
  }

  addTokens(tokens: Parameters<CurrentExecution['addTokens']>[0]): void {
    if (this.#isOpenTo('addTokens')) guarded('option', () => addManualTokens(this, tokens))
  }

  addCost(usd: number, of: Parameters<CurrentExecution['addCost']>[1] = {}): void {
    if (this.#isOpenTo('addCost')) guarded('option', () => addManualCost(this, usd, of))
  }

  addScore(name: string, score: number, of: Parameters<CurrentExecution['addScore']>[2] = {}): void {
    if (!this.#isOpenTo('addScore')) return
    guarded('option', () => emitEvaluation(this.span, this.series, { name, score, explanation: of.explanation, label: of.label }))
  }

  progress(note?: string): void {
    if (this.#isOpenTo('progress')) this.progressed('progress()', note === undefined ? undefined : noteOf(note))
  }

  pause(reason: string): Resume {
    if (!this.#isOpenTo('pause') || this.#isCalledByEarlierAttempt()) return resumable(() => {})
    const pause = { reason: noteOf(reason), since: this.clock.wallClock() }
    const resume = pauseRuns(this, pause)
    return resumable(() => {
      resume()
      this.progressed('resumed')
    })
  }

  /** Records progress of this run and of the runs that called it. `note` has at most 200 characters. @default the step */
  progressed(step: string, note?: string): void {
    noteProgress(this, step, this.clock.wallClock(), note)
  }

  /** Sets the variant that a flag has chosen within the run, if it has none yet. */
  chooseVariant(choice: VariantChoice): void {
    if (this.#finished || this.series.variant !== undefined) return
    this.series = this.agent.withChoice(choice)
    const { variant } = this.series
    if (variant === undefined) return
    this.record.variant = variant
    this.span.set(attribute.variant, variant)
    this.span.set(attribute.featureFlagVariant, variant)
    for (const [key, value] of Object.entries(flagAttributes(this.series.choice))) this.span.set(key, value)
    if (this.attempt <= 1) this.series.sums?.exposed()
  }

  /** The model calls of the run. */
  modelCalls(): RunInferences {
    return (this.inferences ??= new RunInferences(this))
  }

  setAttribute(key: string, value: AttributeValue): void {
    if (this.#isOpenTo('setAttribute')) this.span.set(key, value)
  }

  toolCalled(name: string): void {
    if (this.#finished) return
    this.progressed(`tool call started: ${name.slice(0, 100)}`)
    this.record.toolCalls += 1
    this.series.hasTools = true
    this.spent('toolCalls', 1)
  }

  /** Counts an amount in the budgets of the run and of the runs that it is part of. */
  spent(key: SpentKey, amount: number): void {
    this.limits?.spentToday(key, amount)
    this.limits?.spent(key, amount)
    let { parent } = this
    while (parent) {
      parent.limits?.spent(key, amount)
      parent = parent.parent
    }
  }

  /** Compares the arguments of a tool call with those of earlier ones, if the run has a loop limit. */
  toolCompared(name: string, args: readonly unknown[]): void {
    if (!this.#finished) this.limits?.toolCalled(name, args)
  }

  /** Seconds since the run began, in whichever process, without pauses in this one. */
  elapsedSeconds(): number {
    return this.#earlierSeconds + this.secondsHere()
  }

  /** Seconds since this process began the run, or its attempt if a queue owns the retries, without pauses. */
  secondsHere(): number {
    return msBetween(this.startedMs, (this.#finished && this.#succeededMs) || this.#now()) / 1000
  }

  /** Records that the next attempt starts in `seconds`. */
  waiting(seconds: number): void {
    monitor.changed(this.record, 'waiting')
    this.record.nextAttemptAt = this.clock.wallClock() + seconds * 1000
    for (let run = this.caller; run; run = run.caller) run.holds.calledRunWaits(this)
    notify('waiting', this.record)
  }

  /** Records that the run no longer waits. */
  resumed(): void {
    this.#continues()
    monitor.changed(this.record, 'running')
    this.record.nextAttemptAt = undefined
  }

  /** Records the actual wait, whether an attempt followed or not. */
  waited(seconds: number): void {
    this.waits.push(seconds)
    this.resumed()
    record(instruments().retryWait, seconds, this.series.agent)
  }

  /** Begins an attempt; `fallback` is the name of the alternative that it calls. */
  attemptStarted(signal: AbortSignal | undefined, fallback?: string): void {
    this.attempt += 1
    this.modelError = undefined
    this.firstCall = undefined
    this.limits?.attemptStarted()
    this.#holds?.clear()
    this.inferences?.attemptStarted()
    this.#signal = signal
    const waitSeconds = this.waits.at(-1) ?? 0
    const nowMs = this.#now()
    // A reading of a clock costs as much as the rest of this method: at the start of a run there is one of the same moment
    const isAtStart = this.attempt === 1 && !this.continued && nowMs - this.startedMs < 1
    const startedAt = isAtStart ? this.record.startedAt : this.clock.wallClock()
    this.record.attempts.push(newAttempt(this.attempt, startedAt, waitSeconds))
    this.#attemptSpan = GuardedSpan.start(
      spanName.attempt(this.attempt),
      // With a gen_ai attribute of its own, or a filter for such spans (Langfuse has one) takes the parent away from the model calls
      { [attribute.attemptNumber]: this.attempt, [attribute.genAiAgentName]: this.agent.name },
      this.span.context,
    )
    if (fallback !== undefined) {
      this.isFallback = true
      this.#attemptSpan.set(attribute.attemptFallback, fallback)
      this.span.set(attribute.attemptFallback, fallback)
    }
    if (this.attempt > 1) {
      this.#attemptSpan.set(attribute.retryWait, waitSeconds)
      const { continued } = this
      const errorType = continued?.attempt === this.attempt ? continued.previousErrorType : this.record.attempts.at(-2)?.errorType
      add(instruments().retries, 1, { ...this.series.agent, [attribute.errorType]: errorType })
    }
    this.#attemptStartedMs = nowMs
    noteProgress(this, 'attempt started', startedAt)
  }

  /** Calls `call` as part of the current attempt: its span is active and `currentExecution()` is this run. */
  within<T>(call: () => T, span: GuardedSpan = this.#attemptSpan ?? this.span, attempt: number = this.attempt): T {
    const numbered = attemptsAreFollowed.value ? () => runningAttempt.run(attempt, call) : call
    return runningExecution.run(this, callWithin<T>, span, numbered)
  }

  /** Returns {@link within} for later calls that belong to the current attempt, even after it has ended. */
  scope(): <T>(call: () => T) => T {
    const span = this.#attemptSpan ?? this.span
    const { attempt } = this
    return (call) => this.within(call, span, attempt)
  }

  /** Ends the current attempt; `errorType` is its type if the error itself does not show why it failed. */
  attemptEnded(outcome: Outcome, error?: unknown, errorType?: string): void {
    const attempt = this.record.attempts.at(-1)
    const span = this.#attemptSpan
    if (!attempt || !span) return
    this.inferences?.settle()
    this.#attemptSpan = undefined
    const nowMs = this.#now()
    const seconds = msBetween(this.#attemptStartedMs, nowMs) / 1000
    this.#succeededMs = outcome === 'success' ? nowMs : 0
    this.#holds?.clear()
    attempt.durationSeconds = seconds
    attempt.outcome = outcome
    attempt.costUsd = this.record.costUsd - this.#endedCostUsd
    this.#endedCostUsd = this.record.costUsd
    if (outcome === 'failure') this.#attemptFailed(attempt, span, error, errorType)
    this.providerGate?.attemptEnded(outcome)
    if (attempt.httpTries > 0) span.set(attribute.httpTries, attempt.httpTries)
    span.end()
    record(instruments().attemptDuration, seconds, this.series.attempt[outcome])
  }

  /** Ends the run; later calls change nothing. */
  finish(ending: Ending): void {
    if (this.#finished) return
    this.limits?.close()
    // Counted while the run is still open
    this.inferences?.settle()
    const endedAt = this.clock.wallClock()
    noteProgress(this, 'run ended', endedAt)
    this.record.endedAt = endedAt
    this.#continues()
    this.#holds?.clear()
    this.#finished = true
    const typed =
      ending.outcome === 'failure' ? { ...ending, errorType: ending.errorType ?? this.#errorTypeOf(ending.error) } : ending
    this.attemptEnded(typed.outcome, typed.error, typed.errorType)
    const decision = this.continued?.decide(typed, this.#failed(), this.agent.recovery())
    if (decision && (!decision.isEnd || this.continued?.hasEnded)) finishAttempt(this, decision)
    else finishExecution(this, decision?.ending ?? typed)
    // A run that starts another one and does not wait for it would otherwise keep all earlier ones in memory
    this.parent = undefined
    this.inferences?.release()
    if (decision && !decision.isEnd) return this.#hold(this.continued!)
    this.continued?.end(typed.outcome)
    if (this.onceCalls) for (const calls of this.onceCalls.values()) guarded('option', () => calls.release())
  }

  /** Continues what this process knows of the earlier attempts. */
  #continue(continued: ContinuedRun, now: number): void {
    this.attempt = continued.attempt - 1
    this.record.lastProgressAt = now
    this.#earlierSeconds = continued.startedAt === undefined ? 0 : msBetween(continued.startedAt, now) / 1000
    const { earlier } = continued
    if (!earlier) return
    this.record.attempts.push(...earlier.attempts)
    this.previousErrors.push(...earlier.errors)
    this.#state = earlier.state
    const waitedSeconds = msBetween(earlier.endedMs, this.startedMs) / 1000
    this.waits.push(...earlier.waits, waitedSeconds)
    record(instruments().retryWait, waitedSeconds, this.series.agent)
  }

  /** Whether a queue makes another attempt after one that failed with `error`. */
  queueContinues(error: unknown): boolean {
    if (!this.continued) return false
    const failure = { outcome: 'failure', retryOutcome: 'exhausted', error } as const
    return !this.continued.decide(failure, this.#failed(), this.agent.recovery()).isEnd
  }

  #failed(): FailedOfQueue {
    const { attempt, clock, previousErrors, inferences, limits } = this
    return {
      attempt,
      elapsedSeconds: this.elapsedSeconds(),
      wallClockMs: clock.wallClock(),
      earlierErrors: previousErrors.slice(0, -1),
      modelFailure: inferences?.lastFailure,
      isStopped: limits?.error !== undefined,
    }
  }

  /** Keeps what the next attempt needs, if it is made in this process. */
  #hold(continued: ContinuedRun): void {
    continued.hold({
      startedAt: continued.startedAt,
      endedMs: this.clock.now(),
      attempts: this.record.attempts,
      errors: this.previousErrors,
      waits: this.waits,
      state: this.#state,
      use: this.limits?.use(),
      costUsd: this.record.costUsd + (continued.earlier?.costUsd ?? 0),
      span: this.span.spanContext(),
      onceCalls: [...(this.onceCalls?.values() ?? [])],
      record: this.record,
    })
  }

  #now(): number {
    return (this.#runClock ?? this.clock).now()
  }

  /** The runs that called this one no longer wait with it. */
  #continues(): void {
    if (this.waits.length === 0 && this.record.state !== 'waiting') return
    for (let run = this.caller; run; run = run.caller) run.holds.calledRunContinues(this)
  }

  /** Whether the calling code belongs to an attempt that was given up and still runs, as far as attempts are followed. */
  #isCalledByEarlierAttempt(): boolean {
    attemptsAreFollowed.value = true
    const attempt = runningExecution.getStore() === this ? runningAttempt.getStore() : undefined
    return attempt !== undefined && attempt !== this.attempt
  }

  /** An ended span accepts no changes, and counters and record must agree with it, so they accept none either. */
  #isOpenTo(method: string): boolean {
    if (this.#finished) trip('option', Object.assign(new Error(`${method}() after the run ended`), { name: 'AfterEndError' }))
    return !this.#finished
  }

  /** The type of an error; that of the attempt's last model call, if it failed and the error does not show why. */
  #errorTypeOf(error: unknown): string {
    const failure = this.inferences?.lastFailure
    return failure && !hasVerdict(error) ? boundedErrorName(String(failure.status)) : boundedErrorType(error)
  }

  #attemptFailed(attempt: AttemptRecord, span: GuardedSpan, error: unknown, errorType = this.#errorTypeOf(error)): void {
    const message = messageOf(error, this.agent.options.errorMessages)
    attempt.errorType = errorType
    attempt.errorMessage = message
    span.fail(attempt.errorType, message)
    this.previousErrors.push(error)
  }
}

/** The run that the calling code belongs to, across `await`, timers and callbacks. */
export const runningExecution: AsyncLocalStorage<Execution> = processWide(
  'running-execution/3',
  () => new AsyncLocalStorage<Execution>(),
)

/** Returns the execution that the calling code belongs to; work that a finished execution left behind has no parent. */
function parentOf(): Execution | undefined {
  const parent = runningExecution.getStore()
  return parent === undefined || parent.finished ? undefined : parent
}

// Not a closure: it is called once or more for every run
function callWithin<T>(span: GuardedSpan, call: () => T): T {
  return span.within(call)
}

// 64 random bits distinguish processes, threads and copies of this package; new ones for every run would cost more than the rest
const prefix = `${randomBytes(8).toString('hex')}-`
let started = 0

/** Returns a globally unique id, such as `5f0c3a9e1b2d4c68-2s`; the last part counts the runs of this process. */
function newExecutionId(): string {
  started += 1
  return prefix + started.toString(36)
}
