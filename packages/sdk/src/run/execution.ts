import { AsyncLocalStorage } from 'node:async_hooks'

import type { AttributeValue } from '@opentelemetry/api'

import { msBetween, type Clock } from '../clock.ts'
import { followModelCalls } from '../errors/model-calls.ts'
import { exposed } from '../experiment/exposure.ts'
import type { VariantChoice } from '../experiment/variant-choice.ts'
import { RunInferences } from '../inference/ledger.ts'
import { addManualCost, addManualTokens } from '../inference/manual-tokens.ts'
import type { Tracked } from '../monitor/agent-statistics.ts'
import { type ExecutionRecord, newRecord } from '../monitor/execution-record.ts'
import { monitor } from '../monitor/monitor.ts'
import { attribute, type Outcome } from '../names.ts'
import { notify } from '../on-execution.ts'
import { processWide } from '../process-wide.ts'
import type { ProviderGate } from '../provider/provider-gate.ts'
import { emitEvaluation } from '../telemetry/evaluation.ts'
import { trip, guarded } from '../telemetry/guard.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import { type AgentSeries, add, instruments, record } from '../telemetry/instruments.ts'
import type { Agent } from './agent.ts'
import { AttemptHandover } from './attempt-handover.ts'
import { ContinuedRun } from './continued-run.ts'
import type { CurrentExecution } from './current-execution.ts'
import { noteOf, noteProgress, resumable, type Resume } from './progress.ts'
import { failedOfQueue, holdForNext, takeEarlier } from './queued-run.ts'
import type { ReadContinuation } from './read-continuation.ts'
import { errorTypeOf, failAttempt, startAttempt } from './run-attempt.ts'
import { finishAttempt, finishExecution, type Ending } from './run-ending.ts'
import { newExecutionId, setVariant, startRootSpan } from './run-identity.ts'
import type { RunLimits, SpentKey } from './run-limits.ts'
import type { FirstCall } from './run-usage.ts'
import { attemptsAreFollowed, runningAttempt } from './running-attempt.ts'
import { TimedRun } from './timed-run.ts'

/** Returns the run that the calling code belongs to, across `await`, timers and callbacks; undefined outside a run. */
export function currentExecution(): CurrentExecution | undefined {
  return runningExecution.getStore()
}

/** A run of an agent: its root span, its attempts, its place in the monitor, and the interface for the agent's code. */
export class Execution extends TimedRun implements CurrentExecution, Tracked {
  readonly agent: Agent
  series: AgentSeries
  readonly record: ExecutionRecord
  readonly span: GuardedSpan
  readonly context: unknown
  readonly previousErrors: unknown[] = []
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
  /** Set if a queue owns the retries. */
  readonly handover: AttemptHandover | undefined = undefined
  readonly #attemptOfCaller: number
  #state: Map<string, unknown> | undefined
  #signal: AbortSignal | undefined
  #attemptSpan: GuardedSpan | undefined
  #attemptStartedMs = 0
  /** Cost of the attempts that have ended. */
  #endedCostUsd = 0
  #finished = false

