import { expect, test } from 'vitest'

import { loadConfiguration, type AlertChannel, type Configuration } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

function load(channels: string, env: Record<string, string> = {}): Configuration {
  return loadConfiguration({ env, cwd: folderWith({ 'config/production.yaml': `alerts:\n  channels:\n${channels}` }) })
}

function revealed(channel: AlertChannel | undefined): string | undefined {
  return channel?.type === 'slack' ? channel.webhook?.reveal() : channel?.type === 'webhook' ? channel.url.reveal() : undefined
}

const slack = 'https://hooks.slack.com/services/x'

test('variables alone make one channel of each kind', () => {
  const { alerts, origins } = loadConfiguration({
    file: false,
    env: {
      ALERT_EMAIL_HOST: 'mail.example.com',
      ALERT_EMAIL_TO: 'ops@example.com, Boss <boss@example.com>',
      ALERT_SLACK_WEBHOOK: slack,
      ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
      ALERT_WEBHOOK_SECRET: 'key',
    },
  })
  const base = { severities: ['critical', 'warning', 'info'], fallback: false, quietHours: undefined }
  expect(JSON.parse(JSON.stringify(alerts.channels))).toEqual(
    JSON.parse(
      JSON.stringify([
        {
          type: 'email',
          name: 'email',
          ...base,
          recipients: ['ops@example.com', 'Boss <boss@example.com>'],
          host: 'mail.example.com',
          port: 587,
          from: 'swarmwatch@localhost',
        },
        { type: 'slack', name: 'slack', ...base, webhook: '***' },
        { type: 'webhook', name: 'webhook', ...base, url: '***', secret: '***', secrets: [], allowedPrivateHosts: [] },
      ]),
    ),
  )
  expect(origins['alerts.channels[0].recipients']).toBe('environment ALERT_EMAIL_TO')
})

test('variables complete a channel of the file that has no target, and add no other channel', () => {
  const { alerts } = load('    - { type: slack, name: ops, severities: [critical], fallback: true }', {
    ALERT_SLACK_WEBHOOK: slack,
  })
  expect(alerts.channels).toMatchObject([{ type: 'slack', name: 'ops', severities: ['critical'], fallback: true }])
  expect(revealed(alerts.channels[0])).toBe(slack)
})

test('a fallback receives critical alerts at once only if its severities contain critical', () => {
  const listed = '{ type: console, name: listed, fallback: true, severities: [critical, warning, info] }'
  const { alerts } = load(`    - { type: console, name: silent, fallback: true }\n    - ${listed}`)
  expect(alerts.channels.map(({ severities }) => severities)).toEqual([
    ['warning', 'info'],
    ['critical', 'warning', 'info'],
  ])
})

test('the entry of a mail channel decides whether TLS is required, otherwise ALERT_EMAIL_REQUIRE_TLS does', () => {
  const channels = '    - { type: email, require_tls: true }\n    - { type: email, name: other }'
  const mail = { ALERT_EMAIL_HOST: 'mail', ALERT_EMAIL_TO: 'ops@example.com' }
  const { alerts, origins } = load(channels, { ...mail, ALERT_EMAIL_REQUIRE_TLS: 'false' })
  expect(alerts.channels).toMatchObject([{ requireTls: true }, { requireTls: false }])
  expect([origins['alerts.channels[0].requireTls'], origins['alerts.channels[1].requireTls']]).toEqual([
    'file config/production.yaml:alerts.channels[0].require_tls',
    'environment ALERT_EMAIL_REQUIRE_TLS',
  ])
  expect(load('    - { type: email }', mail).alerts.channels).toMatchObject([{ requireTls: undefined }])
  expect(problemsOf({ file: false, env: { ...mail, ALERT_EMAIL_REQUIRE_TLS: 'no' } })).toEqual([
    'ALERT_EMAIL_REQUIRE_TLS must be true or false, got "no"',
  ])
})

test('the variable does not replace a target of the file', () => {
  const { alerts } = load('    - { type: webhook, url: "http://a/b" }', { ALERT_WEBHOOK_URL: 'http://c/d' })
  expect(alerts.channels.map(revealed)).toEqual(['http://a/b'])
})

