import { isSpanContextValid, trace, type Context, type Link, type SpanContext } from '@opentelemetry/api'

import { boundedErrorName } from '../bounded-names.ts'
import type { Clock } from '../clock.ts'
import { isRetryable } from '../errors/error-type.ts'
import type { AttemptRecord, ExecutionRecord } from '../monitor/execution-record.ts'
import { monitor } from '../monitor/monitor.ts'
import { otherError, type Outcome } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { nextStep, type ModelFailure, type NextStep } from '../recovery/next-step.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { guarded, trip } from '../telemetry/guard.ts'
import { activeContext } from '../telemetry/guarded-span.ts'
import type { BudgetUse } from './budget.ts'
import type { Continuation, FailedInvocation } from './continuation.ts'
import { ContinuedCalls, releaseAll, type Releasable } from './continued-calls.ts'
import type { ReadContinuation } from './read-continuation.ts'
import type { Ending, EndOfAttempt } from './run-ending.ts'

/** Everything that a process keeps of an execution between two of its attempts. */
export interface HeldRun {
  /** Milliseconds since 1970; undefined if unknown. */
  readonly startedAt: number | undefined
  /** By the clock of the run. */
  readonly endedMs: number
  /** The last ones. */
  readonly attempts: readonly AttemptRecord[]
  readonly errors: readonly unknown[]
  readonly waits: readonly number[]
  readonly state: Map<string, unknown> | undefined
  /** Set if it has a budget. */
  readonly use: BudgetUse | undefined
  /** Of all attempts that this process has seen. */
  readonly costUsd: number
  readonly span: SpanContext | undefined
  /** Calls of once tools in durable stores. */
  readonly onceCalls: readonly Releasable[]
  /** Shown until the next attempt starts. */
  readonly record: ExecutionRecord
}

interface Held extends HeldRun {
  readonly calls: ContinuedCalls
}

/** More would only be forgotten in another order: an execution that another process continues never returns. */
const mostHeld = 5000
const mostEnded = 10_000
/** Attempts, errors and the like that are kept of one execution. */
const mostOfEach = 100

const kept = processWide('continued-runs/2', () => ({
  held: new Map<string, Held>(),
  /** Of invocations in progress, for another one at the same time. */
  calls: new Map<string, ContinuedCalls>(),
  ended: new Set<string>(),
}))

/** A failed attempt, as far as its next step depends on it. */
export interface FailedOfQueue {
  readonly attempt: number
  readonly elapsedSeconds: number
  readonly wallClockMs: number
  readonly earlierErrors: readonly unknown[]
  readonly modelFailure: ModelFailure | undefined
  /** Whether a budget or a loop limit ended it. */
  readonly isStopped: boolean
  /** Whether it called a fallback. */
  readonly isFallback: boolean
}

/** The part that a queue has in a run: one invocation of the agent is one attempt. */
export class ContinuedRun {
  readonly executionId: string
  /** The number of this attempt. */
  readonly attempt: number
  /** When the first attempt started, in milliseconds since 1970; undefined if unknown. */
  readonly startedAt: number | undefined
  /** The earlier attempts, as far as this process has seen them. */
  readonly earlier: HeldRun | undefined
  /** The step after the last failed attempt, as recovery in this process decides. */
  next: { readonly error: unknown; readonly step: NextStep } | undefined = undefined
  /** Within the limits of the label. */
  readonly previousErrorType: string
  readonly calls: ContinuedCalls
  /** Returns the number of an attempt among those of all invocations. */
  readonly numbered: (attempt: number) => number
  readonly #key: string
  readonly #isFinal: Continuation['isFinal']
  readonly #parent: SpanContext | undefined

