import type { QuietHours, Severity } from '@swarmwatch/config'

import type { Channel } from '../channels/channel.ts'

/** A channel and what it is for. */
export interface RoutedChannel {
  readonly channel: Channel
  readonly severities: readonly Severity[]
  readonly fallback: boolean
  readonly quietHours: QuietHours | undefined
}
