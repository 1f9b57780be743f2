import { isLastResort, type AlertChannel } from '@swarmwatch/config'

import type { RoutedChannel } from '../routing.ts'
import type { Channel, ChannelDependencies, OpenChannel } from './channel.ts'
import { channels } from './registry.ts'

/** Opens the channels of a configuration; nothing is connected before the first delivery. */
export function openChannels(configured: readonly AlertChannel[], dependencies?: Partial<ChannelDependencies>): RoutedChannel[] {
  return configured.map((settings) => ({
    channel: openChannel(settings, dependencies),
    severities: settings.severities,
    fallback: settings.fallback,
    quietHours: settings.quietHours,
  }))
}

/** Opens one channel of any type. */
export function openChannel(settings: AlertChannel, dependencies?: Partial<ChannelDependencies>): Channel {
  const open: OpenChannel<never> = channels[settings.type]
  return { ...open(settings as never, dependencies), isLastResort: isLastResort(settings) }
}
