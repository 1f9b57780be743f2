import { addressesOf, isLastResort, type AlertChannel } from '@swarmwatch/config'

import { type ActionLinkSettings, withActions } from '../incidents/action-links.ts'
import type { MessageStyle, Notice } from '../message/notice.ts'
import type { RoutedChannel } from '../routing.ts'
import type { Channel, ChannelDependencies, OpenChannel } from './channel.ts'
import { type HideSecrets, hideSecrets } from './guarded-delivery.ts'
import { hasProxy, proxiedFetch, proxyFor, proxySecrets, type ProxySettings } from './proxy.ts'
import { channels } from './registry.ts'

/** Options for {@link openChannels}. */
export interface OpenChannelsOptions extends Partial<ChannelDependencies> {
  /** How messages are written. @default times in UTC, in the words of the bridge */
  readonly style?: MessageStyle | undefined
  /** Links with which people act on incidents. @default none */
  readonly actions?: MessageActions | undefined
  /** Addresses of escalation steps, which channels of their type may notify besides their own recipients. @default [] */
  readonly people?: readonly string[] | undefined
  /** @default direct connections */
  readonly proxies?: ProxySettings | undefined
}

/** How messages get links and buttons. */
export interface MessageActions {
  readonly links: ActionLinkSettings
  /** Whether the bridge accepts clicks on buttons of a Slack bot. */
  readonly hasSlackButtons: boolean
  readonly now: () => number
}

/** Opens the channels of a configuration; nothing is connected before the first delivery. */
export function openChannels(
  configured: readonly AlertChannel[],
  { style, actions, people = [], proxies = {}, ...dependencies }: OpenChannelsOptions = {},
): RoutedChannel[] {
  const proxied = hasProxy(proxies)
    ? { fetch: proxiedFetch(proxies), proxyFor: (url: URL) => proxyFor(url, proxies), ...dependencies }
    : dependencies
  const hide = hideSecrets(proxySecrets(proxies))
  return configured.map((settings) => ({
    type: settings.type,
    channel: prepared(openChannel(withPeople(settings, people), proxied), {
      style,
      hide,
      acts: actions && actsOn(settings, actions),
    }),
    severities: settings.severities,
    fallback: settings.fallback,
    quietHours: settings.quietHours,
  }))
}

/** Only types whose channels can notify a single person have addresses. */
function withPeople(settings: AlertChannel, people: readonly string[]): AlertChannel {
  const served = addressesOf(settings.type, people)
  return served.length === 0 ? settings : Object.assign({}, settings, { people: served })
}

/** Opens one channel of any type. */
export function openChannel(settings: AlertChannel, dependencies?: Partial<ChannelDependencies>): Channel {
  const open: OpenChannel<never> = channels[settings.type]
  return { ...open(settings as never, dependencies), isLastResort: isLastResort(settings) }
}

interface Preparation {
  readonly style: MessageStyle | undefined
  readonly hide: HideSecrets
  readonly acts: ((notice: Notice) => Notice) | undefined
}

/** Adds the links and buttons of one channel. A last resort is a log, which must not contain a link that acts. */
function actsOn(
  settings: AlertChannel,
  { links, hasSlackButtons, now }: MessageActions,
): ((notice: Notice) => Notice) | undefined {
  if (isLastResort(settings)) return undefined
  const hasButtons = hasSlackButtons && settings.type === 'slack' && settings.botToken !== undefined
  return (notice) => withActions(notice, links, now(), hasButtons)
}

/** The channel in the style of the messages. A proxy that quotes its own address or the login does not show them in a reason. */
function prepared(channel: Channel, { style, hide, acts = (notice) => notice }: Preparation): Channel {
  return {
    ...channel,
    async deliver(delivery, signal) {
      const notice = acts(style === undefined ? delivery.notice : { ...delivery.notice, style })
      const result = await channel.deliver({ ...delivery, notice }, signal)
      return result.kind === 'delivered' ? result : { ...result, reason: hide(result.reason) }
    },
  }
}
