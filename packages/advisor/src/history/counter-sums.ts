import { type Labels, type Prometheus, PrometheusError } from '../prometheus/prometheus-client.ts'
import { type HourRange, hourSeconds } from './hourly-history.ts'

/** Increase of counters over a range, by key. */
export interface CounterSums {
  readonly byKey: ReadonlyMap<string, number>
  /** Whether the sums are exact, to the last digit; otherwise they come from `increase()`, which estimates. */
  readonly isExact: boolean
}

/** Series above which `increase()` of the server is used, because more raw series would take minutes. */
const mostSeries = 20_000

/** How a counter is read: its selector, and queries over an hour. */
export interface CounterQueries {
  readonly last: string
  readonly highest: string
  readonly increase: string
}

/** A counter with this selector. */
export function plainCounter(selected: string): CounterQueries {
  return {
    last: `last_over_time(${selected}[1h])`,
    highest: `max_over_time(${selected}[1h])`,
    increase: `increase(${selected}[1h])`,
  }
}

/**
 * The number of observations of a histogram, `selectorOf` with its name and `_count` behind it. Where the store began to keep native
 * histograms, a series goes on with the value that its classic one had.
 */
export function observationCounter(selectorOf: (suffix: string) => string): CounterQueries {
  const [native, classic] = [selectorOf(''), selectorOf('_count')]
  return {
    last: `(histogram_count(last_over_time(${native}[1h])) or last_over_time(${classic}[1h]))`,
    highest: `(max_over_time(histogram_count(${native})[1h:1m]) or max_over_time(${classic}[1h]))`,
    increase: `(histogram_count(increase(${native}[1h])) or increase(${classic}[1h]))`,
  }
}

/**
 * Adds up how much counters rose. `increase()` extrapolates to the edges of its window, which is good enough for a graph but not for an
 * invoice: here the last value of each hour is read, and the differences are added, with resets and new series.
 */
export async function counterSums(
  prometheus: Prometheus,
  counter: CounterQueries,
  range: HourRange,
  keyOf: (labels: Labels) => string | undefined,
): Promise<CounterSums> {
  const end = (range.firstHour + range.hours) * hourSeconds
  const [counted] = await prometheus.query(`count(${counter.last})`, end)
  if ((counted?.samples[0]?.[1] ?? 0) > mostSeries) return estimated(prometheus, counter, range, keyOf)
  try {
    return await exact(prometheus, counter, range, keyOf)
  } catch (error) {
    if (!(error instanceof PrometheusError) || error.reason !== 'too-much') throw error
    return estimated(prometheus, counter, range, keyOf)
  }
}

async function exact(
  prometheus: Prometheus,
  counter: CounterQueries,
  { firstHour, hours }: HourRange,
  keyOf: (labels: Labels) => string | undefined,
): Promise<CounterSums> {
  const start = firstHour * hourSeconds
  const range = { start, end: start + hours * hourSeconds, step: hourSeconds }
  const last = new Map<string, number>()
  const byKey = new Map<string, number>()
  // A reset within an hour hides what came before it; the highest value of the hour shows it
  for await (const slice of prometheus.queryRange(counter.last, range, { maxSteps: 24 })) {
    for (const { labels, samples } of slice) {
      const key = keyOf(labels)
      if (key === undefined) continue
      const id = idOf(labels)
      for (const [seconds, value] of samples) {
        const before = last.get(id)
        last.set(id, value)
        // The first step only shows the earlier values; a series that appears later began at 0
        if (seconds === start) continue
        const increase = value >= (before ?? 0) ? value - (before ?? 0) : value + (await hiddenBy(labels, seconds, before!))
        byKey.set(key, (byKey.get(key) ?? 0) + increase)
      }
    }
  }
  return { byKey, isExact: true }

  async function hiddenBy(labels: Labels, seconds: number, before: number): Promise<number> {
    const found = (await prometheus.query(counter.highest, seconds)).find((one) => idOf(one.labels) === idOf(labels))
    return Math.max(0, (found?.samples[0]?.[1] ?? before) - before)
  }
}

function idOf(labels: Labels): string {
  return Object.keys(labels)
    .filter((name) => name !== '__name__')
    .toSorted()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`)
    .join()
}

async function estimated(
  prometheus: Prometheus,
  counter: CounterQueries,
  { firstHour, hours }: HourRange,
  keyOf: (labels: Labels) => string | undefined,
): Promise<CounterSums> {
  const byKey = new Map<string, number>()
  const start = (firstHour + 1) * hourSeconds
  const range = { start, end: start + (hours - 1) * hourSeconds, step: hourSeconds }
  for await (const slice of prometheus.queryRange(`sum without (instance) (${counter.increase})`, range, { maxSteps: 24 })) {
    for (const { labels, samples } of slice) {
      const key = keyOf(labels)
      if (key === undefined) continue
      for (const [, value] of samples) if (Number.isFinite(value)) byKey.set(key, (byKey.get(key) ?? 0) + value)
    }
  }
  return { byKey, isExact: false }
}
