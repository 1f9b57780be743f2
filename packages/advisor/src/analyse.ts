import { setImmediate } from 'node:timers/promises'

import type { ModelPrice } from '@swarmwatch/config'

import type { AdvisorSettings } from './advisor-settings.ts'
import type { AdviceSources } from './advice/advice-finder.ts'
import { costPartsOf, findAdvice } from './advice/find-advice.ts'
import { openPrices } from './advice/model-prices.ts'
import { readUsageFacts } from './advice/usage-facts.ts'
import { planCapacity } from './capacity/capacity-plan.ts'
import { loadAugurs } from './forecast/augurs.ts'
import { type Forecast, forecastSeries } from './forecast/forecast-series.ts'
import { day, week } from './forecast/models.ts'
import { leastHoursOfWeek } from './forecast/next-week.ts'
import { filled, type FilledSeries, hourSeconds, lastHours, readHourly } from './history/hourly-history.ts'
import { monthCost } from './month-cost.ts'
import type { Prometheus } from './prometheus/prometheus-client.ts'
import type { Interval, Report, Signal, SignalForecast } from './report/report.ts'
import { label, selector, series } from './series.ts'

/** Settings that an analysis uses. */
export interface AnalysisSettings extends Pick<
  AdvisorSettings,
  'prometheusMatchers' | 'weeks' | 'workers' | 'concurrency' | 'monthlyBudgetUsd'
> {
  /** Whether Prophet takes part. It needs 100 MB more memory. @default false */
  readonly prophet?: boolean
  /** Prices of models in US dollars per million tokens. @default those of the price table */
  readonly prices?: Readonly<Record<string, ModelPrice>> | undefined
}

/** A forecast with the agent and the signal that it belongs to. */
export interface NamedForecast {
  readonly agentName: string | undefined
  readonly signal: Signal
  readonly forecast: Forecast
}

/** A report, and the forecasts that the exporter needs hour by hour. */
export interface Analysis {
  readonly report: Report
  readonly forecasts: readonly NamedForecast[]
}

/** Reads the history and forecasts it. Rejects with `PrometheusError`. */
export async function analyse(prometheus: Prometheus, settings: AnalysisSettings, nowMs: number = Date.now()): Promise<Analysis> {
  const augurs = await loadAugurs()
  const range = lastHours(nowMs / 1_000, settings.weeks * week)
  const matchers = settings.prometheusMatchers
  const queries: Readonly<Record<Signal, string>> = {
    executions: selector(series.executions, `${label.outcome}!="cancelled"`, matchers),
    cost_usd: selector(series.cost, matchers),
  }
  const forecasts: NamedForecast[] = []
  const rows: SignalForecast[] = []
  let seen = { hours: 0, gapHours: 0, agents: 0 }
  const hourly = new Map<string, Float64Array>()
  let month: Report['month']
  let lastPeakHour = Number.NaN
  for (const signal of ['executions', 'cost_usd'] as const) {
    const expr = `sum by (${label.agent}) (increase(${queries[signal]}[1h]))`
    const agents = filled(await readHourly(prometheus, expr, range, (labels) => labels[label.agent] || undefined))
    const longest = [...agents.values()].reduce((a, b) => (b.values.length > a.values.length ? b : a), noHistory)
    if (signal === 'executions') {
      seen = { hours: longest.values.length, gapHours: longest.gapHours, agents: agents.size }
      for (const [agentName, { values }] of agents) hourly.set(agentName, values.slice(-week))
      if (agents.size > 0) lastPeakHour = Math.max(...sumOf(agents).values.slice(-week))
    } else if (agents.size > 0) {
      month = await monthCost(sumOf(agents), augurs, { nowMs, budgetUsd: settings.monthlyBudgetUsd })
    }
    const all = [...agents].toSorted(([a], [b]) => a.localeCompare(b))
    for (const [agentName, own] of [...(all.length > 1 ? [[undefined, sumOf(agents)] as const] : []), ...all]) {
      // Requests, such as health checks, are answered in between
      await setImmediate()
      const forecast = await forecastSeries(own, augurs, {
        withProphet: settings.prophet === true && isImportant(agentName, agents.size),
      })
      if (forecast === undefined) continue
      forecasts.push({ agentName, signal, forecast })
      rows.push(rowOf({ agentName, signal, forecast }))
    }
  }
  const total = rows.find((row) => row.signal === 'executions' && (row.agentName === undefined || seen.agents === 1))
  const capacity = await planCapacity(prometheus, {
    peakHour: total?.peakHour,
    lastPeakHour,
    nowSeconds: nowMs / 1_000,
    matchers,
    workers: settings.workers,
    concurrency: settings.concurrency,
  })
  const weekHours = Math.min(week, seen.hours)
  const facts = await readUsageFacts(prometheus, lastHours(nowMs / 1_000, weekHours), matchers)
  const isEnough = seen.hours >= day
  const sources: AdviceSources = {
    facts,
    priceOf: await openPrices(settings.prices, new Date(nowMs)),
    hourly,
    perMonth: (30 * day) / Math.max(weekHours, 1),
  }
  const lastDay = isEnough ? await readUsageFacts(prometheus, lastHours(nowMs / 1_000, day), matchers) : undefined
  const report: Report = {
    at: new Date(nowMs).toISOString(),
    history: seen,
    notices: noticesOf(seen, settings),
    forecasts: rows,
    capacity,
    month,
    advice: lastDay === undefined ? [] : findAdvice(sources, lastDay),
    costParts: costPartsOf(facts),
  }
  return { report, forecasts }
}

