import type { Advice } from '../report/report.ts'
import type { UsageFacts } from './usage-facts.ts'

/** Prices of input tokens of a model, in US dollars for one token; undefined if unknown. */
export type PriceSource = (
  model: string,
  provider: string | undefined,
) => { readonly input: number; readonly cacheRead: number; readonly cacheWrite: number } | undefined

/** Everything that finders of advice know. */
export interface AdviceSources {
  readonly facts: UsageFacts
  readonly priceOf: PriceSource
  /** Executions of each hour by agent, for the rhythm of work. */
  readonly hourly: ReadonlyMap<string, ArrayLike<number>>
  /** Factor from the time of the facts to a month of 30 days. */
  readonly perMonth: number
}

/** Finds one kind of advice. The caller drops what is too small. */
export type AdviceFinder = (sources: AdviceSources) => readonly Advice[]

/** `4.2 %`. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}

/** `12,345`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',')
}
