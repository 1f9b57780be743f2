import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  type Container,
  docker,
  eventually,
  imageOf,
  type Network,
  openNetwork,
  openTemporaryFolder,
  repositoryRoot,
  runDocker,
  whyNoEngines,
  whyNoPostgres,
} from '@swarmwatch/testkit'
import { buildImages } from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { objectsOf, renderChart } from './kubernetes/render-chart.ts'
import { runPod, runPodToEnd } from './kubernetes/run-pod.ts'
import { installTools } from './kubernetes/tools.ts'

const reason = (await installTools('helm')) ?? whyNoEngines('prometheus', 'otel-collector') ?? whyNoPostgres()

/** The keys that docs/kubernetes.md lists. */
const secrets = {
  otlp_token: 'test-otlp-token-1234567890',
  bridge_token: 'test-bridge-token-1234567890',
  worker_token: 'test-worker-token-1234567890',
  advisor_token: 'test-advisor-token-1234567890',
  bridge_database_url: 'postgres://postgres:test@postgres:5432/postgres',
  worker_database_url: 'postgres://postgres:test@postgres:5432/postgres',
}

/** The reference swarm and all other parts, with a Prometheus without a password, as kube-prometheus-stack installs it. */
const shared = [
  '--set=secretName=swarmwatch,prometheus.url=http://prometheus:9090',
  '--set=worker.enabled=true,worker.queue=postgres,worker.env.WORKER_TASKS_PER_MINUTE=60,advisor.enabled=true',
  '--set=bridge.store=postgres,bridge.replicas=2',
]

describe.skipIf(reason !== undefined)('the pods of the chart, each in a container with the protection of its pod', () => {
  const folder = openTemporaryFolder()
  let network: Network
  let prometheus: Container

  beforeAll(async () => {
    await buildImages()
    network = await openNetwork()
    await network.run('postgres', { image: 'postgres:17-trixie', args: [], env: { POSTGRES_PASSWORD: 'test' }, ports: [5432] })
    mkdirSync(join(folder.path, 'prometheus'))
    // The settings of deploy/helm/kube-prometheus-stack.values.yaml
    const config = {
      otlp: { translation_strategy: 'UnderscoreEscapingWithSuffixes', keep_identifying_resource_attributes: true },
      storage: { tsdb: { out_of_order_time_window: '30m' } },
    }
    writeFileSync(join(folder.path, 'prometheus/prometheus.yml'), JSON.stringify(config))
    prometheus = await network.run('prometheus', {
      image: imageOf('prometheus'),
      args: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/tmp/data', '--web.enable-otlp-receiver'],
      mounts: { '/etc/prometheus': join(folder.path, 'prometheus') },
      ports: [9090],
    })
  }, 900_000)
  afterAll(async () => {
    await network?.remove()
    folder[Symbol.dispose]()
  })

  /** Starts a pod under a host name, with a folder of its own. */
  async function start(component: string, name: string, flags: readonly string[] = shared): Promise<Container> {
    const path = join(folder.path, name)
    mkdirSync(path)
    return runPod(component, name, { network, folder: path, objects: await renderChart(flags), secrets })
  }

  const post = async (bridge: Container, token: string): Promise<number> => {
    const response = await fetch(`${await bridge.url(8090)}/api/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'a test of the chart' }),
    })
    return response.status
  }

  test('a bridge with a volume becomes ready and stores events with the token of the Secret', async () => {
    const bridge = await start('alert-bridge', 'bridge-with-a-volume', ['--set=secretName=swarmwatch'])
    expect(await post(bridge, secrets.bridge_token)).toBe(200)
    expect(await post(bridge, 'another-token-1234567890')).toBe(401)
  })

  test('the pod of docs/kubernetes.md moves the volume of a bridge to PostgreSQL', async () => {
    const disk = await docker('volume', 'create')
    onTestFinished(async () => void (await runDocker(['volume', 'rm', '--force', disk])))
    // what a node does with a new volume for fsGroup
    const prepare = ['--volume', `${disk}:/data`, 'busybox:1.37-musl', 'sh', '-c', 'chown 0:10001 /data && chmod 2770 /data']
    await docker('run', '--rm', '--pull', 'never', '--user', '0', ...prepare)
    const path = join(folder.path, 'moved')
    mkdirSync(path)
    const options = { network, secrets, folder: path, disks: { data: disk } }
    const objects = await renderChart(['--set=secretName=swarmwatch'])
    const bridge = await runPod('alert-bridge', 'bridge-to-move', { ...options, objects })
    expect(await post(bridge, secrets.bridge_token)).toBe(200)
    await bridge.stop()
    const text = readFileSync(join(repositoryRoot, 'docs/kubernetes.md'), 'utf8')
    const [, pod = ''] = /```yaml\n( *apiVersion: v1\n *kind: Pod\n[^`]*)```/.exec(text) ?? []
    const [move] = objectsOf(pod.replace('registry.example.com/', ''))
    expect(await runPodToEnd(move!, { ...options, objects })).toMatch(
      /^notices: 1 rows verified, 1 of them copied$[^]*moved to PostgreSQL/m,
    )
  })

  test('two bridges share a database', async () => {
    const one = await start('alert-bridge', 'swarmwatch-alert-bridge')
    const other = await start('alert-bridge', 'swarmwatch-alert-bridge-2')
    expect(await post(one, secrets.bridge_token)).toBe(200)
    await eventually('the other bridge to list the delivery', async () => {
      const headers = { authorization: `Bearer ${secrets.bridge_token}` }
      const response = await fetch(`${await other.url(8090)}/api/v1/deliveries`, { headers })
      const { deliveries } = (await response.json()) as { deliveries: readonly unknown[] }
      return deliveries.length > 0 ? true : undefined
    })
  })

  test('telemetry of workers reaches a Prometheus without a password through the Collector, and the advisor starts', async () => {
    await start('otel-collector', 'swarmwatch-otel-collector')
    await start('agent-worker', 'worker-1')
    await start('agent-worker', 'worker-2')
    await start('advisor', 'swarmwatch-advisor')
    const query = encodeURIComponent('count(count by (instance) (agent_executions_total{job="swarmwatch/agent-worker"}))')
    await eventually('series of both workers', async () => {
      const response = await fetch(`${await prometheus.url(9090)}/api/v1/query?query=${query}`)
      const { data } = (await response.json()) as { data: { result: readonly { value: readonly [number, string] }[] } }
      return data.result[0]?.value[1] === '2' ? true : undefined
    })
  })
})
