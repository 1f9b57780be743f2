import { join } from 'node:path'

import { crowdedPrometheus } from './crowded-prometheus.ts'
import { inlineRecordings } from './inline-recordings.ts'
import { root } from './stack-files.ts'
import { basicAuth } from './run-engines.ts'
import { buildDashboard } from '../src/dashboards/build-dashboard.ts'
import { dashboardPlans } from '../src/dashboards/dashboard-plans.ts'
import { placed } from '../src/dashboards/layout.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

/** A query of a board. */
export interface BoardQuery {
  readonly panel: string
  readonly expr: string
  readonly isInstant: boolean
  readonly isCollapsed: boolean
}

/** A board with all its queries. */
export interface BoardQueries {
  readonly title: string
  readonly hours: number
  readonly refresh: string
  readonly queries: readonly BoardQuery[]
}

const settings = readMixinSettings(join(root, 'config/production.yaml'))

/** Environments with the same agents. */
export const fleetNames = ['production', 'staging'] as const

/** The queries of each board, row by row. */
export function queriesOfBoards(): readonly BoardQueries[] {
  return dashboardPlans(settings).map((plan) => ({
    title: plan.title,
    hours: plan.hours,
    refresh: buildDashboard(plan).refresh ?? '',
    queries: placed(plan.rows).flatMap(({ panels, isCollapsed }) =>
      panels.flatMap(({ panel }) =>
        Object.entries(panel.queries).map(([name, { expr }]) => ({
          panel: panel.title,
          expr: expr.replaceAll('${agent:regex}', plan.agents === 'one' ? 'agent-01' : '.*'),
          isInstant:
            (panel.shows === 'number' && !panel.hasTrend) || (panel.shows === 'table' && !(`Trend #${name}` in panel.columns)),
          isCollapsed,
        })),
      ),
    ),
  }))
}

/** Cost of a query as Prometheus reports it. */
export interface Cost {
  readonly samples: number
  readonly milliseconds: number
}

/** A Prometheus with fleets of agents and eight days of history. */
export interface Crowd {
  /** Sends a query as Grafana does; returns its cost as Prometheus reports it. */
  ask(query: BoardQuery, hours: number): Promise<Cost>
  close(): Promise<void>
}

const withPast = [
  'agent:executions:rate5m',
  'agent:failures:rate5m',
  'agent:error_ratio:rate5m',
  'agent:cost_usd:increase1h',
  'swarm:executions:rate5m',
  'swarm:cost_usd:increase1h',
]

export async function openCrowd(agents: number): Promise<Crowd> {
  const fleets = fleetNames.map((environment) => ({ environment, agents }))
  const crowd = await crowdedPrometheus(fleets, { past: inlineRecordings(ruleFiles(settings), withPast) })
  const address = await crowd.prometheus.url(9090)
  return {
    close: () => crowd.close(),
    async ask({ expr, isInstant }, hours) {
      const end = Math.floor(Date.now() / 1000)
      const seconds = hours * 3_600
      const step = Math.max(15, Math.ceil(seconds / 600))
      const variables: Readonly<Record<string, string>> = {
        __rate_interval: `${Math.max(60, step + 15)}s`,
        __range: `${seconds}s`,
        runbooks: '',
      }
      const query = expr.replaceAll(/\$([a-z_]\w*)/g, (_, name: string) => variables[name] ?? '.*')
      const parameters = isInstant
        ? { query, time: String(end), stats: 'all' }
        : { query, start: String(end - seconds), end: String(end), step: String(step), stats: 'all' }
      const path = `${isInstant ? 'query' : 'query_range'}?${new URLSearchParams(parameters).toString()}`
      const response = await fetch(`${address}/api/v1/${path}`, { headers: { authorization: basicAuth } })
      const { data, error } = (await response.json()) as { data?: { stats: Stats }; error?: string }
      if (data === undefined) throw new Error(`${error}: ${query}`)
      const { samples, timings } = data.stats
      return { samples: samples.totalQueryableSamples, milliseconds: timings.evalTotalTime * 1000 }
    },
  }
}

interface Stats {
  readonly timings: { readonly evalTotalTime: number }
  readonly samples: { readonly totalQueryableSamples: number }
}
