import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { ConfigurationError, type Problem } from '@swarmwatch/config'
import { variablesTable } from '@swarmwatch/config/settings'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { bridgeSettings, readBridgeSettings, type BridgeSettings, type SettingsSources } from '../../src/settings.ts'

/** With an empty settings file. */
function settingsOf({ env, readFile }: SettingsSources): BridgeSettings {
  const file = join(temporaryFolder(), 'settings.yaml')
  writeFileSync(file, 'monitoring: { enabled: true }\n')
  return readBridgeSettings({ env: { SWARMWATCH_CONFIG: file, ...env }, ...(readFile && { readFile }) })
}

function problemsOf(sources: SettingsSources): readonly Problem[] {
  try {
    settingsOf(sources)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

test('has the defaults of the design', () => {
  expect(settingsOf({ env: { BRIDGE_TOKEN: 'a-token-of-16-characters' } })).toMatchObject({
    port: 8090,
    host: '127.0.0.1',
    dataDir: '.swarmwatch/bridge',
    heartbeatUrl: undefined,
    watchdogSeconds: 300,
    inboxLimit: 200_000,
  })
})

test('reports no variable as unread that the bridge reads from a file', () => {
  const files = { '/token': 'a-token-of-16-characters', '/url': 'http://user:password@alertmanager:9093' }
  const { notices, alertmanagerUrls } = settingsOf({
    env: { BRIDGE_TOKEN_FILE: '/token', ALERTMANAGER_URL_FILE: '/url' },
    readFile: (path) => files[path as keyof typeof files],
  })
  expect(alertmanagerUrls?.map((url) => url.reveal())).toEqual(['http://user:password@alertmanager:9093'])
  expect(notices.filter((line) => line.includes('_FILE'))).toEqual([])
})

test('ALERTMANAGER_URL is the address of one Alertmanager or of all members of a cluster, with passwords', () => {
  const [one, other] = ['http://user:password@alertmanager:9093', 'https://alertmanager-b:9093/path']
  const urlsOf = (text: string): unknown =>
    settingsOf({ env: { BRIDGE_TOKEN: 'a-token-of-16-characters', ALERTMANAGER_URL: text } }).alertmanagerUrls?.map((url) =>
      url.reveal(),
    )
  expect(urlsOf(one)).toEqual([one])
  expect(urlsOf(`${one}, ${other}\n`)).toEqual([one, other])
  for (const wrong of ['alertmanager:9093', `${one},ftp://alertmanager-b`, Array.from({ length: 11 }, () => one).join(',')]) {
    const problems = problemsOf({ env: { BRIDGE_TOKEN: 'a-token-of-16-characters', ALERTMANAGER_URL: wrong } })
    expect(problems).toEqual([
      {
        path: 'ALERTMANAGER_URL',
        rule: 'must be at most 10 http or https URLs separated by commas or line breaks',
        value: '***',
      },
    ])
  }
})

test('names every problem at once, and shows no secret', () => {
  const env = {
    BRIDGE_PORT: '80900',
    BRIDGE_WATCHDOG_SECONDS: '-1',
    BRIDGE_TOKEN: 'short',
    HEARTBEAT_URL: 'ftp://user:password@x',
    ALERT_SLACK_WEBHOOK: 'no-url-but-secret',
  }
  const problems = problemsOf({ env })
  expect(problems.map(({ path }) => path).toSorted()).toEqual([
    'ALERT_SLACK_WEBHOOK',
    'BRIDGE_PORT',
    'BRIDGE_TOKEN',
    'BRIDGE_WATCHDOG_SECONDS',
    'HEARTBEAT_URL',
  ])
  expect(JSON.stringify(problems)).not.toMatch(/short|password|no-url-but-secret/)
})

test('mail is sent without TLS only if the settings request it', () => {
  const mail = { BRIDGE_TOKEN: 'a-token-of-16-characters', ALERT_EMAIL_HOST: 'mailpit', ALERT_EMAIL_TO: 'ops@example.com' }
  const requireTls = (given: Readonly<Record<string, string>>): unknown =>
    settingsOf({ env: { ...mail, ...given } }).channels.map((one) => (one.type === 'email' ? one.requireTls : one.type))
  expect(requireTls({})).toEqual([undefined])
  expect(requireTls({ ALERT_EMAIL_REQUIRE_TLS: 'true' })).toEqual([true])
  expect(requireTls({ ALERT_EMAIL_REQUIRE_TLS: 'false' })).toEqual([false])
  expect(problemsOf({ env: { ...mail, ALERT_EMAIL_REQUIRE_TLS: 'no' } })).toMatchObject([{ path: 'ALERT_EMAIL_REQUIRE_TLS' }])
})

test('charts are on with an address of Prometheus, and cannot be turned on without', () => {
  const token = { BRIDGE_TOKEN: 'a-token-of-16-characters' }
  const own = { ...token, PROMETHEUS_URL: 'http://prometheus:9090', PROMETHEUS_USER: 'swarmwatch' }
  expect(settingsOf({ env: own })).toMatchObject({ prometheusUrl: 'http://prometheus:9090', charts: undefined })
  expect(settingsOf({ env: { ...own, ALERT_CHARTS: 'off' } })).toMatchObject({ charts: 'off' })
  expect(settingsOf({ env: token }).prometheusUrl).toBeUndefined()
  expect(problemsOf({ env: { ...token, ALERT_CHARTS: 'on' } })).toMatchObject([
    { path: 'PROMETHEUS_URL', rule: 'is not set; set it to the address of Prometheus, because ALERT_CHARTS is on' },
  ])
})

test('reports a store of traces whose traces no message can link to', () => {
  const env = { BRIDGE_TOKEN: 'a-token-of-16-characters', TRACES_URL: 'http://jaeger:16686' }
  const line =
    'TRACES_URL is set, but neither TRACE_LINK nor GRAFANA_URL: messages link to no trace, because its address is not known'
  expect(settingsOf({ env }).notices).toContain(line)
  for (const [name, value] of Object.entries({
    TRACE_LINK: 'http://jaeger:16686/trace/{trace_id}',
    GRAFANA_URL: 'http://grafana',
  })) {
    expect(settingsOf({ env: { ...env, [name]: value } }).notices).not.toContain(line)
  }
})

test('names a problem of GRAFANA_URL once', () => {
  const env = { BRIDGE_TOKEN: 'a-token-of-16-characters', GRAFANA_URL: 'grafana:3000' }
  expect(problemsOf({ env }).map(({ path }) => path)).toEqual(['GRAFANA_URL'])
})

test('needs a token', () => {
  expect(problemsOf({ env: {} })).toMatchObject([{ path: 'BRIDGE_TOKEN', rule: expect.stringContaining('is not set') }])
})

test('takes two tokens with a comma between them, or one a line from a file', () => {
  const revealed = (sources: SettingsSources): string[] => readBridgeSettings(sources).tokens.map((token) => token.reveal())
  const both = ['first-token-0123456', 'second-token-012345']
  expect(revealed({ env: { BRIDGE_TOKEN: both.join(',') } })).toEqual(both)
  expect(revealed({ env: { BRIDGE_TOKEN_FILE: '/run/secrets/token' }, readFile: () => `${both.join('\n')}\n` })).toEqual(both)
  expect(problemsOf({ env: { BRIDGE_TOKEN: [...both, 'third-token-0123456'].join(',') } })).toHaveLength(1)
})

test('reads the bridges of other regions, with their time of silence and their tokens', () => {
  const token = 'a-token-of-16-characters'
  const read = settingsOf({
    env: {
      BRIDGE_TOKEN: token,
      BRIDGE_HEARTBEAT_TOKEN_FILE: '/token',
      BRIDGE_WATCHED_PEERS: 'eu-west=120, us.east,',
      BRIDGE_HEARTBEAT_TARGETS_FILE: '/targets',
      BRIDGE_PEER_INTERVAL_SECONDS: '10',
    },
    readFile: (path) =>
      path === '/token'
        ? 'the-token-of-peers\n'
        : `https://bridge.eu.example.com/api/v1/heartbeats/ap ${token}\n\nhttp://10.0.0.7:8090/api/v1/heartbeats/ap  ${token}\n`,
  })
  expect(read.watchedPeers).toEqual([
    { name: 'eu-west', silentAfterSeconds: 120 },
    { name: 'us.east', silentAfterSeconds: 180 },
  ])
  expect(read.heartbeatTargets?.map(({ url, token: ofPeer, host }) => [url.reveal(), ofPeer.reveal(), host])).toEqual([
    ['https://bridge.eu.example.com/api/v1/heartbeats/ap', token, 'bridge.eu.example.com'],
    ['http://10.0.0.7:8090/api/v1/heartbeats/ap', token, '10.0.0.7:8090'],
  ])
  expect([read.heartbeatTokens?.[0]?.reveal(), read.heartbeatSeconds]).toEqual(['the-token-of-peers', 10])
})

test.each([
  [
    'BRIDGE_WATCHED_PEERS',
    ['eu west=', 'eu=0', 'eu=x', 'eu=1=2', 'eu,eu=5', '=60', '../x', Array.from({ length: 21 }, (_, n) => `p${n}`).join()],
  ],
  [
    'BRIDGE_HEARTBEAT_TARGETS',
    [
      'https://eu/api/v1/heartbeats/us',
      'https://eu/api/v1/heartbeats/us short',
      'https://eu/api/v1/alerts a-token-of-16-characters',
      'ftp://eu/api/v1/heartbeats/us a-token-of-16-characters',
      'https://eu/api/v1/heartbeats/us a-token-of-16-characters more',
    ],
  ],
])('%s with an invalid value is a problem', (name, values) => {
  for (const value of values) {
    const env = { BRIDGE_TOKEN: 'a-token-of-16-characters', BRIDGE_HEARTBEAT_TOKEN: 'another-token-of-peers', [name]: value }
    expect(problemsOf({ env }), value).toMatchObject([{ path: name }])
  }
})

test('watched peers need a token that is not the one of alerts', () => {
  const env = { BRIDGE_TOKEN: 'a-token-of-16-characters', BRIDGE_WATCHED_PEERS: 'eu' }
  expect(problemsOf({ env })).toMatchObject([{ path: 'BRIDGE_HEARTBEAT_TOKEN', rule: expect.stringContaining('is not set') }])
  const shared = problemsOf({ env: { ...env, BRIDGE_HEARTBEAT_TOKEN: env.BRIDGE_TOKEN } })
  expect(shared).toMatchObject([{ path: 'BRIDGE_HEARTBEAT_TOKEN', rule: expect.stringContaining('must differ') }])
  expect(JSON.stringify(shared)).not.toContain(env.BRIDGE_TOKEN)
})

test('treats an empty variable or an empty file as unset', () => {
  const secrets = [
    'BRIDGE_TOKEN',
    'HEARTBEAT_URL',
    'ALERT_EMAIL_PASSWORD',
    'ALERT_SLACK_WEBHOOK',
    'ALERT_WEBHOOK_URL',
    'ALERT_WEBHOOK_SECRET',
  ]
  const others = ['BRIDGE_PORT', 'BRIDGE_HOST', 'BRIDGE_DATA_DIR', 'BRIDGE_WATCHDOG_SECONDS', 'BRIDGE_INBOX_LIMIT']
  const mail = ['HOST', 'PORT', 'USER', 'FROM', 'TO', 'REQUIRE_TLS'].map((name) => `ALERT_EMAIL_${name}`)
  const unset = Object.fromEntries([...secrets, ...others, ...mail].map((name) => [name, '']))
  const empty = join(temporaryFolder(), 'empty')
  const token = join(temporaryFolder(), 'token')
  writeFileSync(empty, '\n')
  writeFileSync(token, 'a-token-of-16-characters\n')
  const files = Object.fromEntries(secrets.map((name) => [`${name}_FILE`, name === 'BRIDGE_TOKEN' ? token : empty]))
  const defaults = { port: 8090, host: '127.0.0.1', heartbeatUrl: undefined, watchdogSeconds: 300, channels: [], notices: [] }
  expect(settingsOf({ env: { ...unset, ...files } })).toMatchObject(defaults)
  expect(problemsOf({ env: { ...unset, BRIDGE_TOKEN_FILE: empty } })).toMatchObject([{ path: 'BRIDGE_TOKEN' }])
})

test('names the file that cannot be read', () => {
  const env = { BRIDGE_TOKEN_FILE: '/nowhere/token' }
  expect(problemsOf({ env })).toMatchObject([{ path: 'BRIDGE_TOKEN_FILE', rule: 'must name a file that can be read (ENOENT)' }])
})

test('the README contains the table of all settings', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const table = variablesTable(Object.values(bridgeSettings))
  // oxfmt pads the cells and the line below the head
  const unpadded = readme.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')
  expect(unpadded).toContain(table)
})
