import type { Checkpoints } from './checkpoint.ts'
import type { DeliveryTimes } from './deliveries/delivery-context.ts'
import type { BridgeMetrics } from './metrics/bridge-metrics.ts'
import type { RoutedChannel } from './routing.ts'
import type { Store } from './outbox/store.ts'

/** What the bridge is made of. */
export interface CoreOptions {
  readonly store: Store
  readonly channels: readonly RoutedChannel[]
  readonly metrics: BridgeMetrics
  /** Milliseconds since 1970, never backwards. */
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  readonly times?: Partial<DeliveryTimes>
  /** So many deliveries may wait; more is refused until some have been told. @default 200,000 */
  readonly inboxLimit?: number | undefined
  readonly random?: () => number
  readonly checkpoints?: Checkpoints
  /** Whether the other channels are told that one does not work. @default true */
  readonly tellsOfChannels?: boolean
}
