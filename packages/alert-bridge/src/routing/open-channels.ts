import type { AlertChannel } from '@swarmwatch/config'

import type { ChannelWorld } from '../channels/channel-world.ts'
import { openChannel } from '../channels/open-channel.ts'
import type { RoutedChannel } from './routed-channel.ts'

/** Opens the channels of a configuration. */
export function openChannels(channels: readonly AlertChannel[], world?: Partial<ChannelWorld>): RoutedChannel[] {
  return channels.map((settings) => ({
    channel: openChannel(settings, world),
    severities: settings.severities,
    fallback: settings.fallback,
    quietHours: settings.quietHours,
  }))
}
