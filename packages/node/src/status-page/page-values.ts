import {
  type ActiveExecutionsOptions,
  type AgentMetrics,
  type ExecutionMetrics,
  type ExecutionRecord,
  getActiveExecutions,
  getExecutionMetrics,
  getSystemHealth,
  type SystemHealth,
  type Totals,
} from '@swarmwatch/sdk'

import type { CurrentAlert } from '../alerts/start-alert-rules.ts'

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

/** Where the page takes its values from. */
export interface StatusSources {
  /** @default getSystemHealth */
  readonly health?: () => SystemHealth
  /** @default getExecutionMetrics */
  readonly metrics?: (options: { readonly recent: number; readonly agentName?: string | undefined }) => ExecutionMetrics
  /** At most `limit` of the oldest. @default getActiveExecutions */
  readonly active?: (options: ActiveExecutionsOptions) => readonly ExecutionRecord[]
  /** Worst first; `alertRules.current`. Without it the page says that no rules are evaluated. */
  readonly alerts?: (() => readonly CurrentAlert[]) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** The sources with their defaults. */
export type FilledSources = Required<StatusSources>

/** The sources with the SDK's functions where nothing else was given. */
export function filledSources({
  health = getSystemHealth,
  metrics = getExecutionMetrics,
  active = getActiveExecutions,
  alerts,
  now = () => Date.now(),
}: StatusSources): FilledSources {
  return { health, metrics, active, alerts, now }
}

/** What the charts draw. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly score: number
  readonly errorRate: number | undefined
  readonly p95Seconds: number | undefined
  readonly activeAgents: number
}

/** How far back the charts go. */
export const historyMs: number = 15 * 60 * 1000

/** What the charts draw of a health. */
function sampleOf({ score, errorRate, p95Seconds, activeAgents }: SystemHealth, atMs: number): Sample {
  return { atMs, score, errorRate, p95Seconds, activeAgents }
}

/** The samples of the last 15 minutes, oldest first, in bounded memory. */
export class History {
  readonly #samples: Sample[] = []
  readonly #most: number

  constructor(everyMs: number) {
    this.#most = Math.ceil(historyMs / everyMs) + 1
  }

  add(health: SystemHealth, atMs: number): void {
    // A clock that was set back takes the samples of its future with it
    while (this.#samples.length > 0 && this.#samples.at(-1)!.atMs >= atMs) this.#samples.pop()
    this.#samples.push(sampleOf(health, atMs))
    if (this.#samples.length > this.#most) this.#samples.shift()
  }

  samples(): readonly Sample[] {
    const newest = this.#samples.at(-1)
    return newest ? this.#samples.filter(({ atMs }) => atMs > newest.atMs - historyMs) : []
  }
}
