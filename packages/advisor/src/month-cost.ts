import type { Augurs } from './forecast/augurs.ts'
import { forecastSeries } from './forecast/forecast-series.ts'
import { day, type HourlySeries, meanOf, week } from './forecast/models.ts'
import type { Interval, MonthCost } from './report/report.ts'

const days30 = 30 * 24

/**
 * Cost of the calendar month (UTC) and of the next 30 days: what was spent, and the forecast of the remaining hours with the rhythm of the
 * week. Undefined with less than two days of history.
 */
export async function monthCost(
  cost: HourlySeries,
  augurs: Augurs,
  { nowMs, budgetUsd }: { readonly nowMs: number; readonly budgetUsd: number | undefined },
): Promise<MonthCost | undefined> {
  const now = new Date(nowMs)
  const startHour = Date.UTC(now.getUTCFullYear(), now.getUTCMonth()) / 3_600_000
  const endHour = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) / 3_600_000
  const nextHour = cost.firstHour + cost.values.length
  const spentUsd = sumOf(cost.values.slice(Math.max(0, startHour - cost.firstHour)))
  const isFirstWeek = cost.values.length >= week && cost.values.length < 2 * week
  const forecast = isFirstWeek ? undefined : await forecastSeries(cost, augurs, { horizon: days30 })
  if (forecast === undefined && !isFirstWeek) return undefined
  const rest = Math.max(0, endHour - nextHour)
  const intervalOf = (hours: number): Interval => {
    if (forecast === undefined) return likeLastWeek(cost.values, hours)
    const [low, middle, high] = forecast.quantilesOf((values) => sumOf(values.slice(0, hours)), [0.05, 0.5, 0.95])
    return { low: low!, middle: middle!, high: high! }
  }
  const ofRest = rest === 0 ? { low: 0, middle: 0, high: 0 } : intervalOf(rest)
  return {
    month: now.toISOString().slice(0, 7),
    spentUsd,
    expectedUsd: { low: spentUsd + ofRest.low, middle: spentUsd + ofRest.middle, high: spentUsd + ofRest.high },
    next30DaysUsd: intervalOf(days30),
    budgetUsd,
  }
}

/** Each hour as a week ago, with the growth of the days. There is no second week to calibrate an interval with: 30 % to both sides. */
function likeLastWeek(values: Float64Array, hours: number): Interval {
  const last = values.slice(-week)
  const growth = growthOfDays(values)
  let middle = 0
  for (let hour = 0; hour < hours; hour++) middle += last[hour % week]! * Math.exp(growth * (1 + Math.floor(hour / week)))
  return { low: 0.7 * middle, middle, high: 1.3 * middle }
}

/** Distance of days from a line, as a share of the mean, from which on they are taken for the rhythm of the week. */
const alikeDays = 0.06

/** Growth of a week, as a logarithm, as far as it is no chance; as `swarm:cost_usd:growth_7d` of the alert rules knows it. */
function growthOfDays(values: Float64Array): number {
  const days = Array.from({ length: values.length - day + 1 }, (_, at) => sumOf(values.subarray(at, at + day)) / day)
  const middle = (days.length - 1) / 2
  const mean = meanOf(days)
  const squares = days.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
  const perHour = days.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0) / squares
  const explained = (perHour ** 2 * squares) / days.length
  const rest = Math.max(0, meanOf(days.map((value) => (value - mean) ** 2)) - explained)
  if (explained === 0 || rest >= (alikeDays * mean) ** 2) return 0
  const certain = Math.max(0, 1 - rest / explained / (days.length / day - 2))
  return (certain * perHour * week) / mean
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let hour = 0; hour < values.length; hour++) sum += values[hour]!
  return sum
}
