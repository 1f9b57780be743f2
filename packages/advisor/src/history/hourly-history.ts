import type { Labels, Prometheus } from '../prometheus/prometheus-client.ts'

/** Seconds of an hour. */
export const hourSeconds = 3_600

/** Hourly values of several series over one range; NaN where Prometheus has nothing. */
export interface HourlyHistory {
  /** Number of the first hour since 1970 (UTC); hour `n` ends at `(n + 1) * 3600` seconds. */
  readonly firstHour: number
  readonly hours: number
  /** Values by key, each with `hours` entries. */
  readonly byKey: ReadonlyMap<string, Float64Array>
}

/** Range of complete hours that ends at or before a time. */
export interface HourRange {
  readonly firstHour: number
  readonly hours: number
}

/** The last `hours` complete hours before `nowSeconds`. */
export function lastHours(nowSeconds: number, hours: number): HourRange {
  return { firstHour: Math.floor(nowSeconds / hourSeconds) - hours, hours }
}

/**
 * Reads a query for each hour of a range; `expr` must look back one hour (`increase(x[1h])`). `keyOf` names the series
 * of a result; results with the same key are added, those without a key are ignored.
 */
export async function readHourly(
  prometheus: Prometheus,
  expr: string,
  { firstHour, hours }: HourRange,
  keyOf: (labels: Labels) => string | undefined,
): Promise<HourlyHistory> {
  const byKey = new Map<string, Float64Array>()
  const start = (firstHour + 1) * hourSeconds
  const range = { start, end: start + (hours - 1) * hourSeconds, step: hourSeconds }
  for await (const slice of prometheus.queryRange(expr, range)) {
    for (const { labels, samples } of slice) {
      const key = keyOf(labels)
      if (key === undefined) continue
      let values = byKey.get(key)
      if (values === undefined) byKey.set(key, (values = new Float64Array(hours).fill(Number.NaN)))
      for (const [seconds, value] of samples) {
        const index = Math.round((seconds - start) / hourSeconds)
        if (index < 0 || index >= hours || !Number.isFinite(value)) continue
        values[index] = Number.isNaN(values[index]) ? value : values[index]! + value
      }
    }
  }
  return { firstHour, hours, byKey }
}

/** A series without its gaps: the hours since it began, and how many of them had no data. */
export interface FilledSeries {
  readonly firstHour: number
  readonly values: Float64Array
  /** Hours in which Prometheus had no data of any series; they were filled in. */
  readonly gapHours: number
}

/**
 * Completes each series from its first value on. An hour in which other series have values counts as 0, because the
 * agent did not run then; an hour without any data is a gap, filled from the same hour of the nearest other week or day.
 */
export function filled(history: HourlyHistory): ReadonlyMap<string, FilledSeries> {
  const isSeen = new Uint8Array(history.hours)
  for (const values of history.byKey.values()) values.forEach((value, hour) => (isSeen[hour]! |= Number(!Number.isNaN(value))))
  return new Map(
    [...history.byKey].flatMap(([key, values]) => {
      const first = values.findIndex((value) => !Number.isNaN(value))
      if (first === -1) return []
      const own = values.slice(first).map((value, hour) => (Number.isNaN(value) && isSeen[first + hour] ? 0 : value))
      const gapHours = own.reduce((sum, value) => sum + Number(Number.isNaN(value)), 0)
      const complete = own.map((value, hour) => (Number.isNaN(value) ? nearest(own, hour) : value))
      return [[key, { firstHour: history.firstHour + first, values: complete, gapHours }]]
    }),
  )
}

const week = 168

function nearest(values: Float64Array, hour: number): number {
  for (const distance of [week, -week, 2 * week, -2 * week, 3 * week, -3 * week, 24, -24, 48, -48, 72, -72]) {
    const value = values[hour + distance]
    if (value !== undefined && !Number.isNaN(value)) return value
  }
  const known = values.filter((value) => !Number.isNaN(value))
  return known.reduce((sum, value) => sum + value, 0) / known.length
}
