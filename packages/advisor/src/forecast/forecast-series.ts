import type { Augurs } from './augurs.ts'
import { cleanHistory, type CleanHistory } from './clean-history.ts'
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
  week,
  weekProfile,
} from './models.ts'

/** Hours of history below which nothing is forecast. */
export const leastHours: number = 2 * day

/** A forecast of hourly values, with intervals that were calibrated on forecasts of the past. */
export interface Forecast {
  /** The model with the smallest error on the past of this series. */
  readonly model: string
  /** First forecast hour, since 1970 (UTC). */
  readonly firstHour: number
  readonly point: Float64Array
  /** The value that each hour stays below with a probability from 0 to 1. */
  quantile(probability: number): Float64Array
  /** The probabilities' quantiles of a function of all hours, such as their sum or their maximum. */
  quantilesOf(summary: (hours: Float64Array) => number, probabilities: readonly number[]): readonly number[]
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
  /** @default a fixed sequence, so that the same history has the same forecast */
  readonly random?: () => number
}

/** Forecasts a series; undefined with less than {@link leastHours} of history. */
export async function forecastSeries(
  series: HourlySeries,
  augurs: Augurs,
  { horizon = week, withProphet = false, random = fixedRandom() }: ForecastOptions = {},
): Promise<Forecast | undefined> {
  const { values } = series
  if (values.length < leastHours) return undefined
  const models = candidates(augurs, values.length, withProphet)
  const past = await backtest(models, series, horizon, augurs)
  const best = past.results.reduce((a, b) => (relativeError(b, past.baseline) < relativeError(a, past.baseline) ? b : a))
  const clean = cleanHistory(series, augurs)
  const forecast = await fit(best.model, clean.series, horizon)
  const spread = calibrated(best.origins)
  const scale = forecast.map((value) => spread.scaleOf(value))
  const atLeast0 = (value: number): number => Math.max(0, value)
  return {
    model: best.model.name,
    firstHour: series.firstHour + values.length,
    point: forecast,
    quantile: (probability) => {
      const error = spread.quantile(probability)
      return forecast.map((value, hour) => atLeast0(value + error * scale[hour]!))
    },
    quantilesOf: (summary, probabilities) =>
      summarized(forecast, { summary, probabilities, spread, origins: best.origins, random }),
    error: {
      model: best.error,
      baseline: best.error / relativeError(best, past.baseline),
      baselineModel: past.baseline.model.name,
    },
    history: clean,
  }
}

interface Summarized {
  readonly summary: (hours: Float64Array) => number
  readonly probabilities: readonly number[]
  readonly spread: Spread
  readonly origins: readonly Origin[]
  readonly random: () => number
}

/**
 * Quantiles of a summary of all hours. The expected value comes from simulated paths; its bias and its spread come from
 * the past forecasts as far as there are enough of them, and from the paths otherwise.
 */
function summarized(forecast: Float64Array, { summary, probabilities, spread, origins, random }: Summarized): readonly number[] {
  const drawn = (values: Float64Array, count: number): Float64Array =>
    Float64Array.from({ length: count }, () => {
      const errors = spread.path(values.length, random)
      return summary(values.map((value, hour) => Math.max(0, value + errors[hour]! * spread.scaleOf(value))))
    }).toSorted()
  const draws = drawn(forecast, 300)
  const middle = sortedQuantile(draws, 0.5)
  const least = 0.01 * middle + 1e-9
  const log = (value: number): number => Math.log(value + least)
  const ofPaths = (log(sortedQuantile(draws, 0.84)) - log(sortedQuantile(draws, 0.16))) / 2
  const misses = origins.map(({ forecast: past, actual }) => log(summary(actual)) - log(sortedQuantile(drawn(past, 100), 0.5)))
  const count = misses.length
  const bias = (meanOf(misses) * count) / (count + 1)
  const variance = misses.reduce((sum, miss) => sum + (miss - bias) ** 2, 0)
  const deviation = Math.sqrt(((variance + pathWeight * ofPaths ** 2) / (count + pathWeight)) * (1 + 1 / (count + 1)))
  const tails = Float64Array.from({ length: 4_000 }, () => student(count + pathWeight, random)).toSorted()
  return probabilities.map((probability) => {
    return Math.max(0, Math.exp(log(middle) + bias + deviation * sortedQuantile(tails, probability)) - least)
  })
}

