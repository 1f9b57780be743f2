import type { AgentSeries } from '../agent-series.ts'
import type { Outcome, RetryOutcome } from '../names.ts'

/** One call of the agent's function. */
export interface AttemptRecord {
  /** From 1. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Waited before it. */
  readonly waitSeconds: number
  durationSeconds?: number
  outcome?: Outcome
  errorType?: string
  /** Redacted and cut; absent with `errorMessages: false`. */
  errorMessage?: string
}

/** One run of an agent, as pages and listeners see it. It holds neither arguments nor results. */
export interface ExecutionRecord {
  readonly id: string
  readonly agentName: string
  readonly variant?: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  state: 'running' | 'waiting' | 'finished'
  /** While waiting: when the next attempt begins, in milliseconds since 1970. */
  nextAttemptAt?: number
  readonly attempts: AttemptRecord[]
  outcome?: Outcome
  retryOutcome?: RetryOutcome
  durationSeconds?: number
  errorType?: string
  errorMessage?: string
  inputTokens: number
  outputTokens: number
  costUsd: number
  toolCalls: number
}

/** A run under way and the label set it is counted under. */
export interface Tracked {
  readonly record: ExecutionRecord
  readonly series: AgentSeries
}

/** A copy that later events do not change. */
export function snapshot(record: ExecutionRecord): ExecutionRecord {
  return { ...record, attempts: record.attempts.map((attempt) => ({ ...attempt })) }
}
