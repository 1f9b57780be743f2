import type { Augurs } from './augurs.ts'
import { day, meanOf, week, type HourlySeries } from './models.ts'

/** A history that a model learns from, and what was changed in it. */
export interface CleanHistory {
  readonly series: HourlySeries
  /** Hours that were unlike the same hour of all other weeks, and were replaced by it. */
  readonly outlierHours: number
  /** The last lasting change of the level: its first hour, and the level after it divided by the level before it. */
  readonly change: { readonly hour: number; readonly ratio: number } | undefined
}

/**
 * Replaces single outliers, and scales the history before the last change of level to the level after it, so that a model
 * does not learn an incident, or forecast a level that no longer exists.
 */
export function cleanHistory(series: HourlySeries, augurs: Augurs): CleanHistory {
  // The detectors reject some series, such as one of mostly zeros ("division by zero"): they are learned as they are
  const untouched = { values: series.values, outlierHours: 0 }
  const { values, outlierHours } = quietly(() => withoutOutliers(series.values, augurs), untouched)
  const change = quietly(() => lastChange(values, augurs), undefined)
  const scaled = change === undefined ? values : values.map((value, hour) => (hour < change.hour ? value * change.ratio : value))
  return {
    series: { firstHour: series.firstHour, values: scaled },
    outlierHours,
    change: change && { hour: series.firstHour + change.hour, ratio: change.ratio },
  }
}

function quietly<T>(detect: () => T, otherwise: T): T {
  try {
    return detect()
  } catch {
    return otherwise
  }
}

/** Compares the weeks with each other: the median and the median deviation of the same hour, by augurs' MAD detector. */
function withoutOutliers(values: Float64Array, { outlier }: Augurs): { values: Float64Array; outlierHours: number } {
  const weeks = Math.floor(values.length / week)
  if (weeks < 4) return { values, outlierHours: 0 }
  const offset = values.length - weeks * week
  const rows = Array.from({ length: weeks }, (_, at) => values.slice(offset + at * week, offset + (at + 1) * week))
  const detector = outlier.OutlierDetector.mad({ sensitivity: 0.05 })
  const clean = values.slice()
  let outlierHours = 0
  try {
    const { clusterBand } = detector.detect(rows)
    if (clusterBand === undefined) return { values, outlierHours: 0 }
    for (let hour = 0; hour < week; hour++) {
      const same = rows.map((row) => row[hour]!)
      const middle = medianOf(same)
      const spread = medianOf(same.map((value) => Math.abs(value - middle)))
      // The noise of a count is at least its root
      const limit = 8 * Math.max(spread, Math.sqrt(middle), 1)
      const isOutside = (value: number): boolean => value > clusterBand.max[hour]! || value < clusterBand.min[hour]!
      same.forEach((value, at) => {
        if (Math.abs(value - middle) <= limit || !isOutside(value)) return
        clean[offset + at * week + hour] = middle
        outlierHours++
      })
    }
    // More than a few are no accidents but the shape of the series
    return outlierHours > 0.02 * values.length ? { values, outlierHours: 0 } : { values: clean, outlierHours }
  } finally {
    detector.free()
  }
}

/** The last of augurs' change points in the daily levels after which the level is at least 1.4 times higher or lower. */
function lastChange(values: Float64Array, { changepoint }: Augurs): { hour: number; ratio: number } | undefined {
  const weeks = Math.floor(values.length / week)
  if (weeks < 3) return undefined
  const days = Math.floor(values.length / day)
  const offset = values.length - days * day
  const totals = Float64Array.from({ length: days }, (_, at) => meanOf(values.slice(offset + at * day, offset + (at + 1) * day)))
  const levels = totals.map((total, at) => {
    const same = totals.filter((_, other) => other % 7 === at % 7)
    const usual = medianOf(Array.from(same))
    return usual > 0 ? Math.log(Math.max(total / usual, 0.05)) : 0
  })
  const spread = medianOf(Array.from(levels, Math.abs)) || 0.1
  const detector = changepoint.ChangepointDetector.normalGamma({ hazardLambda: 60 })
  try {
    const { indices } = detector.detectChangepoints(levels.map((level) => level / (1.5 * spread)))
    for (const at of indices.toReversed()) {
      if (at < 7 || days - at < 4) continue
      const length = Math.min(7, days - at)
      const ratio = Math.exp(medianOf(Array.from(levels.slice(at, at + length))) - medianOf(Array.from(levels.slice(at - 7, at))))
      if (ratio > 1.4 || ratio < 1 / 1.4) return { hour: offset + at * day, ratio }
    }
    return undefined
  } finally {
    detector.free()
  }
}

/** The median of values; NaN of none. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
