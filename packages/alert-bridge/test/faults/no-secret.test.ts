import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Secret, type AlertChannel } from '@swarmwatch/config'
import { eventually, openMailServer } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { check } from '../../src/commands/check.ts'
import { openChannels } from '../../src/channels/open-channels.ts'
import { readBridgeSettings } from '../../src/settings.ts'
import { fakeHttp, answerWith, type Answer } from '../channels/fake-http.ts'
import { reply } from '../channels/smtp-replies.ts'
import { firing } from '../helpers/alert-groups.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { token } from '../helpers/token.ts'
import { channelBase, mailAt, slackAt, webhookAt } from './real-channels.ts'

const secrets = {
  hook: 'hook-secret-abcdefgh',
  bot: 'xoxb-secret-abcdefgh',
  mail: 'mail-secret-abcdefgh',
  path: 'path-secret-abcdefgh',
  query: 'query-secret-abcdefgh',
  key: 'key-secret-abcdefgh',
  heartbeat: 'beat-secret-abcdefgh',
  teams: 'team-secret-abcdefgh',
  signature: 'sign-secret-abcdefgh',
  discord: 'disc-secret-abcdefgh',
  telegram: '123:tele-secret-abcdefgh',
  topic: 'ntfy-secret-abcdefgh',
  ntfyToken: 'tk_secret_abcdefgh',
  pagerduty: 'pagesecretabcdefghijklmnopqrst01',
  mattermost: 'matt-secret-abcdefgh',
  sms: 'text-secret-abcdefgh',
}

/** Refuses, and quotes what it was sent, the custom webhook also the key that signed it. */
const quotes =
  (status: number): Answer =>
  (request, response) => {
    const key = request.path.includes(secrets.path) ? secrets.key : ''
    const sent = [request.path, request.headers.authorization, request.json['topic'], request.json['routing_key']]
    answerWith(status, `${key} ${sent.join(' ')}`)(request, response)
  }

test.each([
  ['refuse what they are given for ever', 400, 554],
  ['are dead', 404, 535],
  ['fail for now', 500, 451],
])('no secret shows anywhere when all channels %s and quote it', async (_, status, code) => {
  const http = await fakeHttp(quotes(status))
  onTestFinished(() => http[Symbol.asyncDispose]())
  const smtp = await openMailServer({
    allowInsecureAuth: true,
    onAuth: ({ username, password }, __, done) =>
      done(code === 535 ? reply(code, `${username} ${password} is wrong`) : null, { user: username }),
    onRcptTo: (__, ___, done) => done(reply(code, `no, ${secrets.mail} ${Buffer.from(secrets.mail).toString('base64')}`)),
  })
  onTestFinished(() => smtp[Symbol.asyncDispose]())
  const channels: AlertChannel[] = [
    slackAt(`${http.url}/hook/T1/B1/${secrets.hook}`),
    slackAt('', { name: 'bot', webhook: undefined, botToken: new Secret(secrets.bot), channel: 'C1', apiUrl: `${http.url}/api` }),
    {
      ...channelBase,
      type: 'teams',
      name: 'teams',
      webhook: new Secret(`${http.url}/workflows/${secrets.teams}/paths/invoke?sig=${secrets.signature}`),
    },
    { ...channelBase, type: 'discord', name: 'discord', webhook: new Secret(`${http.url}/api/webhooks/1/${secrets.discord}`) },
    {
      ...channelBase,
      type: 'telegram',
      name: 'telegram',
      botToken: new Secret(secrets.telegram),
      chat: '-100',
      apiUrl: http.url,
    },
    {
      ...channelBase,
      type: 'ntfy',
      name: 'ntfy',
      url: new Secret(`${http.url}/${secrets.topic}`),
      token: new Secret(secrets.ntfyToken),
    },
    { ...channelBase, type: 'pagerduty', name: 'pagerduty', routingKey: new Secret(secrets.pagerduty), apiUrl: http.url },
    { ...channelBase, type: 'mattermost', name: 'mattermost', webhook: new Secret(`${http.url}/hooks/${secrets.mattermost}`) },
    {
      ...channelBase,
      type: 'sms',
      name: 'sms',
      recipients: ['+491701234567'],
      account: 'AC1',
      token: new Secret(secrets.sms),
      from: '+15005550006',
      apiUrl: http.url,
    },
    mailAt(smtp.port, { user: 'ops', password: new Secret(secrets.mail) }),
    webhookAt(`${http.url}/${secrets.path}?token=${secrets.query}`, secrets.key),
  ]
  const settings = { heartbeatUrl: new Secret(`${http.url}/${secrets.heartbeat}`) }
  const routed = openChannels(channels).map((one) => ({ routed: one }))
  const bridge = await startedBridge({ channels: routed, times: shortTimes, settings })
  const output = captureOutput()
  await bridge.post('/api/v1/alerts', firing({ severity: 'critical' }))
  await bridge.post('/api/v1/alerts', 'what cannot be read')
  await fetch(`${bridge.url}/api/v1/alerts`, { method: 'POST', headers: { authorization: 'Bearer wrong' } })
  await eventually('every channel to have been tried', async () => {
    const all = (await bridge.deliveries()).filter(({ kind }) => kind === 'firing')
    return all.length === channels.length && all.every(({ attempts }) => attempts > 0)
  })
  const seen = [
    await (await bridge.get('/api/v1/deliveries?limit=1000')).text(),
    await (await bridge.get('/api/v1/deliveries?state=quarantined')).text(),
    await (await fetch(`${bridge.url}/metrics`)).text(),
    await (await fetch(`${bridge.url}/readyz`)).text(),
  ]
  await bridge.service.stop()
  const rows = readdirSync(bridge.dataDir).map((name) => readFileSync(join(bridge.dataDir, name), 'latin1'))
  expect(showing([...seen, ...rows, ...bridge.lines, ...output()])).toEqual([])
  expect(rows.join('')).toContain('AgentSlow')
})

