import { readFileSync, writeFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'

import { freePort } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { check } from '../../src/commands/check.ts'
import { lintAlertmanager } from '../../src/commands/lint-alertmanager.ts'
import { readBridgeSettings } from '../../src/settings.ts'

const good = `
route:
  receiver: bridge
  repeat_interval: 4h
  routes:
    - receiver: bridge-watchdog
      matchers: ['alertname="Watchdog"']
      group_interval: 1m
      repeat_interval: 1m
    - receiver: mail
      matchers: ['alertname=~"Bridge.*"']
receivers:
  - name: bridge
    webhook_configs:
      - url: http://alert-bridge:8090/api/v1/alerts
        timeout: 10s
        http_config: { authorization: { credentials_file: /run/secrets/token } }
  - name: bridge-watchdog
    webhook_configs:
      - url: http://alert-bridge:8090/api/v1/alerts
        send_resolved: false
        timeout: 10s
        http_config: { authorization: { credentials_file: /run/secrets/token } }
  - name: mail
    email_configs: [{ to: ops@example.com }]
`
const own = readFileSync(new URL('../../../../collector/alertmanager/alertmanager.template.yaml', import.meta.url), 'utf8')

test('finds nothing in a good alertmanager.yml', () => {
  expect(lintAlertmanager(good)).toEqual([])
})

test('finds nothing in the alertmanager.yml of this repository', () => {
  expect(lintAlertmanager(own)).toEqual([])
})

test.each([
  [
    'a Watchdog that arrives too rarely',
    /(Watchdog\][^-]*repeat_interval: )1m/,
    '$110m',
    'the Watchdog arrives only every 10 min',
  ],
  [
    'a Watchdog group that is evaluated too rarely',
    /(Watchdog\][^-]*group_interval: )1m/,
    '$15m',
    'the Watchdog arrives only every 5 min',
  ],
  ['no Watchdog', /- receiver: bridge-watchdog/, '- receiver: mail', 'the Watchdog arrives only every 240 min'],
  [
    'resolved alerts that are not sent',
    /send_resolved: true/,
    'send_resolved: false',
    'receiver "bridge": send_resolved is false',
  ],
  ['repeats that count as duplicates', /repeat_interval: 1h/, 'repeat_interval: 2m', 'repeat_interval 2m is below the 5 min'],
  ['a bridge that may hang', /timeout: 10s\n/, '\n', 'receiver "bridge": the webhook has no timeout'],
])('finds what was planted in it: %s', (_, pattern, planted, sentence) => {
  expect(lintAlertmanager(own.replace(pattern, planted))).toEqual([expect.stringContaining(sentence)])
})

test('finds everything that loses alerts or sends them twice', () => {
  const bad = `
route:
  receiver: nobody
  routes:
    - receiver: bridge
      matchers: ['severity="critical"']
      repeat_interval: 1m
receivers:
  - name: nobody
  - name: bridge
    webhook_configs:
      - url: http://alert-bridge:8090/api/v1/alerts
        send_resolved: false
`
  expect(lintAlertmanager(bad)).toEqual([
    'receiver "bridge": the webhook has no timeout, so a bridge that hangs blocks the notifications of its groups; set timeout: 10s',
    'receiver "bridge": send_resolved is false, so no one is notified when an alert is resolved',
    'receiver "bridge": http_config.authorization is missing; the bridge answers 401, and Alertmanager drops the alert',
    'route to "bridge": repeat_interval 1m is below the 5 min in which the same content counts as a duplicate',
    'no route sends the Watchdog to the bridge, so the bridge will raise an alert; add a route, or set BRIDGE_WATCHDOG_SECONDS=0',
    'there is no second receiver: no one is notified when the bridge itself is down',
  ])
})

test.each([
  ['no YAML', '{', 'it is not YAML'],
  ['another file', 'a: 1', 'it is not an Alertmanager configuration: route is not valid'],
  [
    'no bridge',
    good.replaceAll('/api/v1/alerts', '/hook'),
    'no receiver has a webhook with the address of the bridge, .../api/v1/alerts',
  ],
])('describes the problem: %s', (_, text, sentence) => {
  expect(lintAlertmanager(text)).toEqual([sentence])
})

