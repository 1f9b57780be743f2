import type { Meter } from '@opentelemetry/api'
import type { Severity } from '@swarmwatch/config'

import { duplicateKinds } from '../intake/dedupe.ts'

/** How a try ended, as a label. */
export const deliveryOutcomes = ['delivered', 'retry', 'channel_down', 'undeliverable', 'gave_up', 'collapsed'] as const
export type DeliveryOutcome = (typeof deliveryOutcomes)[number]

/** What the bridge counts. */
export interface BridgeMetrics {
  readonly received: () => void
  readonly duplicate: (kind: string) => void
  readonly delivery: (channel: string, outcome: DeliveryOutcome, count?: number) => void
  readonly latency: (channel: string, severity: Severity, seconds: number) => void
  readonly deadLetter: () => void
  readonly fallback: (channel: string) => void
  readonly unknownOutcome: (count?: number) => void
  /** Asked for whenever somebody reads the metrics. */
  readonly observe: (read: BridgeGauges) => void
}

/** What is read when it is asked for. */
export interface BridgeGauges {
  readonly oldestAgeSeconds: () => Promise<number>
  readonly openBreakers: () => readonly { readonly channel: string; readonly isOpen: boolean }[]
  /** Undefined without a dead-man's switch. */
  readonly watchdogAgeSeconds: () => number | undefined
}

/** Stands for the console line that is left when all channels failed. */
export const lastResortName = 'last_resort'

const latencyBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600]

/** The instruments; every counter starts at 0, since `rate()` cannot see a series that is born at 1. */
export function otelMetrics(meter: Meter, channels: readonly string[]): BridgeMetrics {
  const received = meter.createCounter('bridge.received', { description: 'Requests taken, duplicates too' })
  const duplicates = meter.createCounter('bridge.duplicates', { description: 'Notifications that were told already' })
  const deliveries = meter.createCounter('bridge.deliveries', { description: 'Tries to deliver, by how they ended' })
  const latency = meter.createHistogram('bridge.delivery.latency.seconds', {
    description: 'From acceptance to delivery',
    advice: { explicitBucketBoundaries: latencyBounds },
  })
  const deadLetters = meter.createCounter('bridge.dead.letters', { description: 'Deliveries given up' })
  const fallbacks = meter.createCounter('bridge.fallbacks', { description: 'Channels in reserve that had to be used' })
  const unknown = meter.createCounter('bridge.unknown.outcomes', { description: 'Tries that may have arrived' })
  const oldest = meter.createObservableGauge('bridge.inbox.oldest.age.seconds', { description: 'Age of the oldest that waits' })
  const open = meter.createObservableGauge('bridge.breaker.open', { description: '1 while a channel is given a rest' })
  const watchdog = meter.createObservableGauge('bridge.watchdog.age.seconds', { description: 'Since the last Watchdog' })

  received.add(0)
  deadLetters.add(0)
  unknown.add(0)
  for (const kind of duplicateKinds) duplicates.add(0, { kind })
  for (const channel of channels) for (const outcome of deliveryOutcomes) deliveries.add(0, { channel, outcome })
  for (const channel of [...channels, lastResortName]) fallbacks.add(0, { channel })

  return {
    received: () => received.add(1),
    duplicate: (kind) => duplicates.add(1, { kind }),
    delivery: (channel, outcome, count = 1) => deliveries.add(count, { channel, outcome }),
    latency: (channel, severity, seconds) => latency.record(seconds, { channel, severity }),
    deadLetter: () => deadLetters.add(1),
    fallback: (channel) => fallbacks.add(1, { channel }),
    unknownOutcome: (count = 1) => unknown.add(count),
    observe: (read) => {
      oldest.addCallback(async (result) => result.observe(await read.oldestAgeSeconds()))
      open.addCallback((result) => {
        for (const { channel, isOpen } of read.openBreakers()) result.observe(Number(isOpen), { channel })
      })
      watchdog.addCallback((result) => {
        const age = read.watchdogAgeSeconds()
        if (age !== undefined) result.observe(age)
      })
    },
  }
}
