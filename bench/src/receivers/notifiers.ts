import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { docker, eventually, freePort, imageOf } from '@swarmwatch/testkit'

import { startProgram, token } from '../bridge/bridge-program.ts'
import { incidents, type Notifier, timing } from './faults.ts'

const image = imageOf('alertmanager')

/** A real Alertmanager; it keeps its disk from one start to the next. */
export interface Alertmanager extends RestartableProgram {
  readonly url: string
  readonly version: string
}

/** Starts it in the network of this machine, so that it reaches what listens on 127.0.0.1. */
export async function startAlertmanager(settings: string): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-alertmanager-'))
  await writeFile(join(folder, 'alertmanager.yml'), settings)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const name = `swarmwatch-bench-alertmanager-${randomBytes(4).toString('hex')}`
  const container = ['--name', name, '--pull', 'never', '--network', 'host', '--user', 'root', '--volume', `${folder}:/bench:ro`]
  const flags = ['--config.file=/bench/alertmanager.yml', `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=']
  const remove = async (): Promise<void> => {
    await docker('rm', '--force', '--volumes', name)
    await rm(folder, { recursive: true })
  }
  try {
    await docker('run', '--detach', ...container, image, ...flags, '--storage.path=/alertmanager')
    await isReady(url)
    const { versionInfo } = (await (await fetch(`${url}/api/v2/status`)).json()) as { versionInfo: { version: string } }
    return {
      url,
      version: versionInfo.version,
      kill: async () => void (await docker('kill', '--signal', 'KILL', name)),
      start: async () => {
        await docker('start', name)
        await isReady(url)
      },
      [Symbol.asyncDispose]: remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function isReady(url: string): Promise<void> {
  await eventually(`Alertmanager on ${url} to be ready`, async () => (await fetch(`${url}/-/ready`)).ok)
}

export interface Channels {
  readonly slackUrl: string
  readonly mailPort: number
  readonly recipients: readonly string[]
}

/** Where the bridge takes alerts. */
export interface BridgeAddress {
  readonly url: string
  readonly token: string
}

const sender = 'alerts@example.com'

/** `alertmanager.yml` (JSON is YAML). The route is that of production for critical alerts, with the waits of `timing`. */
export function alertmanagerSettings(notifier: Notifier, channels: Channels, bridge: BridgeAddress | undefined): string {
  const receiver = bridge === undefined ? direct(notifier, channels) : throughBridge(bridge)
  return JSON.stringify({
    route: {
      receiver: 'recipients',
      group_by: ['alertname'],
      group_wait: `${timing.groupWaitSeconds}s`,
      group_interval: `${timing.groupIntervalSeconds}s`,
      repeat_interval: '1h',
    },
    receivers: [{ name: 'recipients', ...receiver }],
  })
}

function direct(notifier: Notifier, { slackUrl, mailPort, recipients }: Channels): object {
  const mail = { from: sender, smarthost: `127.0.0.1:${mailPort}`, require_tls: false, send_resolved: true }
  const lists = notifier === 'Alertmanager, an entry each' ? recipients : [recipients.join(', ')]
  return {
    email_configs: lists.map((to) => ({ ...mail, to })),
    // without a timeout a Slack that never answers would take the whole group_interval
    slack_configs: [{ api_url: slackUrl, send_resolved: true, timeout: '10s' }],
  }
}

function throughBridge({ url, token }: BridgeAddress): object {
  const http = { authorization: { type: 'Bearer', credentials: token } }
  return { webhook_configs: [{ url, send_resolved: true, timeout: '10s', max_alerts: 1000, http_config: http }] }
}

/** Sends alerts to Alertmanager as Prometheus does: firing and resolved ones, again and again. */
export interface Prometheus extends Disposable {
  /** When Alertmanager first took the alerts, by `performance.now()`. */
  readonly fire: () => Promise<number>
  /** Resolves all alerts. */
  readonly resolve: () => Promise<void>
}

export function openPrometheus(alertmanagerUrl: string): Prometheus {
  const startsAt = new Date()
  let endsAt: Date | undefined
  let timer: NodeJS.Timeout | undefined

  async function post(): Promise<void> {
    const until = endsAt ?? new Date(Date.now() + 4 * timing.resendMs)
    const alerts = incidents.map((alertname) => ({
      labels: { alertname, severity: 'critical', job: 'bench' },
      annotations: { summary: `${alertname} is bad` },
      startsAt,
      endsAt: until,
    }))
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${alertmanagerUrl}/api/v2/alerts`, { method: 'POST', headers, body: JSON.stringify(alerts) })
    if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`)
  }

  return {
    fire: async () => {
      await post()
      const acceptedAt = performance.now()
      // an Alertmanager that is down receives them the next time
      timer = setInterval(() => void post().catch(() => {}), timing.resendMs)
      return acceptedAt
    },
    resolve: async () => {
      endsAt = new Date()
      await post().catch(() => {})
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** `alert-bridge serve` with mail and Slack. */
export interface RunningBridge extends RestartableProgram {
  readonly address: BridgeAddress
}

export async function startBridgeNotifier(cli: string, { slackUrl, mailPort, recipients }: Channels): Promise<RunningBridge> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-receivers-'))
  const settings = join(folder, 'settings.yaml')
  await writeFile(settings, '{}')
  const env = {
    SWARMWATCH_CONFIG: settings,
    ALERT_SLACK_WEBHOOK: slackUrl,
    ALERT_EMAIL_HOST: '127.0.0.1',
    ALERT_EMAIL_PORT: String(mailPort),
    ALERT_EMAIL_FROM: sender,
    ALERT_EMAIL_TO: recipients.join(','),
    BRIDGE_TOKEN: token,
    BRIDGE_DATA_DIR: join(folder, 'data'),
    BRIDGE_WATCHDOG_SECONDS: '0',
  }
  let running = await startProgram([cli, 'serve'], { ...env, BRIDGE_PORT: '0' })
  const { port } = running
  return {
    address: { url: `http://127.0.0.1:${port}/api/v1/alerts`, token },
    kill: () => running.end('SIGKILL'),
    start: async () => {
      running = await startProgram([cli, 'serve'], { ...env, BRIDGE_PORT: String(port) })
    },
    async [Symbol.asyncDispose]() {
      // a program that has already ended emits no second event
      await Promise.race([running.end('SIGKILL'), delay(5_000, undefined, { ref: false })])
      await rm(folder, { recursive: true })
    },
  }
}

/** A program that can be killed and started again with what it has on disk; disposing ends it. */
export interface RestartableProgram extends AsyncDisposable {
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  /** Resolves when it is ready. */
  readonly start: () => Promise<void>
}
