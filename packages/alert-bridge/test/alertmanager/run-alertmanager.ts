import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { eventually, freePort, imageOf } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { onTestFinished } from 'vitest'

import { token } from '../helpers/token.ts'

const image = imageOf('alertmanager')

export interface RunningAlertmanager {
  readonly url: string
  /** Sends it an alert that fires until `endsAt`. */
  post(name: string, severity: string, endsAt: Date): Promise<void>
  restart(): Promise<void>
  /** Its peers, itself included. */
  peerCount(): Promise<number>
  /** Where peers meet; 0 for one that takes none. */
  readonly clusterPort: number
  /** Posts to the bridge that did not succeed. */
  failedPosts(): Promise<number>
}

export interface AlertmanagerOptions {
  readonly bridgePort: number
  readonly repeatInterval?: string
  /** Its peers of a pair, by `clusterPort`; none is alone. */
  readonly peers?: readonly RunningAlertmanager[]
  /** Whether it takes peers. @default false */
  readonly isPeer?: boolean
}

/**
 * Starts Alertmanager so that it sends all to a bridge on this machine, quickly; it ends with the test. A time interval mutes alerts of
 * severity `muted`, and an alert with the name Source inhibits those of severity `inhibited`.
 */
export async function runAlertmanager(options: AlertmanagerOptions): Promise<RunningAlertmanager> {
  const { bridgePort, repeatInterval = '1s', peers = [], isPeer = false } = options
  const folder = temporaryFolder()
  const port = await freePort()
  mkdirSync(join(folder, 'data'), { mode: 0o777 })
  writeFileSync(join(folder, 'alertmanager.yml'), configuration(bridgePort, repeatInterval))
  const name = `bridge-test-alertmanager-${port}`
  const clusterPort = isPeer ? await freePort() : 0
  const container = `run --detach --pull never --network host --user root --name ${name} --volume ${folder}:/test`.split(' ')
  const settings = ['--config.file=/test/alertmanager.yml', '--storage.path=/test/data', `--web.listen-address=127.0.0.1:${port}`]
  const features = ['--enable-feature=receiver-name-in-metrics']
  const cluster = [
    `--cluster.listen-address=${isPeer ? `127.0.0.1:${clusterPort}` : ''}`,
    ...(isPeer ? [`--cluster.advertise-address=127.0.0.1:${clusterPort}`, '--cluster.settle-timeout=1s'] : []),
    // the second waits this long for the notification of the first; with 0, both send it
    ...(isPeer ? ['--cluster.peer-timeout=0s'] : []),
    ...peers.map((peer) => `--cluster.peer=127.0.0.1:${peer.clusterPort}`),
  ]
  docker([...container, image, ...settings, ...features, ...cluster])
  onTestFinished(() => void spawnSync('docker', ['rm', '--force', '--volumes', name]))
  const url = `http://127.0.0.1:${port}`
  const ready = (): Promise<boolean> =>
    eventually('Alertmanager to be ready', () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  await ready()
  return {
    url,
    clusterPort,
    peerCount: async () => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(/^alertmanager_cluster_members (\d+)$/m.exec(text)?.[1])
    },
    post: async (alertname, severity, endsAt) => {
      const alert = {
        labels: { alertname, severity },
        annotations: { summary: `${alertname} is bad` },
        startsAt: '2026-11-24T00:00:00Z',
        endsAt,
      }
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([alert]),
      })
      if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`)
    },
    failedPosts: async () => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const lines = text.split('\n').filter((line) => /^alertmanager_notification_requests_failed_total\{.*"webhook"/.test(line))
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
    restart: async () => {
      docker(['restart', name])
      await ready()
    },
  }
}

function docker(args: readonly string[]): void {
  const { status, stderr } = spawnSync('docker', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr}`)
}

function configuration(bridgePort: number, repeatInterval: string): string {
  return `route:
  receiver: bridge
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: ${repeatInterval}
  routes:
    - matchers: ['severity="muted"']
      mute_time_intervals: [always]
time_intervals:
  - name: always
    time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }]
inhibit_rules:
  - source_matchers: ['alertname="Source"']
    target_matchers: ['severity="inhibited"']
receivers:
  - name: bridge
    webhook_configs:
      - url: http://127.0.0.1:${bridgePort}/api/v1/alerts
        send_resolved: true
        timeout: 10s
        http_config:
          authorization: { credentials: ${token} }
`
}
