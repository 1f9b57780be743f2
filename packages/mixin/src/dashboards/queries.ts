import { type HistogramMode, histogramReads } from '../histograms.ts'
import { promql } from '../promql.ts'
import { by, label } from '../series.ts'
import type { PanelQuery } from './panel.ts'
import { agentName, byAgentName } from './selectors.ts'

/** Increase of a counter per minute: the sum, or one line for each value of `labels`. */
export function perMinute(counter: string, labels: readonly string[] = [], factor = 60): string {
  const sum = labels.length === 0 ? 'sum' : `sum ${by(...labels)} `
  return promql`
    ${factor} * ${sum}(
      rate(${counter}[$__rate_interval])
    )`
}

/**
 * Quantile of a histogram (its name without `_bucket`) with the matchers `of`; one line for each
 * value of `labels`.
 */
export function quantile(
  mode: HistogramMode,
  share: number,
  histogram: string,
  of: string,
  labels: readonly string[] = [],
): string {
  const ofBuckets = histogramReads(mode).quantile(
    share,
    (buckets) => promql`
      ${['sum', buckets.by(...labels)].join(' ').trimEnd()} (
        rate(${buckets.of(histogram)}${of}[$__rate_interval])
      )`,
  )
  return `${ofBuckets} >= 0`
}

/** The number of observations of a histogram a minute; one line for each value of `labels`. */
export function observedPerMinute(mode: HistogramMode, histogram: string, of: string): (labels: readonly string[]) => string {
  return (labels) =>
    `60 * ${histogramReads(mode).count(labels, { over: 'rate', histogram, matchers: of, range: '[$__rate_interval]' })}`
}

/** Legend that shows the values of labels. */
export function legendOf(labels: readonly string[]): string {
  return labels.map((name) => `{{${name}}}`).join(' ')
}

const shown = 10
const restOf = { sum: 'others', max: 'others, highest' } as const

/**
 * The ten agents with the highest mean of a series over the range, and one line for all others:
 * their sum, or their maximum where a sum has no meaning. The ten are chosen once, at the end of
 * the range, so that lines do not come and go.
 */
export function topAgents(name: string, series: string, how: 'sum' | 'max', times = 1): Record<string, PanelQuery> {
  const ranked = promql`
    topk(
      ${shown},
      ${how} ${byAgentName} (
        avg_over_time(${series}[$__range] @ end())
      )
    )`
  const value = times === 1 ? `${how} ${byAgentName} (${series})` : `${times} * ${how} ${byAgentName} (${series})`
  const onName = `on (${label.agent}, ${label.environment})`
  return {
    [name]: {
      expr: promql`
        ${value}
        and ${onName}
        ${ranked}`,
      legend: agentName,
    },
    others: {
      expr: promql`
        ${how}(
          ${value}
          unless ${onName}
          ${ranked}
        )`,
      legend: restOf[how],
      isRest: true,
    },
  }
}

/**
 * The lines that are highest at the end of the range. `exprAt` returns the query with a modifier:
 * none, or ` @ end()`.
 */
export function highestAtEnd(count: number, exprAt: (modifier: string) => string): string {
  // A topk at each moment would draw other lines at each moment
  return promql`
    ${exprAt('')}
    and
    topk(
      ${count},
      ${exprAt(' @ end()')}
    )`
}

/**
 * The query, or 0 where another series exists: some counters exist only from their first increment
 * on.
 */
export function zeroWhere(present: string, expr: string): string {
  return promql`
    ${expr}
    or
    0 * group(${present})`
}

/** Adds the label `service`, the job without its namespace: Jaeger finds traces by it. */
export function withService(expr: string): string {
  return promql`
    label_replace(
      ${expr},
      "service", "$1", "${label.job}", "(?:.*/)?(.+)"
    )`
}
