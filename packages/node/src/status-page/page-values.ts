import {
  type ActiveExecutionsOptions,
  type ExecutionMetrics,
  type ExecutionRecord,
  getActiveExecutions,
  getExecutionMetrics,
  getSystemHealth,
  type SystemHealth,
} from '@swarmwatch/sdk'

import type { CurrentAlert } from '../alerts/start-alert-rules.ts'
import { historyMs, type Sample } from './chart.ts'
import { chartedValues, type FigureSource } from './figures.ts'

/** Rows of each table at most, so that the page stays short whatever the swarm does. */
export const maxRows = { running: 100, recent: 50, agents: 200 } as const

/** Everything that the page shows, read at one moment. */
export interface PageValues extends FigureSource {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** The oldest ones; `health.activeExecutions` is how many there are. */
  readonly running: readonly ExecutionRecord[]
  /** Newest first. */
  readonly recent: readonly ExecutionRecord[]
  /** Undefined where no rules are evaluated. */
  readonly alerts: readonly CurrentAlert[] | undefined
  /** The last one is of this moment, so that a chart never contradicts the figure above it. */
  readonly history: readonly Sample[]
}

/** Reads everything at one moment, with a bounded amount of work. */
export function readPageValues({ health, metrics, active, alerts, now }: FilledSources, history: readonly Sample[]): PageValues {
  const { agents, recent, ...totals } = metrics({ recent: maxRows.recent })
  const [source, atMs] = [{ health: health(), totals, agents }, now()]
  return {
    ...source,
    atMs,
    running: active({ limit: maxRows.running }).slice(0, maxRows.running),
    recent: recent.slice(0, maxRows.recent),
    alerts: alerts?.(),
    history: [
      ...history.filter((sample) => sample.atMs > atMs - historyMs && sample.atMs < atMs),
      { atMs, values: chartedValues(source) },
    ],
  }
}

/** The sources of the page's values. */
export interface StatusSources {
  /** @default getSystemHealth */
  readonly health?: () => SystemHealth
  /** @default getExecutionMetrics */
  readonly metrics?: (options: { readonly recent: number; readonly agentName?: string | undefined }) => ExecutionMetrics
  /** At most `limit` of the oldest. @default getActiveExecutions */
  readonly active?: (options: ActiveExecutionsOptions) => readonly ExecutionRecord[]
  /** Worst first; `alertRules.current`. Without it the page shows that no rules are evaluated. */
  readonly alerts?: (() => readonly CurrentAlert[]) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** The sources with their defaults. */
export type FilledSources = Required<StatusSources>

/** The sources, with the functions of the SDK as defaults. */
export function filledSources({
  health = getSystemHealth,
  metrics = getExecutionMetrics,
  active = getActiveExecutions,
  alerts,
  now = () => Date.now(),
}: StatusSources): FilledSources {
  return { health, metrics, active, alerts, now }
}

/** The values for the figures now. The sums of all agents are read only when a figure asks for them. */
export function figureSource({ health, metrics }: FilledSources): FigureSource {
  let read: ExecutionMetrics | undefined
  const sums = (): ExecutionMetrics => (read ??= metrics({ recent: 0 }))
  return {
    health: health(),
    get totals() {
      const { agents: _, recent: __, ...totals } = sums()
      return totals
    },
    get agents() {
      return sums().agents
    },
  }
}
