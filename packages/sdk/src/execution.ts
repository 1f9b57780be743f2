import type { AttributeValue } from '@opentelemetry/api'

import type { AgentSeries } from './agent-series.ts'
import type { Agent } from './agent.ts'
import { boundedErrorType } from './bounded-error-type.ts'
import { addCost, addTokens } from './consumption.ts'
import type { CurrentExecution } from './current-execution.ts'
import { newExecutionId } from './execution-id.ts'
import { finishExecution, type Ending } from './finish-execution.ts'
import { newAttempt, newRecord, type AttemptRecord, type ExecutionRecord, type Tracked } from './monitor/execution-record.ts'
import { attribute, spanName, type Outcome } from './names.ts'
import { notify } from './on-execution.ts'
import { processWide } from './process-wide.ts'
import { messageOf } from './telemetry/content.ts'
import { guarded, trip } from './telemetry/guard.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'
import { add, instruments, record } from './telemetry/instruments.ts'
import { msBetween, type World } from './world.ts'

/** One run of an agent: its root span, its attempts, its place in the monitor, and what the agent's code sees of it. */
export class Execution implements CurrentExecution, Tracked {
  readonly agent: Agent
  readonly world: World
  readonly series: AgentSeries
  readonly record: ExecutionRecord
  readonly span: GuardedSpan
  readonly startedMs: number
  readonly context: unknown
  readonly previousErrors: unknown[] = []
  /** Seconds really waited before attempt 2, 3, ... */
  readonly waits: number[] = []
  earlier: Tracked | undefined = undefined
  later: Tracked | undefined = undefined
  order = 0
  attempt = 0
  /** Why the last call of a model in this attempt failed, where a library keeps that from who reads its stream. */
  modelError: { readonly error: unknown } | undefined = undefined
  #state: Map<string, unknown> | undefined
  #signal: AbortSignal | undefined
  #attemptSpan: GuardedSpan | undefined
  #attemptStartedMs = 0
  #finished = false

  constructor(agent: Agent, args: unknown[], world: World) {
    const { options } = agent
    this.agent = agent
    this.world = world
    this.series = agent.seriesFor(args)
    this.context = options.context
    this.startedMs = world.now()
    const { variant } = this.series
    this.record = newRecord(newExecutionId(), agent.name, variant, world.wallClock(), parentOf())
    this.span = GuardedSpan.start(spanName.agent(agent.name), {
      ...agent.attributes,
      [attribute.executionId]: this.record.id,
      ...(variant !== undefined && { [attribute.variant]: variant }),
    })
    this.record.traceId = this.span.recordedTraceId()
    add(instruments().activeExecutions, 1, this.series.agent)
    processWide.monitor.started(this)
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

  get signal(): AbortSignal {
    return (this.#signal ??= new AbortController().signal)
  }

  get finished(): boolean {
    return this.#finished
  }

  addTokens(tokens: { input?: number | undefined; output?: number | undefined; model?: string | undefined }): void {
    if (this.#isOpenTo('addTokens')) guarded('option', () => addTokens(this, tokens))
  }

  addCost(usd: number, of: { model?: string | undefined } = {}): void {
    if (this.#isOpenTo('addCost')) guarded('option', () => addCost(this, usd, of.model))
  }

  setAttribute(key: string, value: AttributeValue): void {
    if (this.#isOpenTo('setAttribute')) this.span.set(key, value)
  }

  toolCalled(): void {
    if (!this.#finished) this.record.toolCalls += 1
  }

  elapsedSeconds(): number {
    return msBetween(this.startedMs, this.world.now()) / 1000
  }

  /** Says that the next attempt begins in `seconds`. */
  waiting(seconds: number): void {
    processWide.monitor.changed(this.record, 'waiting')
    this.record.nextAttemptAt = this.world.wallClock() + seconds * 1000
    notify('waiting', this.record)
  }

  /** Records back-off that was really waited, whether an attempt followed or not. */
  waited(seconds: number): void {
    this.waits.push(seconds)
    processWide.monitor.changed(this.record, 'running')
    this.record.nextAttemptAt = undefined
    record(instruments().retryWait, seconds, this.series.agent)
  }

  attemptStarted(signal: AbortSignal | undefined): void {
    this.attempt += 1
    this.modelError = undefined
    this.#signal = signal
    const waitSeconds = this.waits.at(-1) ?? 0
    this.record.attempts.push(newAttempt(this.attempt, this.world.wallClock(), waitSeconds))
    this.#attemptSpan = GuardedSpan.start(
      spanName.attempt(this.attempt),
      // With a gen_ai attribute of its own, or a filter for such spans (Langfuse has one) takes the parent away from the model calls
      { [attribute.attemptNumber]: this.attempt, [attribute.genAiAgentName]: this.agent.name },
      this.span.context,
    )
    if (this.attempt > 1) {
      this.#attemptSpan.set(attribute.retryWait, waitSeconds)
      add(instruments().retries, 1, { ...this.series.agent, [attribute.errorType]: this.record.attempts.at(-2)?.errorType })
    }
    this.#attemptStartedMs = this.world.now()
  }

  /** Calls `call` as part of the attempt under way: its span is active and `currentExecution()` is this run. */
  within<T>(call: () => T, span: GuardedSpan = this.#attemptSpan ?? this.span): T {
    return processWide.running.run(this, callWithin<T>, span, call)
  }

  /** {@link within} for calls that belong to the attempt under way now, even when it has ended. */
  scope(): <T>(call: () => T) => T {
    const span = this.#attemptSpan ?? this.span
    return (call) => this.within(call, span)
  }

  /** Ends the attempt under way; `errorType` is its word where the error itself does not say why it failed. */
  attemptEnded(outcome: Outcome, error?: unknown, errorType?: string): void {
    const attempt = this.record.attempts.at(-1)
    const span = this.#attemptSpan
    if (!attempt || !span) return
    this.#attemptSpan = undefined
    const seconds = msBetween(this.#attemptStartedMs, this.world.now()) / 1000
    attempt.durationSeconds = seconds
    attempt.outcome = outcome
    if (outcome === 'failure') this.#attemptFailed(attempt, span, error, errorType)
    span.end()
    record(instruments().attemptDuration, seconds, this.series.attempt[outcome])
  }

  /** Ends the run; later calls change nothing. */
  finish(ending: Ending): void {
    if (this.#finished) return
    this.#finished = true
    this.attemptEnded(ending.outcome, ending.error, ending.errorType)
    finishExecution(this, ending)
  }

  /** An ended span takes nothing more; counters and record must not contradict it, so they take nothing more either. */
  #isOpenTo(method: string): boolean {
    if (this.#finished) trip('option', Object.assign(new Error(`${method}() after the run ended`), { name: 'AfterEndError' }))
    return !this.#finished
  }

  #attemptFailed(attempt: AttemptRecord, span: GuardedSpan, error: unknown, errorType = boundedErrorType(error)): void {
    const message = messageOf(error, this.agent.options.errorMessages)
    attempt.errorType = errorType
    attempt.errorMessage = message
    span.fail(attempt.errorType, message)
    this.previousErrors.push(error)
  }
}

/** Id of the execution that the calling code belongs to; work that a finished execution left behind has no parent. */
function parentOf(): string | undefined {
  const parent = processWide.running.getStore()
  return parent === undefined || parent.finished ? undefined : parent.id
}

// Not a closure: it is called once or more for every run
function callWithin<T>(span: GuardedSpan, call: () => T): T {
  return span.within(call)
}