test.each([
  ['authorization: { credentials_file: /run/secrets/token }', 'authorization: { credentials: secret }'],
  ['authorization: { credentials_file: /run/secrets/token }', 'authorization: { type: bearer, credentials_ref: token }'],
  ['authorization: { credentials_file: /run/secrets/token }', 'bearer_token_file: /run/secrets/token'],
  [
    'authorization: { credentials_file: /run/secrets/token }',
    'http_headers: { authorization: { files: [/run/secrets/header] } }',
  ],
  ['url: http://alert-bridge:8090/api/v1/alerts', 'url_file: /run/secrets/bridge_url'],
  ['alertname="Watchdog"', 'alertname="DeadMansSwitch"'],
  ['alertname="Watchdog"', 'alertname=~"Watchdog|InfoInhibitor"'],
])('accepts another notation of the same: %s as %s', (usual, other) => {
  expect(good).toContain(usual)
  expect(lintAlertmanager(good.replaceAll(usual, other))).toEqual([])
})

test('the authorization may be that of all receivers', () => {
  const bare = good.replaceAll(/ +http_config: .*\n/g, '')
  const shared = `global:\n  http_config: { authorization: { credentials_file: /run/secrets/token } }\n`
  expect(lintAlertmanager(`${shared}${bare}`)).toEqual([])
  expect(lintAlertmanager(bare)).toHaveLength(2)
})

test.each([
  ['basic_auth: { username: a }', 'http_config.authorization is missing, and the bridge does not support basic_auth'],
  ['authorization: { type: Basic }', 'http_config.authorization has type Basic, not Bearer'],
])('finds an authorization that the bridge refuses: %s', (other, sentence) => {
  const bad = good.replaceAll('authorization: { credentials_file: /run/secrets/token }', other)
  expect(lintAlertmanager(bad)).toEqual(
    ['bridge', 'bridge-watchdog'].map(
      (name) => `receiver "${name}": ${sentence}; the bridge answers 401, and Alertmanager drops the alert`,
    ),
  )
})

test('a file with the address is read where it can be', () => {
  const files = good.replaceAll('url: http://alert-bridge:8090/api/v1/alerts', 'url_file: bridge_url')
  expect(lintAlertmanager(files, () => 'http://alert-bridge:8090/api/v1/alerts\n')).toEqual([])
  expect(lintAlertmanager(files, () => 'http://elsewhere/hook\n')).toEqual([
    'no receiver has a webhook with the address of the bridge, .../api/v1/alerts',
  ])
})

test('the console does not count as a channel with recipients', async () => {
  const file = join(temporaryFolder(), 'settings.yaml')
  const warningsWith = async (channels: string): Promise<string[]> => {
    writeFileSync(file, `alerts:\n  channels:\n    - { type: console }\n${channels}`)
    const lines: string[] = []
    const settings = readBridgeSettings({ env: { BRIDGE_TOKEN: 'bridge-token-secret', SWARMWATCH_CONFIG: file } })
    await check({ settings, lookup, write: (line) => lines.push(line) })
    return lines.filter((line) => line.startsWith('warning: '))
  }
  const hook = (name: string, severity: string): string =>
    `    - { type: webhook, name: ${name}, url: 'https://${name}.example.com/', severities: [${severity}] }\n`
  const one =
    'warning: there is only one channel besides the console: when it is down, no one is notified; add a second channel of another type'
  expect(await warningsWith('')).toEqual([
    'warning: the console is the only channel, so no one is notified; set alerts.channels or ALERT_*',
  ])
  expect(await warningsWith(hook('a', 'critical, warning'))).toEqual([one])
  expect(await warningsWith(hook('a', 'critical, warning') + hook('b', 'critical'))).toEqual([])
  expect(await warningsWith(hook('a', 'warning') + hook('b', 'warning'))).toEqual([
    'warning: no channel receives critical alerts',
  ])
})

