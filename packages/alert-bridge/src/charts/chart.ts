import type { ChartUnit } from '@swarmwatch/config'

/** A point of a series; the value may be anything that Prometheus returns, also NaN and infinite. */
export interface ChartPoint {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly value: number
}

/** A line of a chart. */
export interface ChartSeries {
  /** The labels that distinguish it from the other lines; empty for a single one. External text. */
  readonly name: string
  /** By time. Between two points with a larger distance than two steps the line is interrupted. */
  readonly points: readonly ChartPoint[]
}

/** A chart of the metric that explains an alert. */
export interface Chart {
  /** External text. */
  readonly title: string
  readonly unit: ChartUnit
  /** The number with which the rule compares the metric. */
  readonly limit?: number | undefined
  readonly series: readonly ChartSeries[]
  /** Number of further series, which are not shown. */
  readonly moreSeries: number
  /** Milliseconds since 1970: the range of time that is shown. */
  readonly fromMs: number
  readonly toMs: number
  /** Distance of two points. */
  readonly stepMs: number
  /** When the alert began; outside of the range of time it is not marked. */
  readonly alertMs?: number | undefined
  /** IANA name. */
  readonly timeZone: string
}

/** Values beyond are not drawn, so that no computation with them overflows. */
const largest = 1e300

/** Whether a value can be drawn. */
export function isDrawable(value: number): boolean {
  return Math.abs(value) <= largest
}
