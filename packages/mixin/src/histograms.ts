import { duration, onOneLine, promql } from './promql.ts'
import { by } from './series.ts'

/**
 * How the metrics store keeps a histogram: `classic` has one series for each bucket, one for the sum and one for the count; `native` has one
 * series with all of it. The buckets are those of the SDK in both.
 */
export type HistogramMode = 'classic' | 'native'

/** Observations of a histogram over a time. */
export interface Observations {
  readonly over: 'rate' | 'increase'
  /** Name of the histogram, without `_bucket`, `_sum` or `_count`. */
  readonly histogram: string
  /** With braces. @default none */
  readonly matchers?: string
  /** The range in brackets, and an offset behind it. */
  readonly range: string
}

/** How an expression reads buckets. */
export interface Buckets {
  /** The series with the buckets of a histogram. */
  of(histogram: string): string
  /** `by (...)` of these labels, and of the bounds of the buckets where they are labels. */
  by(...labels: readonly string[]): string
}

/** A native histogram that replaced a classic one: where it existed so long ago, the classic one is not read any more. */
export interface Switch {
  readonly labels: readonly string[]
  readonly histogram: string
  readonly seconds: number
}

/**
 * Queries of histograms. Those for native histograms read classic ones, too: a store keeps both for a while after the switch, and processes
 * that Prometheus scrapes have classic ones. Sums add them; a quantile comes from the one that covers more of the time.
 */
export interface HistogramReads {
  /** The number of observations, summed by labels. */
  count(labels: readonly string[], observations: Observations): string
  /** The observed values, summed by labels. */
  sum(labels: readonly string[], observations: Observations): string
  /** The sum of all values since the start of the process, for each series. */
  total(histogram: string): string
  /** A quantile of the buckets that `expr` returns; without `change`, of the native ones if there are any. */
  quantile(share: number, expr: (buckets: Buckets) => string, change?: Switch): string
  /** The count or the sum over days; of native ones, from what was recorded: the native histograms of a week are too many to load. */
  overDays(part: 'count' | 'sum', labels: readonly string[], observations: Observations, recorded: string): string
  /** The bound below which every value of some days is; of native ones, from what was recorded. */
  highest(labels: readonly string[], histogram: string, days: number, recorded: string): string
  /** The number of observations up to a bound; `expr` gets the matcher of the bound. */
  within(labels: readonly string[], bound: number, expr: (buckets: Buckets, matcher: string) => string): string
  /** The number of observations up to each bound, by the label `le`, as a heatmap needs them. */
  cumulated(bounds: readonly number[], observations: Observations): string
  /** The kinds of buckets that there may be, to record each. */
  readonly buckets: readonly Buckets[]
}

const classic: Buckets = { of: (histogram) => `${histogram}_bucket`, by: (...labels) => by(...labels, 'le') }
const native: Buckets = { of: (histogram) => histogram, by: (...labels) => (labels.length === 0 ? '' : by(...labels)) }

/** The queries for a store that keeps histograms in this way. */
export function histogramReads(mode: HistogramMode): HistogramReads {
  return mode === 'classic' ? classicReads : bothReads
}

const classicReads: HistogramReads = {
  buckets: [classic],
  count: (labels, observations) => aggregated('sum', labels, read(observations, '_count')),
  sum: (labels, observations) => aggregated('sum', labels, read(observations, '_sum')),
  total: (histogram) => `${histogram}_sum`,
  quantile: (share, expr) => quantileOf(share, expr(classic)),
  overDays: (part, labels, observations) => classicReads[part](labels, observations),
  highest: (labels, histogram, days) => quantileOf(1, increaseOf(classic, labels, histogram, `${days}d`)),
  // The name of a bound depends on the way of the series: 600 from /metrics, 600.0 from OTLP
  within: (labels, bound, expr) => onOneLine(aggregated('sum', labels, expr(classic, `{le=~"${bound}([.]0)?"}`))),
  cumulated: (_bounds, observations) => aggregated('sum', ['le'], read(observations, '_bucket')),
}