/** The paths count as much as this number of past forecasts. */
const pathWeight = 3

function candidates(augurs: Augurs, hours: number, withProphet: boolean): readonly ForecastModel[] {
  const all = [lastWeek, lastDay, mean, dayProfile, weekProfile, growingProfile, mstlEts(augurs)]
  if (withProphet) all.push(prophet(augurs))
  return all.filter(({ needsHours }) => needsHours <= hours)
}

/** A forecast of the past: what was forecast, and what came. */
interface Origin {
  readonly forecast: Float64Array
  readonly actual: Float64Array
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

/** Errors of past forecasts, divided by a scale that grows with the forecast value. */
interface Spread {
  scaleOf(value: number): number
  quantile(probability: number): number
  /** Errors of consecutive hours, drawn in days of one past forecast, so that they belong together. */
  path(hours: number, random: () => number): Float64Array
}

/** Conformal: the quantiles of the relative errors of the past are those of the future. */
function calibrated(origins: readonly Origin[]): Spread {
  const level = meanOf(origins.map(({ actual }) => meanOf(actual)))
  const power = powerOf(origins, level)
  const scaleOf = (value: number): number => (value + 0.05 * level + 1e-9) ** power
  const errors = origins.map(({ forecast, actual }) => forecast.map((value, hour) => (actual[hour]! - value) / scaleOf(value)))
  const sorted = Float64Array.from(errors.flatMap((one) => [...one])).toSorted()
  const means = errors.map((one) => meanOf(one))
  const count = means.length
  // The level of a week ahead is known from a few weeks only: their spread, as Student's t has it
  const levelSpread = Math.sqrt(meanOf(means.map((value) => value * value)) * (1 + 1 / count))
  // Errors of forecasts of three days are a little smaller than those of a week
  const widen = (origins[0]?.actual.length ?? 0) < week ? 1.05 : 1
  const width = sortedQuantile(sorted, 0.75) - sortedQuantile(sorted, 0.25)
  return {
    scaleOf,
    quantile: (probability) => widen * sortedQuantile(sorted, probability),
    path(hours, random) {
      const level = levelSpread * student(Math.max(count, 3), random)
      const path = new Float64Array(hours)
      for (let hour = 0; hour < hours; hour += day) {
        const origin = Math.floor(random() * count)
        const own = errors[origin]!
        const days = Math.max(1, Math.floor(own.length / day))
        const from = Math.floor(random() * days) * day
        for (let at = 0; at < day && hour + at < hours; at++) {
          // Smoothed, because the highest error of a few weeks is not the highest one there can be
          path[hour + at] = level + own[(from + at) % own.length]! - means[origin]! + 0.2 * width * normal(random)
        }
      }
      return path
    },
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function student(degrees: number, random: () => number): number {
  let chiSquared = 0
  for (let at = 0; at < degrees; at++) chiSquared += normal(random) ** 2
  return normal(random) / Math.sqrt(chiSquared / degrees)
}

/** Slope of the size of the errors over the value, both as logarithms: 0.5 for independent runs, 1 for bursts. */
function powerOf(origins: readonly Origin[], level: number): number {
  let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0]
  for (const { forecast, actual } of origins) {
    forecast.forEach((value, hour) => {
      const x = Math.log(value + 0.05 * level + 1e-9)
      const y = Math.log(Math.abs(actual[hour]! - value) + 0.01 * level + 1e-9)
      n++
      sx += x
      sy += y
      sxx += x * x
      sxy += x * y
    })
  }
  const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
  return Number.isFinite(slope) ? Math.min(Math.max(slope, 0), 1) : 0.5
}

function sortedQuantile(sorted: ArrayLike<number>, probability: number): number {
  const at = probability * (sorted.length - 1)
  const low = Math.floor(at)
  const from = sorted[low]!
  return from + (at - low) * ((sorted[low + 1] ?? from) - from)
}

/** A sequence of numbers from 0 to 1 that is always the same (mulberry32). */
export function fixedRandom(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
