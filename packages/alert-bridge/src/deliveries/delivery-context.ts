import type { Checkpoints } from '../checkpoint.ts'
import type { PauseWatch } from '../clock.ts'
import type { BridgeMetrics } from '../metrics/bridge-metrics.ts'
import type { Incidents } from '../outbox/incidents.ts'
import type { BreakerStates, Failovers, Outbox, RateLimitStates, Store } from '../outbox/store.ts'

/** Parts of the bridge that deliveries use. */
export interface DeliveryContext {
  readonly store: Outbox & Failovers & RateLimitStates & BreakerStates & Pick<Incidents, 'incident'> & Pick<Store, 'sharing'>
  readonly metrics: BridgeMetrics
  readonly times: DeliveryTimes
  readonly checkpoints: Checkpoints
  readonly now: () => number
  readonly pauses: Pick<PauseWatch, 'awakeForMs' | 'wasPaused'>
  /** From 0 to 1. */
  readonly random: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  /** Called when a channel stops working (with the reason) and when it works again. */
  readonly onChannel: (channel: string, reason: string | undefined) => void
  /** Called when a delivery became a dead letter, because a failover may depend on it. */
  readonly onDead: () => void
}

/** Durations in milliseconds. */
export interface DeliveryTimes {
  /** First wait after a failure. @default 5 s */
  readonly backoffMs: number
  /** Longest wait after a failure, also when a provider asks for more. @default 15 min */
  readonly maxBackoffMs: number
  /** Maximum time for one attempt. @default 30 s */
  readonly deadlineMs: number
  /** How often bridges that share a store report that they live. @default 3 s */
  readonly beatEveryMs: number
  /** How often old rows are deleted, and deliveries to removed channels are given up. @default 1 h */
  readonly upkeepEveryMs: number
  /** From a critical alert that reached no one to the fallback channels. @default 30 s */
  readonly fallbackAfterMs: number
  /** From a warning that reached no one to the line on the console. @default 15 min */
  readonly lastResortAfterMs: number
  /** From the first attempt to the dead letter. @default 24 h */
  readonly giveUpAfterMs: number
  /** From the opening of a breaker to the first probe; doubles up to eight times as long. @default 15 s */
  readonly probeAfterMs: number
  /** Window in which messages are counted. @default 1 min */
  readonly stormWindowMs: number
  /** From the beginning of a storm to its digest. @default 5 s */
  readonly firstDigestAfterMs: number
  /** Between two updates of a digest. @default 1 min */
  readonly digestEveryMs: number
  /** From steps of several incidents that are due at the same time to the message about them. @default 2 s */
  readonly stepWaitMs: number
  /** After a message of an escalation step, further steps for its recipient wait this long and are sent in one message. @default 4 s */
  readonly stepWindowMs: number
  /** Time for the attempts in progress when the bridge stops. @default 8 s */
  readonly graceMs: number
}

export const deliveryTimes: DeliveryTimes = {
  backoffMs: 5_000,
  maxBackoffMs: 15 * 60_000,
  deadlineMs: 30_000,
  beatEveryMs: 3_000,
  upkeepEveryMs: 3_600_000,
  fallbackAfterMs: 30_000,
  lastResortAfterMs: 15 * 60_000,
  giveUpAfterMs: 24 * 3_600_000,
  probeAfterMs: 15_000,
  stormWindowMs: 60_000,
  firstDigestAfterMs: 5_000,
  digestEveryMs: 60_000,
  // a step may be 30 s late, of which the takeover from a bridge that was killed needs up to 15 s; these two overlap
  stepWaitMs: 2_000,
  stepWindowMs: 4_000,
  graceMs: 8_000,
}
