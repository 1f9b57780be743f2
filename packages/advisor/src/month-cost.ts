import type { Augurs } from './forecast/augurs.ts'
import { forecastSeries } from './forecast/forecast-series.ts'
import { day, type HourlySeries, meanOf, week } from './forecast/models.ts'
import type { Interval, MonthCost } from './report/report.ts'

const days30 = 30 * 24

/**
 * Cost of the calendar month (UTC) and of the next 30 days: what was spent, and the forecast of the remaining hours with the rhythm of the
 * week. Undefined with less than a week of history, which may show no weekend.
 */
export async function monthCost(
  cost: HourlySeries,
  augurs: Augurs,
  { nowMs, budgetUsd }: { readonly nowMs: number; readonly budgetUsd: number | undefined },
): Promise<MonthCost | undefined> {
  if (cost.values.length < week) return undefined
  const now = new Date(nowMs)
  const startHour = Date.UTC(now.getUTCFullYear(), now.getUTCMonth()) / 3_600_000
  const endHour = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) / 3_600_000
  const nextHour = cost.firstHour + cost.values.length
  const spentUsd = sumOf(cost.values.slice(Math.max(0, startHour - cost.firstHour)))
  const forecast = cost.values.length < 2 * week ? undefined : await forecastSeries(cost, augurs, { horizon: days30 })
  const rest = Math.max(0, endHour - nextHour)
  const intervalOf = (hours: number): Interval => {
    if (forecast === undefined) return likeLastWeek(cost.values, hours)
    const [low, middle, high] = forecast.quantilesOfSum(hours, [0.05, 0.5, 0.95])
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
const alikeDays = 0.04
/** Most growth of a week, as a logarithm, that is continued: 2 % a day. */
const mostGrowth = 0.14

/** Growth of a week, as a logarithm, as far as it is no chance; as `swarm:cost_usd:growth_7d` of the alert rules knows it. */
function growthOfDays(values: Float64Array): number {
  const days = meansOf(values, day)
  const count = (days.length - 1) / day + 0.25
  const middle = (days.length - 1) / 2
  const mean = meanOf(values.subarray(-week))
  const meanDay = meanOf(days)
  const squares = days.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
  const perHour = days.reduce((sum, value, at) => sum + (at - middle) * (value - meanDay), 0) / squares
  const rest = Math.max(0, varianceOf(days) - (perHour ** 2 * squares) / days.length)
  if (perHour === 0 || rest >= (alikeDays * mean) ** 2) return 0
  // Few days can be near a line by chance; quarters of days are four times as many, and neighbours resemble each other: 20 % more
  const quarters = meansOf(values, day / 4)
  const fromYesterday = quarters.slice(day).map((value, at) => value - quarters[at]!)
  const dayVariance = Math.max((rest * count) / (count - 2), (1.2 / 2 / 4) * varianceOf(fromYesterday.slice(-6 * day)))
  const change = perHour * week
  const certain = Math.max(0, 1 - (2 * 12 * 7 ** 2 * dayVariance) / count ** 3 / change ** 2)
  return Math.min(mostGrowth, Math.max(-mostGrowth, (certain * change) / mean))
}

/** The means of as many values before each. */
function meansOf(values: Float64Array, length: number): number[] {
  return Array.from({ length: values.length - length + 1 }, (_, at) => meanOf(values.subarray(at, at + length)))
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return meanOf(values.map((value) => (value - mean) ** 2))
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let hour = 0; hour < values.length; hour++) sum += values[hour]!
  return sum
}
