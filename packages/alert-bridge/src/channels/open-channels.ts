import { isLastResort, type AlertChannel } from '@swarmwatch/config'

import type { MessageStyle } from '../message/notice.ts'
import type { RoutedChannel } from '../routing.ts'
import type { Channel, ChannelDependencies, OpenChannel } from './channel.ts'
import { channels } from './registry.ts'

/** Options for {@link openChannels}. */
export interface OpenChannelsOptions extends Partial<ChannelDependencies> {
  /** How messages are written. @default times in UTC, in the words of the bridge */
  readonly style?: MessageStyle | undefined
}

/** Opens the channels of a configuration; nothing is connected before the first delivery. */
export function openChannels(
  configured: readonly AlertChannel[],
  { style, ...dependencies }: OpenChannelsOptions = {},
): RoutedChannel[] {
  return configured.map((settings) => ({
    channel: withStyle(openChannel(settings, dependencies), style),
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

function withStyle(channel: Channel, style: MessageStyle | undefined): Channel {
  if (style === undefined) return channel
  return {
    ...channel,
    deliver: (delivery, signal) => channel.deliver({ ...delivery, notice: { ...delivery.notice, style } }, signal),
  }
}