  constructor(agent: Agent, args: unknown[], clock: Clock, continuation?: ReadContinuation) {
    super(clock)
    followModelCalls(runningExecution)
    const { options } = agent
    this.agent = agent
    this.context = options.context
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
    if (continued) {
      this.attempt = continued.attempt - 1
      this.earlierSeconds = continued.startedAt === undefined ? 0 : msBetween(continued.startedAt, startedAt) / 1000
      this.#state = continued.earlier?.state
      takeEarlier(this, continued, startedAt)
    }
    this.span = startRootSpan(agent, id, this.series, continued?.spanPlace())
    if (continued) {
      this.handover = new AttemptHandover(this, continued)
      continued.calls.running = this
    }
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

  override get isHeld(): boolean {
    const isBetweenAttempts = this.attempt > 0 && this.#attemptSpan === undefined
    return isBetweenAttempts || super.isHeld
  }

  addTokens(tokens: Parameters<CurrentExecution['addTokens']>[0]): void {
    if (this.#isOpenTo('addTokens')) guarded('option', () => addManualTokens(this, tokens))
  }

  addCost(usd: number, of: Parameters<CurrentExecution['addCost']>[1] = {}): void {
    if (this.#isOpenTo('addCost')) guarded('option', () => addManualCost(this, usd, of))
  }

  addScore(name: string, score: number, of: Parameters<CurrentExecution['addScore']>[2] = {}): void {
    if (!this.#isOpenTo('addScore')) return
    guarded('option', () => emitEvaluation(this.span, { name, score, explanation: of.explanation, label: of.label }, this))
  }

  progress(note?: string): void {
    if (this.#isOpenTo('progress')) this.progressed('progress()', note === undefined ? undefined : noteOf(note))
  }

  pause(reason: string): Resume {
    if (!this.#isOpenTo('pause') || this.#isCalledByEarlierAttempt()) return resumable(() => {})
    return this.paused(noteOf(reason))
  }

  /** Sets the variant that a flag has chosen within the run, if it has none yet. */
  chooseVariant(choice: VariantChoice): void {
    if (this.#finished || this.series.variant !== undefined) return
    this.series = this.agent.withChoice(choice)
    const { variant } = this.series
    if (variant === undefined) return
    this.record.variant = variant
    setVariant(this.span, variant, this.series)
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
    if (this.#finished) return this.#toolCalledLate()
    this.progressed(`tool call started: ${name.slice(0, 100)}`)
    this.record.toolCalls += 1
    this.series.hasTools = true
    this.spent('toolCalls', 1)
  }

  /** The next attempt of a queue pays for what this one left behind. */
  #toolCalledLate(): void {
    if (!this.continued || !this.limits) return
    this.limits.spentLate('toolCalls', 1)
    this.handover?.used()
    this.continued.toolCalledLate()
  }

  /** Counts an amount in the budgets of the run and of the runs that it is part of. */
  spent(key: SpentKey, amount: number): void {
    this.limits?.spentToday(key, amount)
    this.limits?.spent(key, amount)
    this.handover?.used()
    let { parent } = this
    while (parent) {
      parent.limits?.spent(key, amount)
      parent.handover?.used()
      parent = parent.parent
    }
  }

  /**
   * Continues the attempt before, which another process may have made, if a queue owns the retries. Returns a promise, which never
   * rejects, if that takes time.
   */
  continueEarlier(): Promise<void> | undefined {
    return this.handover?.begin()
  }

  /** Compares the arguments of a tool call with those of earlier ones, if the run has a loop limit. */
  toolCompared(name: string, args: readonly unknown[]): void {
    if (!this.#finished) this.limits?.toolCalled(name, args)
  }

  /** Begins an attempt; `fallback` is the name of the alternative that it calls. */
  attemptStarted(signal: AbortSignal | undefined, fallback?: string): void {
    this.attempt += 1
    this.modelError = undefined
    this.firstCall = undefined
    this.limits?.attemptStarted()
    this.clearHolds()
    this.inferences?.attemptStarted()
    this.#signal = signal
    const nowMs = this.now()
    // A reading of a clock costs as much as the rest of this method: at the start of a run there is one of the same moment
    const isAtStart = this.attempt === 1 && !this.continued && nowMs - this.startedMs < 1
    const startedAt = isAtStart ? this.record.startedAt : this.clock.wallClock()
    if (fallback !== undefined) this.isFallback = true
    this.#attemptSpan = startAttempt(this, startedAt, fallback)
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
    const nowMs = this.now()
    const seconds = msBetween(this.#attemptStartedMs, nowMs) / 1000
    this.succeededMs = outcome === 'success' ? nowMs : 0
    this.clearHolds()
    attempt.durationSeconds = seconds
    attempt.outcome = outcome
    attempt.costUsd = this.record.costUsd - this.#endedCostUsd
    this.#endedCostUsd = this.record.costUsd
    if (outcome === 'failure') {
      failAttempt(this, attempt, span, error, errorType)
      this.previousErrors.push(error)
    }
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
    this.callersContinue()
    this.clearHolds()
    this.#finished = true
    const typed =
      ending.outcome === 'failure'
        ? { ...ending, errorType: ending.errorType ?? errorTypeOf(ending.error, this.inferences) }
        : ending
    this.attemptEnded(typed.outcome, typed.error, typed.errorType)
    if (this.continued?.calls.running === this) this.continued.calls.running = undefined
    const decision = this.continued?.decide(typed, failedOfQueue(this), this.agent.recovery())
    if (decision && (!decision.isEnd || this.continued?.hasEnded)) finishAttempt(this, decision)
    else finishExecution(this, decision?.ending ?? typed, decision?.isRetryable)
    // A run that starts another one and does not wait for it would otherwise keep all earlier ones in memory
    this.parent = undefined
    this.inferences?.release()
    if (decision && !decision.isEnd) {
      this.handover?.used()
      return holdForNext(this, this.continued!, this.#state)
    }
    this.continued?.end(typed.outcome)
    if (this.onceCalls) for (const calls of this.onceCalls.values()) guarded('option', () => calls.release())
  }

  /** Whether a queue makes another attempt after one that failed with `error`. */
  queueContinues(error: unknown): boolean {
    if (!this.continued) return false
    const failure = { outcome: 'failure', retryOutcome: 'exhausted', error } as const
    return !this.continued.decide(failure, failedOfQueue(this), this.agent.recovery()).isEnd
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