  constructor(
    { executionId, attempt, isFinal, firstStartedAt, previousErrorType, parent }: ReadContinuation,
    agentName: string,
    clock: Clock,
  ) {
    this.executionId = executionId
    this.attempt = attempt
    this.#key = `${agentName}\n${executionId}`
    this.#isFinal = isFinal
    this.#parent = parent
    const earlier = kept.held.get(this.#key)
    this.earlier = earlier
    if (earlier) {
      kept.held.delete(this.#key)
      monitor.continued(earlier.record)
    }
    this.calls = earlier?.calls ?? kept.calls.get(this.#key) ?? new ContinuedCalls()
    kept.calls.set(this.#key, this.calls)
    const numbered = this.calls.invoked()
    this.numbered = (of) => numbered(of - attempt)
    const now = clock.wallClock()
    const known = firstStartedAt ?? earlier?.startedAt ?? (attempt === 1 ? now : undefined)
    // The clock of another machine may be ahead
    this.startedAt = known === undefined ? undefined : Math.min(known, now)
    this.previousErrorType = boundedErrorName(previousErrorType ?? earlier?.attempts.at(-1)?.errorType ?? otherError)
  }

  /** Whether there were attempts that this process does not know. */
  get hasUnseenAttempts(): boolean {
    return (this.earlier?.attempts.length ?? 0) < Math.min(this.attempt - 1, mostOfEach)
  }

  /** Whether this process has already counted the success of the execution: its queue has delivered the job again. */
  get hasEnded(): boolean {
    return kept.ended.has(this.#key)
  }

  /** The trace that its root span belongs to, and the spans that it is linked to. */
  spanPlace(): { readonly parent: Context; readonly links: Link[] } {
    const active = activeContext()
    const links: SpanContext[] = []
    const current = guarded('span', () => trace.getSpanContext(active))
    // The span in which the queue's worker runs belongs to a trace of its own
    if (this.#parent && current && isSpanContextValid(current) && current.traceId !== this.#parent.traceId) links.push(current)
    if (this.earlier?.span) links.push(this.earlier.span)
    return {
      parent: this.#parent ? trace.setSpanContext(active, this.#parent) : active,
      links: links.map((context) => ({ context })),
    }
  }

  /** Decides whether the end of the invocation is the end of the execution, or whether its queue continues. */
  decide(ending: Ending, failed: FailedOfQueue, settings: EffectiveRecovery): EndOfAttempt {
    const { error } = ending
    if (ending.outcome === 'success') {
      const retryOutcome = this.attempt > 1 ? 'recovered' : 'first_try'
      return { isEnd: true, ending: { ...ending, retryOutcome }, isRetryable: false }
    }
    // Its reader left the stream, without an error for the queue
    if (ending.outcome === 'cancelled' && error === undefined) return { isEnd: true, ending, isRetryable: false }
    if (ending.retryOutcome === 'aborted') return this.#decided(ending, true, undefined)
    // Fallbacks are tried after the final failure of the agent itself: theirs changes nothing about that
    if (failed.isFallback) return { isEnd: true, ending, isRetryable: false }
    const known = this.next && this.next.error === error ? this.next.step : undefined
    const step = failed.isStopped ? hopeless : (known ?? stepAfter(error, failed, settings))
    if (step.retry) return this.#decided(ending, true, step.waitSeconds)
    // A later attempt may pass a retry budget or a breaker that refused this one
    const isRefused = step.outcome === 'rejected' || ending.retryOutcome === 'rejected'
    return this.#decided({ ...ending, retryOutcome: step.outcome, because: step.because }, isRefused, undefined)
  }

  /** Keeps what a later attempt in this process needs. */
  hold(run: HeldRun): void {
    const earlierCalls = this.earlier?.onceCalls ?? []
    this.#leave()
    kept.held.delete(this.#key)
    kept.held.set(this.#key, {
      ...run,
      calls: this.calls,
      attempts: run.attempts.slice(-mostOfEach),
      errors: run.errors.slice(-mostOfEach),
      waits: run.waits.slice(-mostOfEach),
      onceCalls: [...earlierCalls, ...run.onceCalls].slice(-mostOfEach),
    })
    if (kept.held.size <= mostHeld) return
    const [oldest, dropped] = kept.held.entries().next().value!
    kept.held.delete(oldest)
    dropped.calls.end()
    releaseAll(dropped.onceCalls)
  }

  /**
   * Counts a tool call of code that this invocation left behind: in the invocation in progress, otherwise in the next one. Not after the
   * end of the execution.
   */
  toolCalledLate(): void {
    const held = kept.held.get(this.#key)
    if (this.calls.running) this.calls.running.spent('toolCalls', 1)
    else if (held?.use && held.calls === this.calls)
      kept.held.set(this.#key, { ...held, use: { ...held.use, toolCalls: held.use.toolCalls + 1 } })
  }

  /** Forgets the earlier attempts, and remembers that the execution has succeeded. Another one may be queued again by hand. */
  end(outcome: Outcome): void {
    this.#leave()
    this.calls.end()
    if (this.earlier) releaseAll(this.earlier.onceCalls)
    // An invocation of the same attempt that ran at the same time
    const other = kept.held.get(this.#key)
    if (other) {
      kept.held.delete(this.#key)
      monitor.continued(other.record)
      releaseAll(other.onceCalls)
    }
    if (outcome !== 'success') return
    kept.ended.add(this.#key)
    if (kept.ended.size > mostEnded) kept.ended.delete(kept.ended.values().next().value!)
  }

  /** A later invocation finds the calls where the run is held; after the end, it is another execution. */
  #leave(): void {
    if (kept.calls.get(this.#key) === this.calls) kept.calls.delete(this.#key)
  }

  #decided(ending: Ending, isRetryable: boolean, waitSeconds: number | undefined): EndOfAttempt {
    const isEnd = this.#isLast({ error: ending.error, isRetryable })
    return { isEnd, ending: isEnd ? ending : { ...ending, retryOutcome: 'continued' }, isRetryable, waitSeconds }
  }

  #isLast(failure: FailedInvocation): boolean {
    const isFinal = this.#isFinal
    if (typeof isFinal === 'boolean') return isFinal
    const answer: unknown = guarded('option', () => isFinal(failure))
    if (typeof answer === 'boolean') return answer
    trip('option', new TypeError('isFinal() must return a boolean'))
    return false
  }
}

const hopeless: NextStep = { retry: false, outcome: 'not_retryable' }

/** The step that recovery in this process would take, were there no limit of attempts: the queue has its own. */
function stepAfter(error: unknown, { attempt, ...failed }: FailedOfQueue, settings: EffectiveRecovery): NextStep {
  const unlimited = { ...settings, maxRetries: Number.POSITIVE_INFINITY }
  try {
    return nextStep({ error, attempt, ...failed }, unlimited)
  } catch (thrown) {
    // Thrown by the user's retryIf
    trip('option', thrown)
    return nextStep({ error, attempt, ...failed }, { ...unlimited, retryIf: isRetryable })
  }
}
