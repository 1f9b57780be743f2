import type { Augurs } from './augurs.ts'
import { cleanHistory, type CleanHistory } from './clean-history.ts'
import { calibrationStarts, dailyErrors, type Origin } from './daily-errors.ts'
import {
  day,
  dayProfile,
  type ForecastModel,
  growingProfile,
  type HourlySeries,
  lastDay,
  lastWeek,
  mean,
  meanOf,
  mstlEts,
  prophet,
  recentMean,
  week,
  weekProfile,
} from './models.ts'
import { quantilesOfNextWeek } from './next-week.ts'
import { type Spread, spreadOf, studentQuantile } from './spread.ts'

/** Hours of history below which nothing is forecast. */
export const leastHours: number = 2 * day

/** A forecast of hourly values, with intervals that were calibrated on forecasts of the past. */
export interface Forecast {
  /** The model with the smallest error on the past of this series. */
  readonly model: string
  /** Hours of history behind it. */
  readonly historyHours: number
  /** First forecast hour, since 1970 (UTC). */
  readonly firstHour: number
  readonly point: Float64Array
  /** The value that each hour stays below with a probability from 0 to 1. */
  quantile(probability: number): Float64Array
  /** Quantiles of the sum of the first `hours`. */
  quantilesOfSum(hours: number, probabilities: readonly number[]): readonly number[]
  /** Quantiles of a number of the next seven days, such as their sum or their maximum; undefined with less than three weeks of history. */
  quantilesOfNextWeek(summary: (hours: Float64Array) => number, probabilities: readonly number[]): readonly number[] | undefined
  /** Mean absolute error of the past forecasts, of this model and of "each hour as a week (or a day) ago". */
  readonly error: { readonly model: number; readonly baseline: number; readonly baselineModel: string }
  readonly history: Pick<CleanHistory, 'outlierHours' | 'change'>
}

/** Options of {@link forecastSeries}. */
export interface ForecastOptions {
  /** Hours ahead. @default 168 */
  readonly horizon?: number
  /** Whether Prophet takes part; it needs 70 MB and a tenth of a second for each fit. @default false */
  readonly withProphet?: boolean
}

/** Forecasts a series; undefined with less than {@link leastHours} of history. */
export async function forecastSeries(
  series: HourlySeries,
  augurs: Augurs,
  { horizon = week, withProphet = false }: ForecastOptions = {},
): Promise<Forecast | undefined> {
  const { values } = series
  if (values.length < leastHours) return undefined
  const models = candidates(augurs, values.length, withProphet)
  const past = await backtest(models, series, horizon, augurs)
  const best = past.results.reduce((a, b) => (relativeError(b, past.baseline) < relativeError(a, past.baseline) ? b : a))
  const clean = cleanHistory(series, augurs)
  const forecast = await fit(best.model, clean.series, horizon)
  const spread = spreadOf(best.origins)
  const recent = await recentForecasts(best.model, series, augurs)
  const errors = recent ? dailyErrors(recent.origins, recent.stepHours, (value) => spread.scaleOf(value)) : spread
  const scale = forecast.map((value) => spread.scaleOf(value))
  // Whether work has a rhythm of the week is not known from one week: the interval contains both
  const weekAgo = values.length >= week && values.length < 2 * week ? await fit(lastWeek, series, horizon) : undefined
  const atLeast0 = (value: number): number => Math.max(0, value)
  return {
    model: best.model.name,
    historyHours: values.length,
    firstHour: series.firstHour + values.length,
    point: forecast,
    quantile: (probability) => {
      const ofDays = Array.from({ length: Math.ceil(horizon / day) }, (_, at) => {
        const error = errors.quantile(probability, at)
        if (probability > rare && probability < 1 - rare) return error
        // Three weeks have few rare errors: those of the other past forecasts count as well
        return probability < 0.5 ? Math.min(error, spread.quantile(probability)) : Math.max(error, spread.quantile(probability))
      })
      const limits = forecast.map((value, hour) => atLeast0(value + ofDays[Math.floor(hour / day)]! * scale[hour]!))
      if (weekAgo === undefined) return limits
      return limits.map((limit, hour) => {
        const error = ofDays[Math.floor(hour / day)]! * spread.scaleOf(weekAgo[hour]!)
        return outerOf(probability, limit, atLeast0(weekAgo[hour]! + error))
      })
    },
    quantilesOfSum: (hours, probabilities) => {
      // Of a day there are forecasts from each of the last weeks' days
      const past =
        hours <= day && recent
          ? { origins: recent.origins, degrees: recent.origins.length * Math.min(1, recent.stepHours / day) }
          : { origins: best.origins, degrees: best.origins.length }
      const ofSum = { hours, probabilities, spread, ...past }
      const quantiles = quantilesOfSum(forecast, ofSum)
      if (weekAgo === undefined) return quantiles
      const ofWeekAgo = quantilesOfSum(weekAgo, ofSum)
      return quantiles.map((value, at) => outerOf(probabilities[at]!, value, ofWeekAgo[at]!))
    },
    quantilesOfNextWeek: (summary, probabilities) =>
      quantilesOfNextWeek({ values, clean: clean.series.values, summary, probabilities }),
    error: {
      model: best.error,
      baseline: best.error / relativeError(best, past.baseline),
      baselineModel: past.baseline.model.name,
    },
    history: clean,
  }
}