test('a channel whose target is unset or empty is off and listed in offChannels, the others stay', () => {
  const { alerts, offChannels, origins } = load(
    `    - { type: slack, name: team, webhook: "\${TEAM_HOOK}" }
    - { type: webhook, url: "\${HOOK:-}" }
    - { type: email, recipients: ["\${ALERT_EMAIL_TO}"] }
    - { type: webhook, name: second, url: "https://a/\${A}/\${B}" }
    - { type: console }`,
    { TEAM_HOOK: '', B: 'set', ALERT_SLACK_WEBHOOK: slack },
  )
  expect(alerts.channels.map(({ name }) => name)).toEqual(['console'])
  expect(origins['alerts.channels[0].name']).toBe('default')
  expect(offChannels).toEqual([
    'alert channel "team" is off: TEAM_HOOK is not set; set it, or remove alerts.channels[0] from config/production.yaml',
    'alert channel "webhook" is off: HOOK is not set; set it, or remove alerts.channels[1] from config/production.yaml',
    'alert channel "email" is off: ALERT_EMAIL_TO is not set and ALERT_EMAIL_HOST is not set; set them, or remove alerts.channels[2] from config/production.yaml',
    'alert channel "second" is off: A is not set; set it, or remove alerts.channels[3] from config/production.yaml',
  ])
})

test('mail without a server or without recipients is off and listed in offChannels', () => {
  expect(loadConfiguration({ env: { ALERT_EMAIL_HOST: 'mail' }, file: false }).offChannels).toEqual([
    'alert channel "email" is off: ALERT_EMAIL_TO is not set; set it',
  ])
  expect(loadConfiguration({ env: { ALERT_EMAIL_TO: 'a@b' }, file: false }).offChannels).toEqual([
    'alert channel "email" is off: ALERT_EMAIL_HOST is not set; set it',
  ])
  expect(load('    - { type: email, recipients: [] }', { ALERT_EMAIL_HOST: 'mail' }).offChannels).toEqual([
    'alert channel "email" is off: alerts.channels[0].recipients is empty; set it, or remove alerts.channels[0] from config/production.yaml',
  ])
})

test('mail without server and recipients names both variables', () => {
  expect(load("    - { type: email, recipients: ['${ALERT_EMAIL_TO}'] }", {}).offChannels).toEqual([
    'alert channel "email" is off: ALERT_EMAIL_TO is not set and ALERT_EMAIL_HOST is not set; set them, or remove alerts.channels[0] from config/production.yaml',
  ])
})

test('a channel that is off is incomplete when a part of what it needs is set; a port alone is not', () => {
  const incomplete = (env: Record<string, string>): readonly string[] =>
    load("    - { type: email, recipients: ['${ALERT_EMAIL_TO}'] }\n    - { type: slack, webhook: '${HOOK}' }", env)
      .incompleteChannels
  expect(incomplete({ ALERT_EMAIL_PORT: '25', ALERT_EMAIL_REQUIRE_TLS: 'true' })).toEqual([])
  expect(incomplete({ ALERT_EMAIL_TO: 'a@b' })).toEqual([expect.stringContaining('ALERT_EMAIL_HOST is not set; set it')])
  expect(incomplete({ ALERT_EMAIL_HOST: 'mail' })).toEqual([expect.stringContaining('ALERT_EMAIL_TO is not set; set it')])
})

test('a text message channel without several of its variables names all of them', () => {
  const env = { ALERT_SMS_ACCOUNT: 'AC123', ALERT_SMS_TO: '+491701234567' }
  expect(loadConfiguration({ env, file: false }).offChannels).toEqual([
    'alert channel "sms" is off: ALERT_SMS_TOKEN is not set and ALERT_SMS_FROM is not set; set them',
  ])
})

test.each(['slack', 'github'])('an address of Discord that ends in /%s, which takes other messages, is refused', (ending) => {
  const env = { ALERT_DISCORD_WEBHOOK: `https://discord.com/api/webhooks/1/abc/${ending}` }
  expect(problemsOf({ env, file: false })).toEqual([
    'ALERT_DISCORD_WEBHOOK must be the http or https URL of a webhook, without /slack or /github at its end, got ***',
  ])
})

test('recipients come from lists, variables and lists in variables; an unset one is left out', () => {
  const { alerts } = load('    - { type: email, recipients: [a@b, "${TO}", "${NONE}"] }', {
    TO: 'c@d, e@f',
    ALERT_EMAIL_HOST: 'mail',
  })
  expect(alerts.channels).toMatchObject([{ recipients: ['a@b', 'c@d', 'e@f'] }])
})

