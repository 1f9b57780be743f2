import { msBetween, type Clock } from '../clock.ts'
import type { ExecutionRecord } from '../monitor/execution-record.ts'
import type { ModelFailure } from '../recovery/next-step.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import { type AgentSeries, instruments, record } from '../telemetry/instruments.ts'
import type { BudgetUse } from './budget.ts'
import type { ContinuedRun, FailedOfQueue, HeldRun } from './continued-run.ts'

/** A run whose retries a queue owns, as far as it is handed from one attempt to the next. */
interface QueuedRun {
  readonly clock: Clock
  readonly startedMs: number
  readonly record: ExecutionRecord
  readonly span: GuardedSpan
  readonly series: AgentSeries
  readonly attempt: number
  readonly isFallback: boolean
  readonly previousErrors: unknown[]
  readonly waits: number[]
  readonly inferences: { readonly lastFailure: ModelFailure | undefined } | undefined
  readonly limits: { readonly error: unknown; use(): BudgetUse } | undefined
  readonly onceCalls: ReadonlyMap<object, HeldRun['onceCalls'][number]> | undefined
  elapsedSeconds(): number
}

/** Adds what this process knows of the earlier attempts to a run that continues them; `now` is in milliseconds since 1970. */
export function takeEarlier(run: QueuedRun, { earlier }: ContinuedRun, now: number): void {
  run.record.lastProgressAt = now
  if (!earlier) return
  run.record.attempts.push(...earlier.attempts)
  run.previousErrors.push(...earlier.errors)
  const waitedSeconds = msBetween(earlier.endedMs, run.startedMs) / 1000
  run.waits.push(...earlier.waits, waitedSeconds)
  record(instruments().retryWait, waitedSeconds, run.series.agent)
}

/** Returns the part of a failed attempt that decides whether the queue continues. */
export function failedOfQueue(run: QueuedRun): FailedOfQueue {
  const { attempt, clock, previousErrors, inferences, limits } = run
  return {
    attempt,
    elapsedSeconds: run.elapsedSeconds(),
    wallClockMs: clock.wallClock(),
    earlierErrors: previousErrors.slice(0, -1),
    modelFailure: inferences?.lastFailure,
    isStopped: limits?.error !== undefined,
    isFallback: run.isFallback,
  }
}

/** Keeps what the next attempt needs, if it is made in this process. */
export function holdForNext(run: QueuedRun, continued: ContinuedRun, state: HeldRun['state']): void {
  continued.hold({
    startedAt: continued.startedAt,
    endedMs: run.clock.now(),
    attempts: run.record.attempts,
    errors: run.previousErrors,
    waits: run.waits,
    state,
    use: run.limits?.use(),
    costUsd: run.record.costUsd + (continued.earlier?.costUsd ?? 0),
    span: run.span.spanContext(),
    onceCalls: [...(run.onceCalls?.values() ?? [])],
    record: run.record,
  })
}
