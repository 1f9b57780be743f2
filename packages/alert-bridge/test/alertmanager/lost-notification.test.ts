import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { eventually, freePort, imageOf, openHttpServer, repositoryRoot, whyNoEngines } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { recordingChannel } from '../helpers/recording-channel.ts'
import { type StartedBridge, startedBridge } from '../helpers/started-bridge.ts'
import { runAlertmanager } from './run-alertmanager.ts'

const inAnHour = (): Date => new Date(Date.now() + 3_600_000)
const hasEngines = whyNoEngines('alertmanager', 'prometheus') === undefined

test.skipIf(!hasEngines)(
  'a notification that a proxy swallows raises an alert in Prometheus; retries and restarts raise none',
  { timeout: 600_000 },
  async () => {
    const channel = recordingChannel()
    const bridges = await Promise.all([startedBridge({ channels: [channel] }), startedBridge({ channels: [channel] })])
    const proxy = await openProxy(bridges)
    const pair = { bridgePort: proxy.port, repeatInterval: '1h' }
    const alertmanagers = await Promise.all([runAlertmanager(pair), runAlertmanager(pair)])
    const prometheus = await runPrometheus({
      alertmanagers: alertmanagers.map(({ url }) => url),
      bridges: bridges.map(({ url }) => url),
    })
    const settled = (expr: string): Promise<number | true> => eventually(expr, () => prometheus.value(expr), { withinMs: 60_000 })
    let sent = 0
    const send = async (mode: typeof proxy.mode): Promise<void> => {
      sent += 1
      const before = proxy.answered
      proxy.mode = mode
      await alertmanagers[sent % 2]!.post(`Lost${sent}`, 'warning', inAnHour())
      await eventually('an answer', () => proxy.answered > before)
    }
    const balance = 'bridge:notification_balance:settled{receiver="bridge"}'

    await send('pass')
    await send('pass')
    await send('refuse once')
    await send('pass')
    await settled(`${balance} == 0 and on () (time() - max(bridge_start_time_seconds) > 10)`)
    await alertmanagers[0]!.restart()
    await settled('sum(changes(process_start_time_seconds{job="alertmanager"}[5m])) > 0')
    await settled(`${balance} and on () (time() - max(process_start_time_seconds{job="alertmanager"}) > 6)`)
    await send('pass')
    await settled(`${balance} and on () (sum(bridge_notifications_total{receiver="bridge"}) == ${sent})`)
    await settled(`sum(changes(alertmanager_notification_requests_total{integration="webhook"}[2s])) == 0 and on () ${balance}`)
    expect(await prometheus.value('count_over_time(ALERTS{alertname="NotificationsLost"}[10m])')).toBeUndefined()

    await send('swallow')
    await settled('ALERTS{alertname="NotificationsLost", receiver="bridge", alertstate="firing"} == 1')
    const titles = (): Set<string> => new Set(channel.delivered.map(({ notice }) => notice.title))
    expect(titles().has(`Lost${sent}`)).toBe(false)
    expect(titles().size).toBe(sent - 1)
  },
)

interface Proxy {
  readonly port: number
  /** `swallow`: the next notification is answered with 200 and goes nowhere. */
  mode: 'pass' | 'swallow' | 'refuse once'
  /** Notifications that were answered with 200. */
  readonly answered: number
}

/** Spreads notifications over the bridges. */
async function openProxy(bridges: readonly StartedBridge[]): Promise<Proxy> {
  let answered = 0
  let turn = 0
  const server = await openHttpServer(({ bytes, headers, path }, response) => {
    const mode = proxy.mode
    proxy.mode = 'pass'
    if (mode === 'refuse once') return void response.writeHead(503).end()
    if (mode === 'swallow') {
      answered += 1
      return void response.end('{}')
    }
    turn += 1
    const { url } = bridges[turn % bridges.length]!
    const sent = { authorization: String(headers['authorization']), 'content-type': 'application/json' }
    void fetch(url + path, { method: 'POST', headers: sent, body: new Uint8Array(bytes) }).then(async (answer) => {
      if (answer.ok) answered += 1
      response.writeHead(answer.status).end(await answer.text())
    })
  })
  onTestFinished(() => server.close())
  const proxy: Proxy = {
    port: server.port,
    mode: 'pass',
    get answered() {
      return answered
    },
  }
  return proxy
}

/** Scrapes every second, and evaluates the rules of the stack about this alert, with minutes as seconds. */
async function runPrometheus(targets: { readonly alertmanagers: readonly string[]; readonly bridges: readonly string[] }) {
  const folder = temporaryFolder()
  const port = await freePort()
  const hosts = (urls: readonly string[]): string[] => urls.map((url) => new URL(url).host)
  const job = (name: string, urls: readonly string[]): object => ({ job_name: name, static_configs: [{ targets: hosts(urls) }] })
  writeFileSync(
    join(folder, 'prometheus.yml'),
    stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['/test/rules.yml'],
      scrape_configs: [job('alertmanager', targets.alertmanagers), job('alert-bridge', targets.bridges)],
    }),
  )
  writeFileSync(join(folder, 'rules.yml'), quickRules())
  const name = `bridge-test-prometheus-${port}`
  const container = `run --detach --pull never --network host --user root --name ${name} --volume ${folder}:/test`.split(' ')
  const settings = [
    '--config.file=/test/prometheus.yml',
    '--storage.tsdb.path=/tmp/data',
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const { status, stderr } = spawnSync('docker', [...container, imageOf('prometheus'), ...settings], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker run failed: ${stderr}`)
  onTestFinished(() => void spawnSync('docker', ['rm', '--force', '--volumes', name]))
  const value = async (query: string): Promise<number | undefined> => {
    const address = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query }).toString()}`
    const answer = await fetch(address).catch(() => undefined)
    const read = (await answer?.json().catch(() => undefined)) as { data?: { result: { value: [number, string] }[] } } | undefined
    const [first] = read?.data?.result ?? []
    return first === undefined ? undefined : Number(first.value[1])
  }
  await eventually('Prometheus to answer', async () => (await value('vector(1)')) === 1)
  return { value }
}

interface Rule {
  readonly alert?: string
  readonly record?: string
}

function quickRules(): string {
  const file = readFileSync(join(repositoryRoot, 'collector/prometheus/rules/pipeline.yaml'), 'utf8')
  const { groups } = parse(file) as { groups: { rules: Rule[] }[] }
  const rules = groups
    .flatMap((group) => group.rules)
    .filter(({ alert, record }) => alert === 'NotificationsLost' || record === 'bridge:notification_balance:settled')
  const text = stringify({ groups: [{ name: 'quick', interval: '1s', rules }] })
  // 33 minutes in seconds: after a start, a verdict takes that long
  return text
    .replaceAll(/\[(\d+)m\]/g, '[$1s]')
    .replaceAll(/offset 33m/g, 'offset 5s')
    .replaceAll(/\b1980\b/g, '5')
    .replaceAll(/(?<=for: )\d+[smh]/g, '1s')
}
