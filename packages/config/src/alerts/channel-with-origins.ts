import type { Origin } from '../origin.ts'
import type { AlertChannel } from './alert-channel.ts'

/** A channel and where its parts came from. */
export interface ChannelWithOrigins {
  readonly channel: AlertChannel
  readonly origins: Readonly<Record<string, Origin>>
}
