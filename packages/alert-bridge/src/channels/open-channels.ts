import { isLastResort, type AlertChannel } from '@swarmwatch/config'

import type { MessageStyle } from '../message/notice.ts'
import type { RoutedChannel } from '../routing.ts'
import type { Channel, ChannelDependencies, OpenChannel } from './channel.ts'
import { type HideSecrets, hideSecrets } from './guarded-delivery.ts'
import { hasProxy, proxiedFetch, proxyFor, proxySecrets, type ProxySettings } from './proxy.ts'
import { channels } from './registry.ts'

/** Options for {@link openChannels}. */
export interface OpenChannelsOptions extends Partial<ChannelDependencies> {
  /** How messages are written. @default times in UTC, in the words of the bridge */
  readonly style?: MessageStyle | undefined
  /** @default direct connections */
  readonly proxies?: ProxySettings | undefined
}

/** Opens the channels of a configuration; nothing is connected before the first delivery. */
export function openChannels(
  configured: readonly AlertChannel[],
  { style, proxies = {}, ...dependencies }: OpenChannelsOptions = {},
): RoutedChannel[] {
  const proxied = hasProxy(proxies)
    ? { fetch: proxiedFetch(proxies), proxyFor: (url: URL) => proxyFor(url, proxies), ...dependencies }
    : dependencies
  const hide = hideSecrets(proxySecrets(proxies))
  return configured.map((settings) => ({
    channel: prepared(openChannel(settings, proxied), style, hide),
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

/** The channel in the style of the messages. A proxy that quotes its own address or the login does not show them in a reason. */
function prepared(channel: Channel, style: MessageStyle | undefined, hide: HideSecrets): Channel {
  return {
    ...channel,
    async deliver(delivery, signal) {
      const notice = style === undefined ? delivery.notice : { ...delivery.notice, style }
      const result = await channel.deliver({ ...delivery, notice }, signal)
      return result.kind === 'delivered' ? result : { ...result, reason: hide(result.reason) }
    },
  }
}