/** Probabilities below this, and above 1 less this, are limits for alerts. */
const rare = 0.005

/** The value that is further from the middle; the middle itself remains that of the forecast. */
function outerOf(probability: number, value: number, other: number): number {
  if (probability === 0.5) return value
  return probability < 0.5 ? Math.min(value, other) : Math.max(value, other)
}

interface SumOfHours {
  readonly hours: number
  readonly probabilities: readonly number[]
  readonly spread: Spread
  readonly origins: readonly Origin[]
  /** Independent errors among those of the origins. */
  readonly degrees: number
}

/**
 * Quantiles of the sum of the first hours. Their middle is the sum of the forecast. Their spread is that of the same sums of past
 * forecasts, of as many hours as these have, with the tails of Student's t.
 */
function quantilesOfSum(
  forecast: Float64Array,
  { hours, probabilities, spread, origins, degrees }: SumOfHours,
): readonly number[] {
  const ahead = Math.min(hours, origins[0]!.actual.length)
  const known = origins.filter(({ actual }) => actual.length >= ahead)
  const errors = known.map((origin) => {
    const [mean, actual] = [meanOf(origin.forecast.subarray(0, ahead)), meanOf(origin.actual.subarray(0, ahead))]
    return (actual - mean) / spread.scaleOf(mean)
  })
  // A level that wanders is further away after a month than after the days of the past forecasts
  const further = spread.isWandering ? Math.sqrt(hours / ahead) : 1
  const mean = meanOf(forecast.subarray(0, hours))
  const deviation = further * Math.sqrt(meanOf(errors.map((error) => error ** 2))) * spread.scaleOf(mean)
  return probabilities.map((probability) => Math.max(0, hours * (mean + deviation * studentQuantile(probability, degrees))))
}

function candidates(augurs: Augurs, hours: number, withProphet: boolean): readonly ForecastModel[] {
  const all = [lastWeek, lastDay, mean, recentMean, dayProfile, weekProfile, growingProfile, mstlEts(augurs)]
  if (withProphet) all.push(prophet(augurs))
  return all.filter(({ needsHours }) => needsHours <= hours)
}

interface Backtested {
  readonly model: ForecastModel
  /** Mean absolute error. */
  readonly error: number
  /** The newest first. */
  readonly origins: readonly Origin[]
}

interface Backtest {
  readonly results: readonly Backtested[]
  readonly baseline: Backtested
}

/** Points of the past that are forecast from, and how far. */
function originsOf(length: number, horizon: number): { readonly starts: readonly number[]; readonly ahead: number } {
  const [least, ahead] =
    length >= 5 * week
      ? [2 * week, Math.min(horizon, week)]
      : length >= 2 * week
        ? [Math.max(week, Math.min(2 * week, length - week)), Math.min(horizon, 3 * day)]
        : [Math.floor(length / 2), Math.min(horizon, Math.max(12, Math.floor(length / 4)))]
  // Short histories have points that are closer to each other, because few of them show too little of the spread
  const count = length >= 2 * week ? 5 : 9
  const step = Math.min(ahead, Math.max(day / 4, Math.floor((length - least - ahead) / (count - 1))))
  const starts = Array.from({ length: count }, (_, at) => length - ahead - at * step)
  return { starts: starts.filter((start) => start >= least), ahead }
}

