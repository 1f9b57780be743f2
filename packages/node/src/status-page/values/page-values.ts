import type { AgentMetrics, ExecutionRecord, SystemHealth, Totals } from '@swarmwatch/sdk'

import type { CurrentAlert } from '../../alerts/start-alert-rules.ts'
import { historyMs, type Sample, sampleOf } from './history.ts'
import type { FilledSources } from './status-sources.ts'

/** Rows of the page, so that it stays short whatever the swarm does. */
export const mostRows = { running: 100, recent: 50, agents: 200 } as const

/** All that the page shows, as it was at one moment. */
export interface PageValues {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly health: SystemHealth
  readonly totals: Readonly<Totals>
  readonly agents: readonly AgentMetrics[]
  /** The oldest ones; `health.activeExecutions` is how many there are. */
  readonly running: readonly ExecutionRecord[]
  /** Newest first. */
  readonly recent: readonly ExecutionRecord[]
  /** Undefined where no rules are evaluated. */
  readonly alerts: readonly CurrentAlert[] | undefined
  /** The last one is of this moment, so that a chart never contradicts the figure above it. */
  readonly history: readonly Sample[]
}

/** Reads everything at one moment; the work is bounded whatever the swarm does. */
export function readPageValues({ health, metrics, active, alerts, now }: FilledSources, history: readonly Sample[]): PageValues {
  const { agents, recent, ...totals } = metrics({ recent: mostRows.recent })
  const [healthNow, atMs] = [health(), now()]
  return {
    atMs,
    health: healthNow,
    totals,
    agents,
    running: active({ limit: mostRows.running }).slice(0, mostRows.running),
    recent: recent.slice(0, mostRows.recent),
    alerts: alerts?.(),
    history: [...history.filter((sample) => sample.atMs > atMs - historyMs && sample.atMs < atMs), sampleOf(healthNow, atMs)],
  }
}
