import type { Augurs } from './augurs.ts'

/** Hours of a day and of a week. */
export const day = 24
export const week = 168

/** Hourly values without gaps; `firstHour` counts from 1970 (UTC). */
export interface HourlySeries {
  readonly firstHour: number
  readonly values: Float64Array
}

/** A way to forecast hourly values. */
export interface ForecastModel {
  readonly name: string
  /** Hours of history below which it is not tried. */
  readonly needsHours: number
  /** Whether a fit takes tens of milliseconds. @default false */
  readonly isSlow?: boolean
  /** The next `horizon` hours after the series; a failure rejects. */
  forecast(series: HourlySeries, horizon: number): Float64Array | Promise<Float64Array>
}

/** The model that a better one has to beat: each hour as one week ago, or as one day ago while there are no two weeks. */
export const lastWeek: ForecastModel = {
  name: 'last week',
  needsHours: week,
  forecast: ({ values }, horizon) => repeated(values, horizon, week),
}

/** Each hour as one day ago. */
export const lastDay: ForecastModel = {
  name: 'last day',
  needsHours: day,
  forecast: ({ values }, horizon) => repeated(values, horizon, day),
}

/** The mean of all hours, for series without a rhythm. */
export const mean: ForecastModel = {
  name: 'mean',
  needsHours: day,
  forecast: ({ values }, horizon) => new Float64Array(horizon).fill(meanOf(values.slice(-4 * week))),
}

/** The mean of the last day, for a level that wanders without a rhythm. */
export const recentMean: ForecastModel = {
  name: 'mean of the last day',
  needsHours: day,
  forecast: ({ values }, horizon) => new Float64Array(horizon).fill(meanOf(values.slice(-day))),
}

/** The mean of the same hour of the day, at the level of the last day. */
export const dayProfile: ForecastModel = {
  name: 'day profile',
  needsHours: 2 * day,
  forecast: ({ values }, horizon) => profiled(values, horizon, day, { cycles: 7, levelShare: 0.3 }),
}

/** The mean of the same hour of the week, at the level of the last week. */
export const weekProfile: ForecastModel = {
  name: 'week profile',
  needsHours: 2 * week,
  forecast: ({ values }, horizon) => profiled(values, horizon, week, { cycles: 6, levelShare: 0.3 }),
}

/** The same with the growth of the last weeks continued. */
export const growingProfile: ForecastModel = {
  name: 'week profile with growth',
  needsHours: 3 * week,
  forecast: ({ values }, horizon) => growing(values, horizon),
}

/** Seasons by repeated STL, trend by exponential smoothing with an automatic choice (ETS). */
export function mstlEts({ mstl }: Augurs): ForecastModel {
  return {
    name: 'MSTL with ETS',
    needsHours: 3 * day,
    isSlow: true,
    forecast({ values }, horizon) {
      const periods = values.length >= 2 * week + day ? [day, week] : [day]
      const model = mstl.MSTL.ets(periods, {})
      try {
        model.fit(values)
        return Float64Array.from(model.predict(horizon).point)
      } finally {
        model.free()
      }
    },
  }
}

/** Prophet with a daily and a weekly season. */
export function prophet(augurs: Augurs): ForecastModel {
  return {
    name: 'Prophet',
    needsHours: 2 * week,
    isSlow: true,
    async forecast({ firstHour, values }, horizon) {
      const { Prophet, optimizer } = await augurs.prophet()
      const seconds = (hour: number): number => (firstHour + hour) * 3_600
      const model = new Prophet({
        optimizer,
        uncertaintySamples: 0,
        dailySeasonality: { type: 'fourier', order: 8 },
        weeklySeasonality: { type: 'fourier', order: 12 },
        yearlySeasonality: { type: 'manual', enabled: false },
      })
      try {
        model.fit({ ds: Array.from(values, (_, hour) => seconds(hour)), y: Array.from(values) })
        const ds = Array.from({ length: horizon }, (_, hour) => seconds(values.length + hour))
        return Float64Array.from(model.predict({ ds }).yhat.point)
      } finally {
        model.free()
      }
    },
  }
}

function repeated(values: Float64Array, horizon: number, cycle: number): Float64Array {
  const last = values.slice(-cycle)
  return Float64Array.from({ length: horizon }, (_, hour) => last[hour % last.length]!)
}

function profiled(
  values: Float64Array,
  horizon: number,
  cycle: number,
  { cycles, levelShare }: { readonly cycles: number; readonly levelShare: number },
): Float64Array {
  const count = Math.min(cycles, Math.floor(values.length / cycle))
  const known = values.slice(-count * cycle)
  const profile = Float64Array.from({ length: cycle }, (_, hour) => {
    let sum = 0
    for (let at = 0; at < count; at++) sum += known[at * cycle + hour]!
    return sum / count
  })
  const level = meanOf(values.slice(-cycle)) / meanOf(profile)
  const factor = Number.isFinite(level) ? 1 + levelShare * (level - 1) : 1
  return Float64Array.from({ length: horizon }, (_, hour) => profile[hour % cycle]! * factor)
}

function growing(values: Float64Array, horizon: number): Float64Array {
  const count = Math.min(6, Math.floor(values.length / week))
  const totals = Array.from({ length: count }, (_, at) => {
    const from = values.length - (count - at) * week
    return Math.log(Math.max(meanOf(values.slice(from, from + week)), 1e-9))
  })
  const middle = (count - 1) / 2
  const meanTotal = totals.reduce((sum, total) => sum + total, 0) / count
  const covariance = totals.reduce((sum, total, at) => sum + (at - middle) * (total - meanTotal), 0)
  const variance = totals.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
  const slope = Math.min(Math.max(covariance / variance, -0.3), 0.3)
  const level = meanTotal + slope * (count - middle)
  const flat = profiled(values, Math.max(week, horizon), week, { cycles: count, levelShare: 0 })
  const factor = Math.exp(level) / meanOf(flat.subarray(0, week))
  const growth = (hour: number): number => (Number.isFinite(factor) ? factor * Math.exp(slope * Math.floor(hour / week)) : 1)
  // The first week has its mean, also if only some of its hours are asked for; the growth continues in later weeks
  return flat.subarray(0, horizon).map((value, hour) => value * growth(hour))
}

/** The mean of values; NaN of none. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at]!
  return sum / values.length
}
