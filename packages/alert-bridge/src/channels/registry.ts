import type { ChannelOpeners } from './channel.ts'
import { openConsoleChannel } from './console/console-channel.ts'
import { openEmailChannel } from './email/email-channel.ts'
import { openSlackChannel } from './slack/slack-channel.ts'
import { openWebhookChannel } from './webhook/webhook-channel.ts'

/** The delivery of each channel type. */
export const channels: ChannelOpeners = {
  email: openEmailChannel,
  slack: openSlackChannel,
  webhook: openWebhookChannel,
  console: openConsoleChannel,
}