test('a channel of the shipped file that no one has set up is a note while two others deliver everything', async () => {
  const linesWith = async (variables: Record<string, string>): Promise<{ code: number; lines: string[] }> => {
    const lines: string[] = []
    const file = new URL('../../../../config/production.yaml', import.meta.url).pathname
    const settings = readBridgeSettings({ env: { BRIDGE_TOKEN: 'x'.repeat(16), SWARMWATCH_CONFIG: file, ...variables } })
    const code = await check({ settings, write: (line) => lines.push(line) })
    return { code, lines: lines.flatMap((line) => /^(?:note|warning): alert channel "(\w+)"|^no warnings/.exec(line)?.[0] ?? []) }
  }
  const hook = { ALERT_DISCORD_WEBHOOK: 'https://discord.com/api/webhooks/1/a' }
  const two = { ...hook, ALERT_PAGERDUTY_ROUTING_KEY: 'R'.repeat(32) }
  expect(await linesWith(two)).toEqual({
    code: 0,
    lines: ['note: alert channel "email"', 'note: alert channel "slack"', 'no warnings'],
  })
  // with a part of its settings, someone waits for its messages
  expect(await linesWith({ ...two, ALERT_EMAIL_TO: 'ops@example.com' })).toEqual({
    code: 1,
    lines: ['note: alert channel "slack"', 'warning: alert channel "email"'],
  })
  expect(await linesWith(hook)).toEqual({ code: 1, lines: ['warning: alert channel "email"', 'warning: alert channel "slack"'] })
})

const addresses: Readonly<Record<string, string>> = { 'inside.example.com': '10.0.0.2', 'outside.example.com': '8.8.8.8' }
const lookup: LookupFunction = (host, _, callback) => callback(null, [{ address: addresses[host] ?? '8.8.4.4', family: 4 }])

test.each([
  ['an address', 'http://10.0.0.1/hook', true],
  ['a name', 'https://inside.example.com/hook', true],
  ['a name with a public address', 'https://outside.example.com/hook', false],
])('warns of an own endpoint with a private address, and names the key that allows it: %s', async (_, url, isPrivate) => {
  const warningsWith = async (entry: string, variables: Record<string, string>): Promise<readonly string[]> => {
    const file = join(temporaryFolder(), 'settings.yaml')
    writeFileSync(file, `alerts: { channels: [${entry}] }\n`)
    const lines: string[] = []
    const settings = readBridgeSettings({ env: { BRIDGE_TOKEN: 'x'.repeat(16), SWARMWATCH_CONFIG: file, ...variables } })
    await check({ settings, lookup, write: (line) => lines.push(line) })
    return lines.filter((line) => line.startsWith('warning: channel'))
  }
  expect(await warningsWith('{ type: console }', { ALERT_WEBHOOK_URL: url })).toEqual(
    isPrivate
      ? [
          'warning: channel webhook: the host has a private address; if this is intended, list the channel in the settings file, with the host in allowed_private_hosts',
        ]
      : [],
  )
  const allowed = `{ type: webhook, url: '${url}', allowed_private_hosts: ['${new URL(url).hostname}'] }`
  expect(await warningsWith(allowed, {})).toEqual([])
  // the proxy looks the name up
  if (url.startsWith('https')) {
    expect(await warningsWith('{ type: console }', { ALERT_WEBHOOK_URL: url, HTTPS_PROXY: 'http://proxy:3128' })).toEqual([])
  }
})

test('warns of a single channel, and shows no secret', async () => {
  const secrets = { BRIDGE_TOKEN: 'bridge-token-secret', ALERT_SLACK_WEBHOOK: 'https://hooks.slack.com/services/secret' }
  const file = join(temporaryFolder(), 'settings.yaml')
  writeFileSync(file, 'monitoring: { enabled: true }\n')
  const lines: string[] = []
  const settings = readBridgeSettings({ env: { ...secrets, SWARMWATCH_CONFIG: file } })
  expect(await check({ settings, write: (line) => lines.push(line) })).toBe(1)
  expect(lines).toEqual([
    'bridge on 127.0.0.1:8090, 1 token(s), data in .swarmwatch/bridge',
    'channel slack (slack): critical, warning, info',
    'no links to acknowledge, silence or resolve in messages: BRIDGE_PUBLIC_URL is not set',
    'warning: there is only one channel besides the console: when it is down, no one is notified; add a second channel of another type',
    '1 warning(s)',
  ])
  expect(lines.join()).not.toContain('secret')
})