test('the sender is ALERT_EMAIL_FROM, else the user if that is an address', () => {
  const sender = (env: Record<string, string>): unknown => {
    const [channel] = load('    - { type: email, recipients: [a@b] }', { ALERT_EMAIL_HOST: 'mail', ...env }).alerts.channels
    return channel?.type === 'email' && channel.from
  }
  expect([
    sender({ ALERT_EMAIL_FROM: 'Swarm <s@w>', ALERT_EMAIL_USER: 'u@w' }),
    sender({ ALERT_EMAIL_USER: 'u@w' }),
    sender({ ALERT_EMAIL_USER: 'apikey' }),
  ]).toEqual(['Swarm <s@w>', 'u@w', 'swarmwatch@localhost'])
})

test('quiet hours are in UTC unless a zone is named', () => {
  const { alerts } = load(`    - { type: console, quiet_hours: { from: 22:00, to: '07:00' } }
    - { type: console, name: berlin, quiet_hours: { from: '22:00', to: '07:00', time_zone: Europe/Berlin } }`)
  expect(alerts.channels.map(({ quietHours }) => quietHours)).toEqual([
    { from: '22:00', to: '07:00', timeZone: 'UTC' },
    { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' },
  ])
})

test('two channels of one type need names', () => {
  const cwd = folderWith({ 'config/production.yaml': 'alerts:\n  channels:\n    - type: console\n    - type: console\n' })
  expect(problemsOf({ env: {}, cwd })).toEqual([
    'alerts.channels[1].name must differ from the other channels; set a name (config/production.yaml:4)',
  ])
})

test('a bot replaces the webhook and posts to its channel', () => {
  const { alerts, origins } = load('    - { type: slack, bot_token: "${SLACK_TOKEN}", channel: C123 }', {
    SLACK_TOKEN: 'xoxb-1',
    ALERT_SLACK_WEBHOOK: slack,
  })
  const [channel] = alerts.channels
  expect(channel?.type === 'slack' && [channel.botToken?.reveal(), channel.channel, channel.webhook]).toEqual([
    'xoxb-1',
    'C123',
    undefined,
  ])
  expect(origins['alerts.channels[0].botToken']).toBe('file config/production.yaml:alerts.channels[0].bot_token')
})

test('a bot without a token is off unless there is a webhook, and a bot without a channel is off', () => {
  const bot = '    - { type: slack, bot_token: "${SLACK_TOKEN}", channel: C123 }'
  expect(load(bot).offChannels).toEqual([
    'alert channel "slack" is off: SLACK_TOKEN is not set; set it, or remove alerts.channels[0] from config/production.yaml',
  ])
  expect(load(bot, { ALERT_SLACK_WEBHOOK: slack }).alerts.channels.map(revealed)).toEqual([slack])
  expect(load('    - { type: slack, bot_token: xoxb-1 }').offChannels).toEqual([
    'alert channel "slack" is off: alerts.channels[0].channel is missing, which the bot posts to; set it, or remove alerts.channels[0] from config/production.yaml',
  ])
})

test('a bot together with a webhook is a problem, and its token is not shown', () => {
  const text = `alerts:\n  channels:\n    - { type: slack, webhook: "${slack}", bot_token: xoxb-1, channel: a }\n`
  expect(problemsOf({ env: {}, cwd: folderWith({ 'config/production.yaml': text }) })).toEqual([
    'alerts.channels[0].bot_token must not be set together with webhook, got *** (config/production.yaml:3)',
  ])
})

test('a webhook may have further keys, of which empty ones are ignored, and private hosts', () => {
  const listed =
    '    - { type: webhook, url: "http://hub.internal/x", secrets: ["${OLD_KEY:-}", "${NEW_KEY:-}"], allowed_private_hosts: [hub.internal] }'
  const [channel] = load(listed, { NEW_KEY: 's3cret' }).alerts.channels
  expect(channel?.type === 'webhook' && [channel.secrets?.map((key) => key.reveal()), channel.allowedPrivateHosts]).toEqual([
    ['s3cret'],
    ['hub.internal'],
  ])
  expect(JSON.stringify(channel)).not.toContain('s3cret')
})

test('a further key with an unset variable is a problem', () => {
  const text = 'alerts:\n  channels:\n    - { type: webhook, url: "http://a/b", secrets: ["${OLD_KEY}"] }\n'
  expect(problemsOf({ env: {}, cwd: folderWith({ 'config/production.yaml': text }) })).toEqual([
    'alerts.channels[0].secrets[0] uses ${OLD_KEY}, which is not set; set it or write ${OLD_KEY:-default} (config/production.yaml:3)',
  ])
})
