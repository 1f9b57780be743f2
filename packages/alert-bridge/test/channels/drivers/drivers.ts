import type { ChannelDriver } from './channel-driver.ts'
import { consoleDrivers } from './console-driver.ts'
import { discordDrivers } from './discord-driver.ts'
import { emailDrivers } from './email-driver.ts'
import { mattermostDrivers } from './mattermost-driver.ts'
import { ntfyDrivers } from './ntfy-driver.ts'
import { pagerdutyDrivers } from './pagerduty-driver.ts'
import { slackDrivers } from './slack-driver.ts'
import { smsDrivers } from './sms-driver.ts'
import { teamsDrivers } from './teams-driver.ts'
import { telegramDrivers } from './telegram-driver.ts'
import { webhookDrivers } from './webhook-driver.ts'

/** The drivers of each channel type. The conformance suite fails for a type that has none. */
export const drivers: Readonly<Record<string, readonly ChannelDriver[]>> = {
  console: consoleDrivers,
  discord: discordDrivers,
  email: emailDrivers,
  mattermost: mattermostDrivers,
  ntfy: ntfyDrivers,
  pagerduty: pagerdutyDrivers,
  slack: slackDrivers,
  sms: smsDrivers,
  teams: teamsDrivers,
  telegram: telegramDrivers,
  webhook: webhookDrivers,
}
