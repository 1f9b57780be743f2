import type { Augurs } from '../src/forecast/augurs.ts'
import { cleanHistory } from '../src/forecast/clean-history.ts'
import { week } from '../src/forecast/models.ts'
import { quantilesOfNextWeek } from '../src/forecast/next-week.ts'

/** Number of the next seven days that is forecast. */
export type Summary = (hours: Float64Array) => number

/** Executions of the busiest hour. */
export const peakOf: Summary = (hours) => hours.reduce((highest, value) => Math.max(highest, value), 0)
/** Executions of all hours. */
export const totalOf: Summary = (hours) => hours.reduce((total, value) => total + value, 0)

/** One forecast of a past week, and what came. */
export interface JudgedWeek {
  /** Whether what came is in the interval of 90 %, the only one that is shown. */
  readonly isInside: boolean
  /** High end less low end of the interval, divided by what came. */
  readonly width: number
  /** Distance of the middle from what came, as a logarithm, and that of the last week. */
  readonly error: number
  readonly errorOfLastWeek: number
}

/** Forecasts the seven days after hour `now` from at most eight weeks before it. */
export function judgeNextWeek(values: Float64Array, now: number, summary: Summary, augurs: Augurs): JudgedWeek {
  const history = values.slice(Math.max(0, now - 8 * week), now)
  const clean = cleanHistory({ firstHour: 4 * 24, values: history }, augurs)
  const probabilities = [0.05, 0.5, 0.95]
  const quantiles = quantilesOfNextWeek({ values: history, clean: clean.series.values, summary, probabilities })
  if (quantiles === undefined) throw new RangeError(`now must be at least three weeks, got hour ${now}`)
  const [low, middle, high] = quantiles as [number, number, number]
  const actual = summary(values.slice(now, now + week))
  const distance = (forecast: number): number => Math.abs(Math.log((forecast + 0.5) / (actual + 0.5)))
  return {
    isInside: actual >= low && actual <= high,
    width: (high - low) / actual,
    error: distance(middle),
    errorOfLastWeek: distance(summary(history.slice(-week))),
  }
}
