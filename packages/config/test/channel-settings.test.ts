import { expect, test } from 'vitest'

import { loadConfiguration, type AlertChannel } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

/** Values of a channel without those that every channel has; secrets as text. */
function own({ severities: _severities, fallback: _fallback, quietHours: _quietHours, ...values }: AlertChannel): object {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, typeof value === 'object' && 'reveal' in value ? value.reveal() : value]),
  )
}

const variables = {
  ALERT_DISCORD_WEBHOOK: 'https://discord.com/api/webhooks/1/abc',
  ALERT_MATTERMOST_WEBHOOK: 'https://chat.example.com/hooks/abc',
  ALERT_NTFY_URL: 'https://ntfy.example.com/below/alerts-7hg2',
  ALERT_NTFY_TOKEN: 'tk_abc',
  ALERT_PAGERDUTY_ROUTING_KEY: 'abcdefghijklmnopqrstuvwxyz012345',
  ALERT_SMS_ACCOUNT: 'AC0123',
  ALERT_SMS_TOKEN: 'token',
  ALERT_SMS_FROM: 'Swarmwatch',
  ALERT_SMS_TO: '+491701234567, +15005550006',
  ALERT_TELEGRAM_BOT_TOKEN: '123456:abcdefghijklmnopqrstuvwxyz',
  ALERT_TELEGRAM_CHAT: '-1001234567890',
}

const channels = [
  { type: 'discord', name: 'discord', webhook: variables.ALERT_DISCORD_WEBHOOK },
  { type: 'mattermost', name: 'mattermost', webhook: variables.ALERT_MATTERMOST_WEBHOOK },
  { type: 'ntfy', name: 'ntfy', url: variables.ALERT_NTFY_URL, token: 'tk_abc' },
  {
    type: 'pagerduty',
    name: 'pagerduty',
    routingKey: variables.ALERT_PAGERDUTY_ROUTING_KEY,
    apiUrl: 'https://events.pagerduty.com',
  },
  {
    type: 'sms',
    name: 'sms',
    account: 'AC0123',
    token: 'token',
    from: 'Swarmwatch',
    recipients: ['+491701234567', '+15005550006'],
    apiUrl: 'https://api.twilio.com',
  },
  {
    type: 'telegram',
    name: 'telegram',
    botToken: variables.ALERT_TELEGRAM_BOT_TOKEN,
    chat: '-1001234567890',
    apiUrl: 'https://api.telegram.org',
  },
]

test('variables alone switch on a channel of each type', () => {
  const { alerts, offChannels } = loadConfiguration({ env: variables, file: false })
  expect(alerts.channels.map(own)).toEqual(channels)
  expect(offChannels).toEqual([])
})

test('the file lists channels of each type, with variables in their secrets', () => {
  const file = [
    'alerts:',
    '  channels:',
    '    - { type: discord, name: chat, webhook: "${ALERT_DISCORD_WEBHOOK}", severities: [critical] }',
    '    - { type: mattermost, webhook: "${ALERT_MATTERMOST_WEBHOOK}" }',
    '    - { type: ntfy, url: "${ALERT_NTFY_URL}" }',
    '    - { type: pagerduty, routing_key: "${ALERT_PAGERDUTY_ROUTING_KEY}", api_url: "https://events.eu.pagerduty.com" }',
    '    - { type: sms, recipients: ["+491701234567"], fallback: true }',
    '    - { type: telegram, bot_token: "${ALERT_TELEGRAM_BOT_TOKEN}", chat: "@alerts_of_ops" }',
  ].join('\n')
  const { alerts } = loadConfiguration({ env: variables, cwd: folderWith({ 'config/production.yaml': file }) })
  const [discord, mattermost, ntfy, pagerduty, sms, telegram] = channels
  expect(alerts.channels.map(own)).toEqual([
    { ...discord, name: 'chat' },
    mattermost,
    ntfy,
    { ...pagerduty, apiUrl: 'https://events.eu.pagerduty.com' },
    { ...sms, recipients: ['+491701234567'] },
    { ...telegram, chat: '@alerts_of_ops' },
  ])
})

test.each([
  ['ALERT_SMS_TOKEN', 'alert channel "sms" is off: ALERT_SMS_TOKEN is not set; set it'],
  ['ALERT_SMS_TO', 'alert channel "sms" is off: ALERT_SMS_TO is not set; set it'],
  ['ALERT_TELEGRAM_CHAT', 'alert channel "telegram" is off: ALERT_TELEGRAM_CHAT is not set; set it'],
])('without %s its channel is off, and a line names the variable', (name, line) => {
  const { offChannels } = loadConfiguration({ env: { ...variables, [name]: '' }, file: false })
  expect(offChannels).toEqual([line])
})

test('all invalid variables of channels are reported at once, secrets without their values', () => {
  const env = {
    ALERT_DISCORD_WEBHOOK: 'discord.com',
    ALERT_NTFY_URL: 'https://ntfy.sh',
    ALERT_PAGERDUTY_ROUTING_KEY: 'too-short',
    ALERT_PAGERDUTY_API_URL: 'ftp://x',
    ALERT_SMS_ACCOUNT: 'AC/..',
    ALERT_SMS_FROM: 'a name that is too long',
    ALERT_SMS_TO: '+491701234567,0170',
    ALERT_TELEGRAM_BOT_TOKEN: 'bot123',
    ALERT_TELEGRAM_CHAT: 'ops',
  }
  expect(problemsOf({ env, file: false })).toEqual([
    'ALERT_DISCORD_WEBHOOK must be the http or https URL of a webhook, without /slack or /github at its end, got ***',
    'ALERT_NTFY_URL must be the address of a topic, such as https://ntfy.sh/my-topic, got ***',
    'ALERT_PAGERDUTY_ROUTING_KEY must be an integration key of 32 letters and digits, got ***',
    'ALERT_PAGERDUTY_API_URL must be an http or https URL without user name and password, got "ftp://x"',
    'ALERT_SMS_ACCOUNT must be 2 to 64 letters, digits, dashes or underscores, got "AC/.."',
    'ALERT_SMS_FROM must be a phone number such as +491701234567, the SID of a messaging service, or a name of up to 11 letters and digits, got "a name that is too long"',
    'ALERT_SMS_TO must be phone numbers such as +491701234567 separated by commas, got "+491701234567,0170"',
    'ALERT_TELEGRAM_BOT_TOKEN must be the token of a bot, such as 123456:ABC-def, got ***',
    'ALERT_TELEGRAM_CHAT must be the id of a chat, such as -1001234567890, or @ and the name of a channel, got "ops"',
  ])
})