test('shows an example of the messages that the templates make', async () => {
  const file = join(temporaryFolder(), 'production.yaml')
  const templates = 'title: "{{ names }} braucht Hilfe", firing: "{{ summary }}\\nTeam: {{ labels.team | Plattform }}"'
  writeFileSync(file, `alerts:\n  time_zone: Europe/Berlin\n  templates: { ${templates} }\n  channels: [{ type: console }]\n`)
  const settings = readBridgeSettings({ env: { BRIDGE_TOKEN: 'x'.repeat(16), SWARMWATCH_CONFIG: file } })
  const lines: string[] = []
  await check({ settings, write: (line) => lines.push(line) })
  expect(lines.slice(3, 8)).toEqual([
    'message about an alert that fires: CRITICAL - writer braucht Hilfe',
    '  62 % of the runs of writer failed in the last 5 minutes',
    '  Team: Plattform',
    'message about an alert that is resolved: RESOLVED - writer braucht Hilfe',
    '  This is resolved. It lasted 12 min 4 s.',
  ])
})

test('lists the regions that are watched and those that receive heartbeats, without their tokens, and warns of one direction only', async () => {
  const secret = 'heartbeat-token-secret'
  const env = {
    BRIDGE_TOKEN: 'x'.repeat(16),
    BRIDGE_WATCHED_PEERS: 'eu, asia=60',
    BRIDGE_HEARTBEAT_TOKEN: secret,
    BRIDGE_HEARTBEAT_TARGETS: `https://bridge.eu.example.com/api/v1/heartbeats/us ${secret}`,
  }
  const linesWith = async (variables: Record<string, string>): Promise<readonly string[]> => {
    const lines: string[] = []
    await check({ settings: readBridgeSettings({ env: variables }), write: (line) => lines.push(line) })
    expect(lines.join()).not.toContain(secret)
    return lines.filter((line) => /region|heartbeat/i.test(line))
  }
  expect(await linesWith(env)).toEqual([
    'watches region eu: reported after 180 s without a heartbeat',
    'watches region asia: reported after 60 s without a heartbeat',
    'sends heartbeats to the bridge at bridge.eu.example.com',
    'warning: region asia is reported after 60 s, which is less than three heartbeats of 30 s: a single lost one can be reported',
  ])
  const { BRIDGE_HEARTBEAT_TARGETS: targets, ...watching } = env
  expect((await linesWith(watching)).join()).toContain('no other bridge notices when this one is down')
  expect((await linesWith({ BRIDGE_TOKEN: env.BRIDGE_TOKEN, BRIDGE_HEARTBEAT_TARGETS: targets })).join()).toContain(
    'this bridge does not notice when another one is down',
  )
})

test('warns of a database that cannot be reached, without its password', async () => {
  const env = {
    BRIDGE_TOKEN: 'x'.repeat(16),
    BRIDGE_DATABASE_URL: `postgres://bridge:pass-word@127.0.0.1:${await freePort()}/alerts`,
  }
  const lines: string[] = []
  expect(await check({ settings: readBridgeSettings({ env }), write: (line) => lines.push(line) })).toBe(1)
  expect(lines.filter((line) => line.includes('PostgreSQL'))).toEqual([
    expect.stringMatching(/^bridge on .*, data in PostgreSQL at 127\.0\.0\.1:\d+\/alerts$/),
    expect.stringMatching(
      /^warning: PostgreSQL at 127\.0\.0\.1:\d+\/alerts cannot be used: connect ECONNREFUSED .*; until it can be, a bridge accepts no alerts$/,
    ),
  ])
  expect(lines.join()).not.toContain('pass-word')
})
