import { ActiveRuns } from './active-runs.ts'
import type { ExecutionRecord, Tracked } from './execution-record.ts'
import { SlidingWindow } from './sliding-window.ts'

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
  readonly tokens: { input: number; output: number }
  costUsd: number
}

/** Totals, sliding window and runs under way of one agent, or of all together (which lists no runs). */
export class AgentStatistics {
  readonly totals: Totals = {
    executions: 0,
    failures: 0,
    cancelled: 0,
    retries: 0,
    recovered: 0,
    tokens: { input: 0, output: 0 },
    costUsd: 0,
  }
  readonly active: ActiveRuns<Tracked> = new ActiveRuns<Tracked>()
  window: SlidingWindow

  constructor(windowSeconds: number) {
    this.window = new SlidingWindow(windowSeconds)
  }

  /** Adds a finished execution to the totals. */
  count(record: ExecutionRecord): void {
    const { totals } = this
    totals.retries += Math.max(0, record.attempts.length - 1)
    totals.tokens.input += record.inputTokens
    totals.tokens.output += record.outputTokens
    totals.costUsd += record.costUsd
    if (record.retryOutcome === 'recovered') totals.recovered += 1
    if (record.outcome === 'cancelled') {
      totals.cancelled += 1
      return
    }
    totals.executions += 1
    if (record.outcome === 'failure') totals.failures += 1
  }

  /** Adds a finished execution to the sliding window, unless it was cancelled. */
  observe({ outcome, durationSeconds }: ExecutionRecord, nowMs: number): void {
    if (outcome !== 'cancelled') this.window.record(nowMs, outcome === 'success', durationSeconds ?? 0)
  }
}
