// Generated from packages/config/src/channels/registry.ts: pnpm generate
import type { ChannelOpeners } from './channel.ts'
import { openConsoleChannel } from './console/console-channel.ts'
import { openDiscordChannel } from './discord/discord-channel.ts'
import { openEmailChannel } from './email/email-channel.ts'
import { openMattermostChannel } from './mattermost/mattermost-channel.ts'
import { openNtfyChannel } from './ntfy/ntfy-channel.ts'
import { openPagerdutyChannel } from './pagerduty/pagerduty-channel.ts'
import { openSlackChannel } from './slack/slack-channel.ts'
import { openSmsChannel } from './sms/sms-channel.ts'
import { openTeamsChannel } from './teams/teams-channel.ts'
import { openTelegramChannel } from './telegram/telegram-channel.ts'
import { openWebhookChannel } from './webhook/webhook-channel.ts'

/** The delivery of each channel type. */
export const channels: ChannelOpeners = {
  discord: openDiscordChannel,
  email: openEmailChannel,
  mattermost: openMattermostChannel,
  ntfy: openNtfyChannel,
  pagerduty: openPagerdutyChannel,
  slack: openSlackChannel,
  sms: openSmsChannel,
  teams: openTeamsChannel,
  telegram: openTelegramChannel,
  webhook: openWebhookChannel,
  console: openConsoleChannel,
}
