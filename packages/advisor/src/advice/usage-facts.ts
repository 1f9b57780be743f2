import { type CounterSums, counterSums, observationCounter, plainCounter } from '../history/counter-sums.ts'
import type { HourRange } from '../history/hourly-history.ts'
import { type Labels, type Prometheus, PrometheusError } from '../prometheus/prometheus-client.ts'
import { label, selector, series } from '../series.ts'

/** Amount of something with its labels. */
export interface Amount {
  readonly labels: Labels
  readonly amount: number
}

/** Work and cost of agents in a time, as sums of counters. */
export interface UsageFacts {
  readonly hours: number
  /** Whether the sums are exact, not estimated by `increase()`. */
  readonly isExact: boolean
  /** By agent, outcome and variant. */
  readonly executions: readonly Amount[]
  /** US dollars by agent, model and variant. */
  readonly cost: readonly Amount[]
  /** US dollars by agent, kind of waste and error. */
  readonly wastedCost: readonly Amount[]
  /** By agent and error. */
  readonly recoveries: readonly Amount[]
  /** By agent and error. */
  readonly failures: readonly Amount[]
  /** Attempts after the first one, by agent. */
  readonly retries: readonly Amount[]
  /** By agent, model and direction. */
  readonly tokens: readonly Amount[]
  /** By agent and model. */
  readonly excessContext: readonly Amount[]
  /** By agent. */
  readonly modelCalls: readonly Amount[]
  /** By provider and model. */
  readonly inferences: readonly Amount[]
  /** Streamed calls, by provider and model. */
  readonly firstChunks: readonly Amount[]
  /** By provider and model. */
  readonly inputTokens: readonly Amount[]
  /** By provider and model. */
  readonly cacheReadInputTokens: readonly Amount[]
}

const labelsOf: Readonly<Record<Exclude<keyof UsageFacts, 'hours' | 'isExact'>, readonly string[]>> = {
  executions: [label.agent, label.outcome, label.variant],
  cost: [label.agent, label.model, label.variant],
  wastedCost: [label.agent, label.waste, label.errorType],
  recoveries: [label.agent, label.errorType],
  failures: [label.agent, label.errorType],
  retries: [label.agent],
  tokens: [label.agent, label.model, label.direction],
  excessContext: [label.agent, label.model],
  modelCalls: [label.agent],
  inferences: [label.provider, label.model],
  firstChunks: [label.provider, label.model],
  inputTokens: [label.provider, label.model],
  cacheReadInputTokens: [label.provider, label.model],
}

const histograms: ReadonlySet<string> = new Set([series.inferences, series.firstChunks])

/** Counts the observations of a histogram, classic or native. */
async function observations(
  prometheus: Prometheus,
  selectorOf: (suffix: string) => string,
  range: HourRange,
  keyOf: (labels: Labels) => string,
): Promise<CounterSums> {
  try {
    return await counterSums(prometheus, observationCounter(selectorOf), range, keyOf)
  } catch (error) {
    // A store without native histograms, such as VictoriaMetrics, does not know their functions
    if (!(error instanceof PrometheusError && error.reason === 'query')) throw error
    return counterSums(prometheus, plainCounter(selectorOf('_count')), range, keyOf)
  }
}

/** Reads the sums of a time. Rejects with `PrometheusError`. */
export async function readUsageFacts(prometheus: Prometheus, range: HourRange, matchers = ''): Promise<UsageFacts> {
  const facts: Record<string, readonly Amount[]> = {}
  let isExact = true
  for (const [name, names] of Object.entries(labelsOf)) {
    const counted = series[name as keyof typeof labelsOf]
    // Keys are the values of the labels, as JSON, because a value may contain any separator
    const keyOf = (labels: Labels): string => JSON.stringify(names.map((each) => labels[each] ?? ''))
    const sums = histograms.has(counted)
      ? await observations(prometheus, (suffix) => selector(counted + suffix, matchers), range, keyOf)
      : await counterSums(prometheus, plainCounter(selector(counted, matchers)), range, keyOf)
    isExact &&= sums.isExact
    facts[name] = [...sums.byKey].map(([key, amount]) => {
      const values = JSON.parse(key) as readonly string[]
      return { labels: Object.fromEntries(names.map((each, index) => [each, values[index]!])), amount }
    })
  }
  return { ...(facts as Omit<UsageFacts, 'hours' | 'isExact'>), hours: range.hours, isExact }
}

/** The sum of the amounts whose labels have these values. */
export function sumOf(amounts: readonly Amount[], matching: Labels = {}): number {
  const wanted = Object.entries(matching)
  return amounts.reduce(
    (sum, { labels, amount }) => (wanted.every(([name, value]) => labels[name] === value) ? sum + amount : sum),
    0,
  )
}

/** The sums by the value of one label, the largest first; without the amounts that lack it. */
export function sumsBy(amounts: readonly Amount[], name: string): readonly (readonly [value: string, amount: number])[] {
  const sums = new Map<string, number>()
  for (const { labels, amount } of amounts) {
    const value = labels[name]
    if (value) sums.set(value, (sums.get(value) ?? 0) + amount)
  }
  return [...sums].toSorted((a, b) => b[1] - a[1])
}

/** The amounts whose labels have these values. */
export function only(amounts: readonly Amount[], matching: Labels): readonly Amount[] {
  const wanted = Object.entries(matching)
  return amounts.filter(({ labels }) => wanted.every(([name, value]) => labels[name] === value))
}
