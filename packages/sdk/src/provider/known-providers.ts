import type { ObservableResult } from '@opentelemetry/api'

import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'
import type { Quota, RateLimit } from './rate-limits.ts'

const maxProviders = 200
/** A quota that no response has described for so long is unknown. */
const quotaLifeMs = 300_000

/** The part of the state of a provider that gauges show. */
export interface KnownProvider {
  /** Labels of the metrics. */
  readonly labels: Readonly<Record<string, string>>
  readonly breaker: { readonly isClosed: boolean } | undefined
  readonly quotas: ReadonlyMap<Quota, RateLimit & { readonly learnedMs: number }>
  /** Number of the clock under which it was learned. */
  readonly clockNumber: number
}

/** The state of each provider, model and server that was called; the most recently called is the last one. */
const known = processWide('providers/1', () => new Map<string, KnownProvider>())

/** Returns the state for a key; `create` makes it the first time, and again under another clock. At most 200 exist. */
export function providerState<State extends KnownProvider>(key: string, clock: number, create: () => State): State {
  const found = known.get(key) as State | undefined
  known.delete(key)
  const state = found?.clockNumber === clock ? found : create()
  known.set(key, state)
  if (known.size > maxProviders) known.delete(known.keys().next().value!)
  return state
}

/** Returns the number of breakers that are open now. */
export function openBreakers(): number {
  let open = 0
  for (const { breaker } of known.values()) if (breaker?.isClosed === false) open += 1
  return open
}

/** The gauges of providers. */
export type ProviderGauge = 'breakerOpen' | 'quotaLimit' | 'quotaRemaining'

/** Reads the gauges of all providers. Servers of the same provider and model are one series: an open breaker and the smallest rest count. */
export function observeProviders(observe: (gauge: ProviderGauge, ...of: Parameters<ObservableResult['observe']>) => void): void {
  const read = new Map<
    string,
    { readonly gauge: ProviderGauge; value: number; readonly labels: Readonly<Record<string, string>> }
  >()
  const add = (gauge: ProviderGauge, value: number | undefined, labels: Readonly<Record<string, string>>): void => {
    if (value === undefined) return
    const key = JSON.stringify([gauge, Object.values(labels)])
    const other = read.get(key)
    if (!other) read.set(key, { gauge, value, labels })
    else other.value = gauge === 'breakerOpen' ? Math.max(other.value, value) : Math.min(other.value, value)
  }
  const oldest = performance.now() - quotaLifeMs
  for (const { labels, breaker, quotas } of known.values()) {
    if (breaker) add('breakerOpen', breaker.isClosed ? 0 : 1, labels)
    for (const [quota, { limit, remaining, learnedMs }] of quotas) {
      if (learnedMs < oldest) continue
      add('quotaLimit', limit, { ...labels, [attribute.quota]: quota })
      add('quotaRemaining', remaining, { ...labels, [attribute.quota]: quota })
    }
  }
  for (const { gauge, value, labels } of read.values()) observe(gauge, value, labels)
}
