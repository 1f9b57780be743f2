import type { RoutedChannel } from '../routing.ts'
import type { ChannelWorld } from './channel.ts'
import { type ChannelSettings, openChannel } from './registry.ts'

/** Opens the channels of a configuration. */
export function openChannels(channels: readonly ChannelSettings[], world?: Partial<ChannelWorld>): RoutedChannel[] {
  return channels.map((settings) => ({
    channel: openChannel(settings, world),
    severities: settings.severities,
    fallback: settings.fallback,
    quietHours: settings.quietHours,
  }))
}
