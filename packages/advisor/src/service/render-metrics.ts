import { week } from '../forecast/models.ts'
import { hourSeconds } from '../history/hourly-history.ts'
import type { NamedForecast } from '../analyse.ts'
import { adviceKinds } from '../report/report.ts'
import type { AdvisorState } from './advisor-state.ts'

/** Quantiles of the cost of the month: the median and a 90 % interval. */
const quantiles = [0.05, 0.5, 0.95] as const
/**
 * Quantiles of forecasts: also those beyond which nearly no error of past forecasts was, for alerts. Forecasts from less than two weeks
 * of history do not know the rhythm of a week, and have only the others: the first Saturday of an agent is no alert.
 */
const forecastQuantiles = [0.001, ...quantiles, 0.999] as const

/** Value of `agent_name` where no agent is known; an empty one would be no label. */
const allAgents = '(all)'

interface Gauge {
  readonly name: string
  readonly help: string
  readonly type?: 'gauge' | 'counter'
  readonly points: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
}

/** The state in the text format of Prometheus. A report that is older than 12 hours is left out, because its forecasts may be wrong. */
export function renderMetrics(state: AdvisorState, nowMs: number): string {
  const isFresh = state.madeAtMs !== undefined && nowMs - state.madeAtMs < 12 * 3_600_000
  return [...gaugesOfService(state), ...(isFresh ? gaugesOfReport(state, nowMs) : [])].map(textOf).join('')
}

function gaugesOfService({ runs, failures, madeAtMs }: AdvisorState): readonly Gauge[] {
  return [
    { name: 'advisor_analyses_total', help: 'Analyses, failed ones included.', type: 'counter', points: [[{}, runs]] },
    { name: 'advisor_failed_analyses_total', help: 'Analyses that failed.', type: 'counter', points: [[{}, failures]] },
    {
      name: 'advisor_last_analysis_timestamp_seconds',
      help: 'Time of the last analysis that succeeded; 0 before the first one.',
      points: [[{}, (madeAtMs ?? 0) / 1_000]],
    },
    { name: 'process_resident_memory_bytes', help: 'Memory of this process.', points: [[{}, process.memoryUsage.rss()]] },
  ]
}

function gaugesOfReport({ analysis }: AdvisorState, nowMs: number): readonly Gauge[] {
  const { report, forecasts } = analysis!
  const bandsOf = (chosen: readonly NamedForecast[]): Gauge['points'] =>
    chosen.flatMap(({ agentName, signal, forecast }) =>
      (forecast.historyHours < 2 * week ? quantiles : forecastQuantiles).flatMap((quantile) => {
        const value = ofTrailingHour(forecast.quantile(quantile), forecast.firstHour, nowMs)
        const labels = { ...(agentName !== undefined && { agent_name: agentName }), signal, quantile: String(quantile) }
        return value === undefined ? [] : [[labels, value] as const]
      }),
    )
  const ofAgents = forecasts.filter(({ agentName }) => agentName !== undefined)
  const { month, capacity, advice } = report
  const found = new Map(advice.map((one) => [JSON.stringify([one.advice, one.agentName ?? allAgents]), one.usdPerMonth]))
  // Zeros, so that a finding that was fixed is seen as fixed
  for (const kind of adviceKinds) if (!advice.some((one) => one.advice === kind)) found.set(JSON.stringify([kind, allAgents]), 0)
  return [
    {
      name: 'agent_forecast',
      help: 'Forecast of the last 60 minutes of an agent, by signal: executions, cost_usd.',
      points: bandsOf(ofAgents),
    },
    {
      name: 'swarm_forecast',
      help: 'Forecast of the last 60 minutes of all agents, by signal: executions, cost_usd.',
      points: bandsOf(forecasts.length > ofAgents.length ? forecasts.filter((one) => !ofAgents.includes(one)) : ofAgents).map(
        ([{ agent_name: _, ...labels }, value]) => [labels, value] as const,
      ),
    },
    {
      name: 'swarm_capacity_headroom_ratio',
      help: 'Free share of a resource at the predicted peak of the next 7 days (95 % quantile); below 0 it is too small.',
      points: capacity.resources.map(({ resource, headroomRatio }) => [{ resource }, headroomRatio]),
    },
    {
      name: 'swarm_capacity_needed',
      help: 'Amount of a resource that the predicted peak of the next 7 days needs (95 % quantile).',
      points: capacity.resources.map(({ resource, needed }) => [{ resource }, needed.high]),
    },
    {
      name: 'swarm_advice_usd_per_month',
      help: 'US dollars a month that a finding would save; 0 for kinds without a finding.',
      points: [...found].map(([key, usd]) => {
        const [kind, agentName] = JSON.parse(key) as [string, string]
        return [{ advice: kind, agent_name: agentName }, usd]
      }),
    },
    {
      name: 'swarm_cost_month_usd',
      help: 'Expected cost of the calendar month (UTC), by quantile.',
      points:
        month === undefined
          ? []
          : ([month.expectedUsd.low, month.expectedUsd.middle, month.expectedUsd.high] as const).map(
              (value, index) => [{ quantile: String(quantiles[index]) }, value] as const,
            ),
    },
  ]
}

/**
 * The forecast of the 60 minutes before now, which lie in two hours of the forecast. Undefined after its last hour; the hour before its
 * first one counts as the first one.
 */
function ofTrailingHour(values: Float64Array, firstHour: number, nowMs: number): number | undefined {
  const at = nowMs / 1_000 / hourSeconds - firstHour
  const current = Math.floor(at)
  const part = at - current
  const now = values[current]
  if (now === undefined) return undefined
  const before = values[Math.max(0, current - 1)]!
  return part * now + (1 - part) * before
}

function textOf({ name, help, type = 'gauge', points }: Gauge): string {
  const lines = points.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
  })
  return points.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
