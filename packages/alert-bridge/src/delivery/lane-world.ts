import type { Checkpoints } from '../checkpoint.ts'
import type { BridgeMetrics } from '../metrics/bridge-metrics.ts'
import type { Store } from '../store/store.ts'
import type { PauseWatch } from '../patience.ts'
import type { DeliveryTimes } from './delivery-times.ts'

/** What delivering needs of the world around it. */
export interface LaneWorld {
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