/** Prophet keeps a megabyte of each fit and takes a tenth of a second for it: it forecasts all agents together. */
function isImportant(agentName: string | undefined, agents: number): boolean {
  return agentName === undefined || agents === 1
}

const noHistory: FilledSeries = { firstHour: 0, values: new Float64Array(0), gapHours: 0 }

/** All series added, from the first hour of the oldest one. */
function sumOf(agents: ReadonlyMap<string, FilledSeries>): FilledSeries {
  const all = [...agents.values()]
  const firstHour = Math.min(...all.map((one) => one.firstHour))
  const end = Math.max(...all.map((one) => one.firstHour + one.values.length))
  const values = new Float64Array(end - firstHour)
  for (const one of all) one.values.forEach((value, hour) => (values[one.firstHour - firstHour + hour]! += value))
  return { firstHour, values, gapHours: Math.max(...all.map((one) => one.gapHours)) }
}

function rowOf({ agentName, signal, forecast }: NamedForecast): SignalForecast {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)
  const max = (values: Float64Array): number => values.reduce((highest, value) => Math.max(highest, value), 0)
  const ofNextWeek = (summary: typeof sum): Interval | undefined => {
    const quantiles = forecast.quantilesOfNextWeek(summary, probabilities)
    return quantiles && intervalOf(quantiles)
  }
  const { error, history } = forecast
  return {
    agentName,
    signal,
    model: forecast.model,
    relativeError: error.baseline > 0 ? error.model / error.baseline : 1,
    baselineModel: error.baselineModel,
    next24Hours: intervalOf(forecast.quantilesOfSum(day, probabilities)),
    next7Days: ofNextWeek(sum),
    peakHour: ofNextWeek(max),
    change: history.change && {
      at: new Date(history.change.hour * hourSeconds * 1_000).toISOString(),
      ratio: history.change.ratio,
    },
  }
}

/** Of an interval of 90 %, and its middle. */
const probabilities = [0.05, 0.5, 0.95]

function intervalOf(quantiles: readonly number[]): Interval {
  const [low, middle, high] = quantiles
  return { low: low!, middle: middle!, high: high! }
}

function noticesOf({ hours, gapHours, agents }: Report['history'], { prometheusMatchers, weeks }: AnalysisSettings): string[] {
  if (agents === 0) {
    const time = weeks === 1 ? 'the last week' : `the last ${weeks} weeks`
    return prometheusMatchers === ''
      ? [`Prometheus has no executions of agents in ${time}: check PROMETHEUS_URL, and that agents send metrics.`]
      : [
          `Prometheus has no executions of agents with ${prometheusMatchers} in ${time}: correct PROMETHEUS_MATCHERS, or unset it to include all agents.`,
        ]
  }
  const days = Math.floor(hours / day)
  return [
    ...(hours < day ? ['Advice needs 24 hours of history.'] : []),
    ...(hours < 2 * day ? [`There are ${hours} hours of history; forecasts need 48.`] : []),
    ...(hours >= 2 * day && hours < leastHoursOfWeek
      ? [`There are ${days} days of history; forecasts of a week, peaks, workers and quotas need ${leastHoursOfWeek / day}.`]
      : []),
    ...(hours >= 2 * day && hours < week
      ? ['Less than a week of history shows no weekend: the cost of the month needs 7 days, and intervals are right less often.']
      : []),
    ...(gapHours > 0
      ? [`${gapHours} hours of the history have no data; they are filled from the same hours of other weeks.`]
      : []),
  ]
}
