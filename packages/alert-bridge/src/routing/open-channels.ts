import type { ChannelWorld } from '../channels/channel-world.ts'
import { openChannel, type ChannelSettings } from '../channels/open-channel.ts'
import type { RoutedChannel } from './routed-channel.ts'

/** Opens the channels of a configuration. */
export function openChannels(channels: readonly ChannelSettings[], world?: Partial<ChannelWorld>): RoutedChannel[] {
  return channels.map((settings) => ({
    channel: openChannel(settings, world),
    severities: settings.severities,
    fallback: settings.fallback,
    quietHours: settings.quietHours,
  }))
}
