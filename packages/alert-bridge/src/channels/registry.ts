import type { ConsoleChannel } from '@swarmwatch/config'

import type { Channel, ChannelWorld } from './channel.ts'
import { openConsoleChannel } from './console/console-channel.ts'
import { type EmailChannelSettings, openEmailChannel } from './email/email-channel.ts'
import { openSlackChannel, type SlackChannelSettings } from './slack/slack-channel.ts'
import { openWebhookChannel, type WebhookChannelSettings } from './webhook/webhook-channel.ts'

/** The settings of any channel. */
export type ChannelSettings = EmailChannelSettings | SlackChannelSettings | WebhookChannelSettings | ConsoleChannel

/** Opens a channel of whichever type; nothing is connected before the first delivery. */
export function openChannel(settings: ChannelSettings, world?: Partial<ChannelWorld>): Channel {
  switch (settings.type) {
    case 'email':
      return openEmailChannel(settings, world)
    case 'slack':
      return openSlackChannel(settings, world)
    case 'webhook':
      return openWebhookChannel(settings, world)
    case 'console':
      return openConsoleChannel(settings, world)
  }
}
