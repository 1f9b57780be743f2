import type { HistogramMode } from '../histograms.ts'
import { label, series } from '../series.ts'
import type { Limits } from './limits.ts'
import type { Panel } from './panel.ts'
import { legendOf, perMinute, quantile, topAgents } from './queries.ts'
import { ofAgents } from './selectors.ts'

interface CommonOptions {
  /** A question. */
  readonly title: string
  readonly description: string
  /** Name of the query. */
  readonly query: string
  /** Width, of 24. */
  readonly span: number
  /** Colors of lines, by legend. @default those of Grafana */
  readonly colors?: Readonly<Record<string, string>>
  /** Text where there is no data. @default No data */
  readonly whenEmpty?: string
}

/** Options for a graph of a counter. */
export interface RateOptions extends CommonOptions {
  /** Name and matchers of the counter, or its increase per minute by labels. */
  readonly counter: string | ((labels: readonly string[]) => string)
  /** Labels with a line for each value. */
  readonly by: readonly string[]
}

/** A stacked graph of a counter per minute, by labels. */
export function ratePanel({ counter, by, query, ...rest }: RateOptions): Panel {
  return {
    shows: 'graph',
    unit: 'suffix: /min',
    queries: { [query]: { expr: typeof counter === 'string' ? perMinute(counter, by) : counter(by), legend: legendOf(by) } },
    isStacked: true,
    min: 0,
    ...rest,
  }
}

/** A graph of the permanent failures of the selected agents, by error. */
export function failuresByErrorPanel(title: string, span: number): Panel {
  return ratePanel({
    title,
    description: 'Runs that failed permanently, by error: an HTTP status, an error code or an error class.',
    query: 'reasons',
    counter: series.failures + ofAgents(),
    by: [label.errorType],
    span,
    whenEmpty: 'None failed',
  })
}

/** A graph of the retries of the selected agents, by error. */
export function retriesByErrorPanel(title: string, span: number): Panel {
  return ratePanel({
    title,
    description: 'Retries, by the error that caused them.',
    query: 'reasons',
    counter: series.retries + ofAgents(),
    by: [label.errorType],
    span,
    whenEmpty: 'No retries',
  })
}

/** Options for a graph of a 95th percentile. */
export interface QuantileOptions extends Omit<CommonOptions, 'query'> {
  readonly mode: HistogramMode
  /** Name of the histogram, without `_bucket`, and its matchers. */
  readonly histogram: string
  readonly of: string
  /** Label with a line for each value. */
  readonly by: string
}

/** A graph of the 95th percentile of a duration in seconds, by a label. */
export function quantilePanel({ mode, histogram, of, by, ...rest }: QuantileOptions): Panel {
  return {
    shows: 'graph',
    unit: 's',
    queries: { p95: { expr: quantile(mode, 0.95, histogram, of, [by]), legend: legendOf([by]) } },
    min: 0,
    ...rest,
  }
}

/** Options for a graph of the ten highest agents. */
export interface TopAgentsOptions extends Omit<CommonOptions, 'colors'> {
  readonly unit: string
  /** Name and matchers of a series with a value for each agent. */
  readonly series: string
  /**
   * How values of several jobs and regions of an agent, and of the agents beyond the ten, become
   * one. A sum is stacked.
   */
  readonly how: 'sum' | 'max'
  /** Factor of the values. @default 1 */
  readonly times?: number
  readonly limits?: Limits
  readonly leastTop?: number
}

/** A graph of the ten agents with the highest values, and one line for all others. */
export function topAgentsPanel({ query, series, how, times, ...rest }: TopAgentsOptions): Panel {
  return {
    shows: 'graph',
    queries: topAgents(query, series, how, times),
    isByAgent: true,
    ...(how === 'sum' && { isStacked: true }),
    min: 0,
    ...rest,
  }
}
