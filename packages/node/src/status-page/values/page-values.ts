import type { AgentMetrics, ExecutionRecord, SystemHealth, Totals } from '@swarmwatch/sdk'

import type { CurrentAlert } from '../../alerts/start-alert-rules.ts'
import type { Sample } from './history.ts'
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
  readonly running: readonly ExecutionRecord[]
  /** Newest first. */
  readonly recent: readonly ExecutionRecord[]
  /** Undefined where no rules are evaluated. */
  readonly alerts: readonly CurrentAlert[] | undefined
  readonly history: readonly Sample[]
}

/** Reads everything at one moment. */
export function readPageValues({ health, metrics, active, alerts, now }: FilledSources, history: readonly Sample[]): PageValues {
  const { agents, recent, ...totals } = metrics({ recent: mostRows.recent })
  return {
    atMs: now(),
    health: health(),
    totals,
    agents,
    running: active(),
    recent: recent.slice(0, mostRows.recent),
    alerts: alerts?.(),
    history,
  }
}
