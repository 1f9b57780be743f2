import type { Augurs } from './augurs.ts'
import { cleanHistory, type CleanHistory } from './clean-history.ts'
import { calibrationStarts, dailyErrors, type Origin, sortedQuantile } from './daily-errors.ts'
import { fixedRandom } from './fixed-random.ts'
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
  /** The probabilities' quantiles of a function of all hours, such as the sum of some. */
  quantilesOf(summary: (hours: Float64Array) => number, probabilities: readonly number[]): readonly number[]
  /** The same for the next seven days, such as their sum or their maximum; undefined with less than three weeks of history. */
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
      if (weekAgo === undefined || probability === 0.5) return limits
      const outer = probability < 0.5 ? Math.min : Math.max
      return limits.map((limit, hour) => {
        const error = ofDays[Math.floor(hour / day)]! * spread.scaleOf(weekAgo[hour]!)
        return atLeast0(outer(limit, weekAgo[hour]! + error))
      })
    },
    quantilesOf: (summary, probabilities) =>
      summarized(forecast, { summary, probabilities, spread, origins: best.origins, recent: recent?.origins ?? [], random }),
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

interface Summarized {
  readonly summary: (hours: Float64Array) => number
  readonly probabilities: readonly number[]
  readonly spread: Spread
  /** The past forecasts by which the model was chosen. */
  readonly origins: readonly Origin[]
  /** Forecasts of each day of the last weeks; those of a whole horizon are judged as well. */
  readonly recent: readonly Origin[]
  readonly random: () => number
}

/**
 * Quantiles of a summary of all hours. The expected value comes from simulated paths; its bias and its spread come from
 * the past forecasts as far as there are enough of them, and from the paths otherwise.
 */
function summarized(
  forecast: Float64Array,
  { summary, probabilities, spread, origins, recent, random }: Summarized,
): readonly number[] {
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
  const missOf = ({ forecast: past, actual }: Origin): number => log(summary(actual)) - log(sortedQuantile(drawn(past, 100), 0.5))
  const misses = origins.map(missOf)
  const count = misses.length
  // A few misses to one side are hardly a bias: a level that rose for some weeks may fall
  const bias = spread.isWandering ? 0 : (meanOf(misses) * count) / (count + 5)
  // The model was chosen because it was right about these: on other days it is less so
  const others = recent.filter(({ actual }) => actual.length >= forecast.length).map(missOf)
  const squares = (of: readonly number[]): number => of.reduce((sum, miss) => sum + (miss - bias) ** 2, 0)
  const variance = Math.max(squares(misses), others.length === 0 ? 0 : (squares(others) * count) / others.length)
  // A level that wanders is further away after a week than after the three days of past forecasts in a short history
  const further = spread.isWandering ? Math.sqrt(Math.max(1, forecast.length / origins[0]!.actual.length)) : 1
  // Paths keep one level for all hours, so they show too little of one that wanders
  const paths = spread.isWandering ? 0 : pathWeight
  const deviation = further * Math.sqrt(((variance + paths * ofPaths ** 2) / (count + paths)) * (1 + 1 / (count + 1)))
  return probabilities.map((probability) => {
    return Math.max(0, Math.exp(log(middle) + bias + deviation * studentQuantile(probability, count + paths)) - least)
  })
}

/** The paths count as much as this number of past forecasts. */
const pathWeight = 3

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
