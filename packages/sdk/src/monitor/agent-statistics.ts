import type { ExecutionRecord } from './execution-record.ts'
import { SlidingWindow } from './sliding-window.ts'
import { UsualDuration } from './usual-duration.ts'

/** Sums since the process began. */
export interface Totals {
  /** Finished runs that succeeded or failed. */
  executions: number
  failures: number
  cancelled: number
  /** Attempts after the first. */
  retries: number
  /** Runs that succeeded after at least one failed attempt. */
  recovered: number
  readonly tokens: {
    /** Cached ones included. */
    input: number
    output: number
    /** The part of `input` that a cache of the provider served. */
    cachedInput: number
  }
  /** US dollars of the model calls whose cost is known. */
  costUsd: number
  /** Model calls whose cost is unknown and not in `costUsd`: their model has no price, or their answer had no usage. */
  unpricedCalls: number
  /** Model calls that were seen. A call that its client repeated after a failure is one call. */
  modelCalls: number
  /** HTTP requests of the model calls. */
  httpTries: number
  /** Tool calls that were answered with the result of an earlier call (`once`). */
  reusedToolCalls: number
}

/** A run in progress and the label set it is counted under. */
export interface Tracked extends Linked<Tracked> {
  readonly record: ExecutionRecord
  readonly series: { readonly agentName: string }
  /** Whether it makes no progress for a good reason: it is paused or waits, or a run that it called does. */
  readonly isHeld: boolean
  /** Its last step, without notes of `progress()`. */
  readonly lastStep: string
  /** Rises with every run that starts, so that runs of several agents can be put in order; set by the monitor. */
  order: number
}

/** Totals, sliding window and runs in progress of one agent, or of all together (which lists no runs). */
export class AgentStatistics {
  readonly totals: Totals = {
    executions: 0,
    failures: 0,
    cancelled: 0,
    retries: 0,
    recovered: 0,
    tokens: { input: 0, output: 0, cachedInput: 0 },
    costUsd: 0,
    unpricedCalls: 0,
    modelCalls: 0,
    httpTries: 0,
    reusedToolCalls: 0,
  }
  readonly active: ActiveRuns<Tracked> = new ActiveRuns<Tracked>()
  window: SlidingWindow
  readonly usual: UsualDuration = new UsualDuration()

  constructor(windowSeconds: number) {
    this.window = new SlidingWindow(windowSeconds)
  }

  /** Adds a finished execution to the totals; of one that its queue continues, only its attempt. */
  count(record: ExecutionRecord, retries: number = Math.max(0, record.attempts.length - 1)): void {
    const { totals } = this
    totals.retries += retries
    totals.tokens.input += record.inputTokens
    totals.tokens.output += record.outputTokens
    totals.tokens.cachedInput += record.cachedInputTokens
    totals.costUsd += record.costUsd
    totals.unpricedCalls += record.unpricedCalls
    totals.modelCalls += record.modelCalls
    totals.httpTries += record.httpTries
    totals.reusedToolCalls += record.reusedToolCalls
    if (record.retryOutcome === 'recovered') totals.recovered += 1
    if (record.outcome === undefined) return
    if (record.outcome === 'cancelled') {
      totals.cancelled += 1
      return
    }
    totals.executions += 1
    if (record.outcome === 'failure') totals.failures += 1
  }

  /** Adds a finished execution to the sliding window, unless it was cancelled. */
  observe({ outcome, durationSeconds }: ExecutionRecord, nowMs: number, bucket: number): void {
    if (outcome === 'success' && durationSeconds !== undefined) this.usual.add(bucket, nowMs)
    if (outcome !== 'cancelled') this.window.record(nowMs, outcome === 'success', durationSeconds, bucket)
  }
}

/** Something in {@link ActiveRuns}; only they may change the links. */
export interface Linked<Run> {
  earlier: Run | undefined
  later: Run | undefined
}

/**
 * The runs in progress, oldest first; each costs the same however many there are.
 *
 * Not a Set: V8 copies a Set's table again and again while its members come and go, and a table that has grown old keeps alive what it
 * held until the next full collection. With 100 runs at once a small collection took ten times as long, and a run cost a quarter more.
 */
export class ActiveRuns<Run extends Linked<Run>> {
  #oldest: Run | undefined
  #newest: Run | undefined
  #size = 0

  /** The first of the list; `later` leads to the next. */
  get oldest(): Run | undefined {
    return this.#oldest
  }

  get size(): number {
    return this.#size
  }

  add(run: Run): void {
    run.earlier = this.#newest
    if (this.#newest) this.#newest.later = run
    else this.#oldest = run
    this.#newest = run
    this.#size += 1
  }

  /** Has no effect if it is not in the list. */
  delete(run: Run): void {
    if (run.earlier === undefined && this.#oldest !== run) return
    if (run.earlier) run.earlier.later = run.later
    else this.#oldest = run.later
    if (run.later) run.later.earlier = run.earlier
    else this.#newest = run.earlier
    // One that is gone must not keep others alive
    run.earlier = undefined
    run.later = undefined
    this.#size -= 1
  }
}