const bothReads: HistogramReads = {
  buckets: [classic, native],
  count: (labels, observations) =>
    both('sum', labels, classicReads.count(labels, observations), parts(labels, 'count', observations)),
  sum: (labels, observations) => both('sum', labels, classicReads.sum(labels, observations), parts(labels, 'sum', observations)),
  total: (histogram) => `(histogram_sum(${histogram}) or ${histogram}_sum)`,
  quantile: (share, expr, change) =>
    change === undefined
      ? promql`
        (
          ${quantileOf(share, expr(native))} >= 0
          or
          ${quantileOf(share, expr(classic))}
        )`
      : promql`
        (
          ${quantileOf(share, expr(classic))} >= 0
          unless on (${change.labels.join(', ')})
          group ${by(...change.labels)} (${change.histogram} offset ${duration(change.seconds)})
          or
          ${quantileOf(share, expr(native))}
        )`,
  overDays: (part, labels, observations, recorded) => both('sum', labels, classicReads[part](labels, observations), recorded),
  highest: (labels, histogram, days, recorded) =>
    both('max', labels, classicReads.highest(labels, histogram, days, recorded), `max_over_time(${recorded}[${days}d])`),
  within: (labels, bound, expr) => {
    const all = onOneLine(aggregated('sum', labels, expr(native, '')))
    const nativeOnes = `histogram_fraction(-Inf, ${bound}, ${all}) * histogram_count(${all})`
    return both('sum', labels, classicReads.within(labels, bound, expr), nativeOnes)
  },
  cumulated: (bounds, observations) => {
    const all = onOneLine(aggregated('sum', [], read(observations, '')))
    const shares = bounds.map((bound) => `label_replace(histogram_fraction(-Inf, ${bound}, ${all}), "le", "${bound}", "", "")`)
    return both(
      'sum',
      ['le'],
      classicReads.cumulated(bounds, observations),
      promql`
        (
          ${[...shares, `label_replace(histogram_fraction(-Inf, +Inf, ${all}), "le", "+Inf", "", "")`].join('\nor\n')}
        )
          * on () group_left ()
        histogram_count(${all})`,
    )
  },
}

/** Queries that are recorded of native histograms of an hour, for queries over days. */
export const nativeHour: Readonly<Record<'count' | 'sum' | 'highest', (labels: readonly string[], histogram: string) => string>> =
  {
    count: (labels, histogram) => parts(labels, 'count', { over: 'increase', histogram, range: '[1h]' }),
    sum: (labels, histogram) => parts(labels, 'sum', { over: 'increase', histogram, range: '[1h]' }),
    highest: (labels, histogram) => quantileOf(1, increaseOf(native, labels, histogram, '1h')),
  }

function increaseOf(buckets: Buckets, labels: readonly string[], histogram: string, range: string): string {
  return promql`
    sum ${buckets.by(...labels)} (
      increase(${buckets.of(histogram)}[${range}])
    )`
}

function read({ over, histogram, matchers = '', range }: Observations, suffix: string): string {
  return `${over}(${histogram}${suffix}${matchers}${range})`
}

function parts(labels: readonly string[], part: 'count' | 'sum', observations: Observations): string {
  return aggregated('sum', labels, `histogram_${part}(${read(observations, '')})`)
}

/** The results of two queries with the same labels as one; a label distinguishes them, or the second would be left out. */
function both(how: 'sum' | 'max', labels: readonly string[], ofClassic: string, ofNative: string): string {
  return aggregated(
    how,
    labels,
    promql`
      ${ofClassic}
      or
      label_replace(
        ${ofNative},
        "histogram", "native", "", ""
      )`,
  )
}

/** By labels; without labels, over all. */
function aggregated(how: 'sum' | 'max', labels: readonly string[], expr: string): string {
  return promql`
    ${how}${labels.length === 0 ? '' : ` ${by(...labels)} `}(
      ${expr}
    )`
}

function quantileOf(share: number, expr: string): string {
  return promql`
    histogram_quantile(
      ${share},
      ${expr}
    )`
}