/** Forecasts the past from some points, each with the history before it only. */
async function backtest(
  models: readonly ForecastModel[],
  { firstHour, values }: HourlySeries,
  horizon: number,
  augurs: Augurs,
): Promise<Backtest> {
  const { starts, ahead } = originsOf(values.length, horizon)
  const histories = starts.map((start) => ({
    actual: values.slice(start, start + ahead),
    series: cleanHistory({ firstHour, values: values.slice(0, start) }, augurs).series,
  }))
  const results: Backtested[] = []
  let bestOfNewest = Number.POSITIVE_INFINITY
  for (const model of models) {
    const origins: Origin[] = []
    for (const { series, actual } of histories) {
      if (series.values.length < model.needsHours) continue
      origins.push({ forecast: await fit(model, series, ahead), actual })
      // A model that is clearly worse on the newest point is not fitted to the others, which saves most of the time
      if (errorOf(origins[0]!) > 1.15 * bestOfNewest && !isBaseline(model)) break
    }
    if (origins.length === 0) continue
    bestOfNewest = Math.min(bestOfNewest, errorOf(origins[0]!))
    if (origins.length >= Math.min(3, histories.length)) results.push({ model, origins, error: meanOf(origins.map(errorOf)) })
  }
  const baseline = results.find(({ model }) => model === lastWeek) ?? results.find(({ model }) => model === lastDay)!
  return { results, baseline }
}

function isBaseline(model: ForecastModel): boolean {
  return model === lastWeek || model === lastDay
}

/** How much smaller the error is than that of the baseline on the same points; a model that needs more history has fewer. */
function relativeError({ error, origins }: Backtested, baseline: Backtested): number {
  const same = meanOf(baseline.origins.slice(0, origins.length).map(errorOf))
  return same > 0 ? error / same : error === 0 ? 1 : Number.POSITIVE_INFINITY
}

/** A forecast that is never negative, never far outside of what was seen, and never fails. */
async function fit(model: ForecastModel, series: HourlySeries, horizon: number): Promise<Float64Array> {
  const highest = 4 * series.values.reduce((max, value) => Math.max(max, value), 0)
  try {
    const forecast = await model.forecast(series, horizon)
    if (forecast.length === horizon && forecast.every(Number.isFinite)) {
      return forecast.map((value) => Math.min(Math.max(value, 0), highest))
    }
  } catch {
    // A model that finds no solution is judged by the simplest forecast
  }
  return Float64Array.from(await mean.forecast(series, horizon))
}

function errorOf({ forecast, actual }: Origin): number {
  return meanOf(forecast.map((value, hour) => Math.abs(value - actual[hour]!)))
}

/** Forecasts of each day of the last weeks, as far as their future is known; undefined if the history is too short for some. */
async function recentForecasts(
  model: ForecastModel,
  { firstHour, values }: HourlySeries,
  augurs: Augurs,
): Promise<{ readonly origins: readonly Origin[]; readonly stepHours: number } | undefined> {
  const isShort = values.length < 2 * week
  const stepHours = model.isSlow === true ? 2 * day : isShort ? day / 2 : day
  const least = isShort ? 3 * day : week
  const starts = calibrationStarts(values.length, Math.max(least, model.needsHours), stepHours)
  if (starts.length < leastCalibrations) return undefined
  const origins: Origin[] = []
  for (const start of starts) {
    const actual = values.slice(start, start + week)
    const { series } = cleanHistory({ firstHour, values: values.slice(0, start) }, augurs)
    origins.push({ forecast: await fit(model, series, actual.length), actual })
  }
  return { origins, stepHours }
}

/** Past forecasts below which a calibration would be chance. */
const leastCalibrations = 5
