import type { Severity } from '@swarmwatch/config'

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
