import type { Checkpoints } from '../checkpoint.ts'
import type { PauseWatch } from '../clock.ts'
import type { BridgeMetrics } from '../metrics/bridge-metrics.ts'
import type { Store } from '../outbox/store.ts'

/** What delivering needs of the world around it. */
export interface DeliveryContext {
  readonly store: Store
  readonly metrics: BridgeMetrics
  readonly times: DeliveryTimes
  readonly checkpoints: Checkpoints
  readonly now: () => number
  readonly pauses: Pick<PauseWatch, 'awakeForMs' | 'wasPaused'>
  /** From 0 to 1. */
  readonly random: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  /** A channel stopped working, or works again. */
  readonly onChannel: (channel: string, reason: string | undefined) => void
  /** Something changed that an escalation may depend on. */
  readonly onDead: () => void
}

/** How long and how often, in milliseconds. */
export interface DeliveryTimes {
  /** First wait after a failure. @default 5 s */
  readonly backoffMs: number
  /** Longest wait after a failure, also when a provider asks for more. @default 15 min */
  readonly maxBackoffMs: number
  /** Most time for one try. @default 30 s */
  readonly deadlineMs: number
  /** How long a delivery is ours without a sign of life. @default 60 s */
  readonly leaseMs: number
  /** From a critical alert that reached nobody to the channels in reserve. @default 30 s */
  readonly fallbackAfterMs: number
  /** From a warning that reached nobody to the line on the console. @default 15 min */
  readonly lastResortAfterMs: number
  /** From the first try to the dead letter. @default 24 h */
  readonly giveUpAfterMs: number
  /** From the opening of a breaker to the first probe; doubles up to eight times as long. @default 15 s */
  readonly probeAfterMs: number
  /** Window in which messages are counted. @default 1 min */
  readonly stormWindowMs: number
  /** From the beginning of a storm to its digest. @default 5 s */
  readonly firstDigestAfterMs: number
  /** Between two updates of a digest. @default 1 min */
  readonly digestEveryMs: number
  /** What a stop leaves to those on their way. @default 8 s */
  readonly graceMs: number
}

export const deliveryTimes: DeliveryTimes = {
  backoffMs: 5_000,
  maxBackoffMs: 15 * 60_000,
  deadlineMs: 30_000,
  leaseMs: 60_000,
  fallbackAfterMs: 30_000,
  lastResortAfterMs: 15 * 60_000,
  giveUpAfterMs: 24 * 3_600_000,
  probeAfterMs: 15_000,
  stormWindowMs: 60_000,
  firstDigestAfterMs: 5_000,
  digestEveryMs: 60_000,
  graceMs: 8_000,
}