test('check, a start that fails and the drill show no secret', async () => {
  const file = join(temporaryFolder(), 'settings.yaml')
  writeFileSync(file, 'monitoring: { enabled: true }\n')
  const env = {
    BRIDGE_TOKEN: token,
    SWARMWATCH_CONFIG: file,
    ALERT_SLACK_WEBHOOK: `http://127.0.0.1:1/hook/${secrets.hook}`,
    ALERT_WEBHOOK_URL: `http://127.0.0.1:1/${secrets.path}?token=${secrets.query}`,
    ALERT_WEBHOOK_SECRET: secrets.key,
    ALERT_TEAMS_WEBHOOK: `http://127.0.0.1:1/workflows/${secrets.teams}/paths/invoke?sig=${secrets.signature}`,
    ALERT_DISCORD_WEBHOOK: `http://127.0.0.1:1/api/webhooks/1/${secrets.discord}`,
    ALERT_TELEGRAM_BOT_TOKEN: secrets.telegram,
    ALERT_TELEGRAM_CHAT: '-100',
    ALERT_TELEGRAM_API_URL: 'http://127.0.0.1:1',
    ALERT_NTFY_URL: `http://127.0.0.1:1/${secrets.topic}`,
    ALERT_NTFY_TOKEN: secrets.ntfyToken,
    ALERT_PAGERDUTY_ROUTING_KEY: secrets.pagerduty,
    ALERT_PAGERDUTY_API_URL: 'http://127.0.0.1:1',
    ALERT_MATTERMOST_WEBHOOK: `http://127.0.0.1:1/hooks/${secrets.mattermost}`,
    ALERT_SMS_ACCOUNT: 'AC1',
    ALERT_SMS_TOKEN: secrets.sms,
    ALERT_SMS_FROM: '+15005550006',
    ALERT_SMS_TO: '+491701234567',
    ALERT_SMS_API_URL: 'http://127.0.0.1:1',
    HEARTBEAT_URL: `http://127.0.0.1:1/${secrets.heartbeat}`,
  }
  const lines: string[] = []
  await check({ settings: readBridgeSettings({ env }), write: (line) => lines.push(line) })
  expect(lines.filter((line) => line.startsWith('channel '))).toHaveLength(9)
  const program = new URL('../../src/cli.ts', import.meta.url).pathname
  const run = (command: string, more: Record<string, string>): string[] => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=swarmwatch-source', program, command], {
      env: { PATH: process.env['PATH'], ...env, ...more },
      encoding: 'utf8',
    })
    return [stdout, stderr]
  }
  const drilled = run('drill', {})
  expect(drilled.join('\n')).toContain('0 of 9 reached')
  const failed = run('serve', { BRIDGE_PORT: 'x', BRIDGE_TOKEN: 'too short', ALERT_SLACK_WEBHOOK: `no url ${secrets.hook}` })
  expect(failed.join('\n')).toContain('problems in the configuration:')
  expect(showing([...lines, ...drilled, ...failed])).toEqual([])
})

/** The secrets that a text holds, in any of the forms in which they travel. */
function showing(texts: readonly string[]): string[] {
  const all = texts.join('\n')
  return [token, ...Object.values(secrets)].filter((secret) =>
    [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url')].some(
      (form) => all.includes(form),
    ),
  )
}

/** All that this process prints from now on. */
function captureOutput(): () => string[] {
  const printed: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      printed.push(String(chunk))
      return write(chunk, ...rest)
    }) as typeof stream.write
    onTestFinished(() => void (stream.write = write))
  }
  return () => printed
}
