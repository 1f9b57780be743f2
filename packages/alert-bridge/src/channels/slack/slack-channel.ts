import type { SlackChannel } from '@swarmwatch/config'

import type { Channel } from '../channel.ts'
import { realWorld, type ChannelWorld } from '../channel-world.ts'
import { guardedDelivery } from '../guarded-delivery.ts'
import { hideSecrets } from '../hide-secrets.ts'
import { stopSignal } from '../stop-signal.ts'
import { slackBot } from './slack-bot.ts'
import { incomingWebhook } from './incoming-webhook.ts'

/** Settings of the Slack channel. */
export type SlackChannelSettings = SlackChannel & {
  /** Where the Web API lives. @default 'https://slack.com/api/' */
  readonly apiUrl?: string
  /** Most time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/** Posts to one Slack channel, one message at a time. Only a bot can keep an incident in a thread and mark it resolved. */
export function openSlackChannel(settings: SlackChannelSettings, world: Partial<ChannelWorld> = {}): Channel {
  const whole: ChannelWorld = { ...realWorld, ...world }
  const { name, timeoutMs = 15_000 } = settings
  const stopped = stopSignal()
  const line = { ...whole, during: (signal: AbortSignal) => stopped.during(signal, timeoutMs) }
  const recipients = [settings.botToken === undefined ? name : settings.channel]
  const send =
    settings.botToken === undefined
      ? incomingWebhook(settings.webhook, line)
      : slackBot(
          { token: settings.botToken, channel: settings.channel, apiUrl: settings.apiUrl ?? 'https://slack.com/api/' },
          line,
        )
  return {
    name,
    type: 'slack',
    recipients,
    // Slack takes about one message a second for a channel, and keeps the order only of what is sent one after the other
    concurrency: 1,
    deliver: guardedDelivery(recipients, hideSecrets([settings.webhook, settings.botToken]), send),
    close: async () => stopped.stop(),
  }
}
