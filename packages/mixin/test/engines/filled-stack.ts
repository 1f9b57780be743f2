import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Container, eventually, freePort, openNetwork } from '@swarmwatch/testkit'

import { type ChildProcess, startSource } from './child-process.ts'
import { backfill } from '../../engines/backfill.ts'
import { inlineRecordings } from '../../engines/inline-recordings.ts'
import { push, runsAt, spansAt } from './otlp.ts'
import { advisorToken, bridgeToken, enginePassword, layOutStack, otlpToken } from '../../engines/stack-files.ts'
import { query, runAlertmanager, runCollector, runPrometheus } from '../../engines/run-engines.ts'
import type { Recording } from '../../src/rule.ts'
import type { RuleFile } from '../../src/rule-files.ts'

/**
 * A Prometheus that a real run has filled through the real Collector; Alertmanager and the bridge
 * run too.
 */
export interface FilledStack {
  readonly prometheus: Container
  close(): Promise<void>
}

/** Recordings of which the rules read several days. */
const withPast = [
  'agent:executions:rate5m',
  'agent:failures:rate5m',
  'agent:executions:increase1h',
  'agent:cost_usd:increase1h',
  'agent:anomaly_value:recent',
  'agent:experiment_sums:increase4m',
  'swarm:executions:rate5m',
  'swarm:cost_usd:increase1h',
  'swarm:health_score',
  'prometheus:storage_fill:ratio',
]

/** A past in which all values were usual: these recordings read their own results. */
function usualPast({ record, expr, labels = {} }: Recording): readonly Recording[] {
  if (record !== 'agent:anomaly_value:recent') return []
  const ones = ['ratio', 'deviation', 'chance', 'excess'].map((name) => `agent:anomaly_${name}:recent`)
  return [
    { record: 'agent:anomaly_normal:recent', expr, labels },
    { record: 'agent:anomaly_smooth:recent', expr, labels },
    ...ones.map((name) => ({ record: name, expr: `0 * (${expr}) + 1`, labels })),
  ]
}

// Small queues, so that one request is too large for them; there is no trace store, and that is
// given up at once
const collectorOverlay = {
  exporters: {
    'otlp_http/prometheus': {
      sending_queue: { queue_size: 5_000, batch: { flush_timeout: '1s', min_size: 500, max_size: 5_000 } },
    },
    'otlp_grpc/traces': {
      retry_on_failure: { enabled: false },
      timeout: '1s',
      sending_queue: { queue_size: 5_000, batch: { flush_timeout: '1s', min_size: 1, max_size: 5_000 } },
    },
    // Tries one small batch again and again, and its queue fills
    'otlp_grpc/stuck': {
      endpoint: 'nobody:4317',
      tls: { insecure: true },
      retry_on_failure: { initial_interval: '60s' },
      timeout: '1s',
      sending_queue: {
        num_consumers: 1,
        sizer: 'items',
        queue_size: 5_000,
        batch: { flush_timeout: '1s', min_size: 1, max_size: 10 },
      },
    },
    debug: {},
  },
  service: { pipelines: { traces: { exporters: ['otlp_grpc/traces', 'otlp_grpc/stuck', 'debug'] } } },
}

/** Starts everything, lets the reference swarm run, and adds 15 days of history. */
export async function fillStack(rules: readonly RuleFile[]): Promise<FilledStack> {
  const startedMs = Date.now()
  const files = layOutStack()
  const history = mkdtempSync(join(tmpdir(), 'history-'))
  chmodSync(history, 0o755)
  const data = mkdtempSync(join(tmpdir(), 'bridge-'))
  const network = await openNetwork()
  const programs: ChildProcess[] = []
  const close = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()))
    await network.remove()
    for (const folder of [files.folder, history, data]) rmSync(folder, { recursive: true })
  }
  try {
    // So that the age of what no one acknowledges has a line
    const alerts = { channels: [{ type: 'console' }], escalation: [{ after: 3600, channels: ['console'] }] }
    writeFileSync(join(data, 'settings.yaml'), JSON.stringify({ alerts }))
    const bridge = startSource('packages/alert-bridge/src/cli.ts', ['serve'], {
      SWARMWATCH_CONFIG: join(data, 'settings.yaml'),
      BRIDGE_HOST: '0.0.0.0',
      BRIDGE_PORT: '0',
      BRIDGE_TOKEN: bridgeToken,
      BRIDGE_DATA_DIR: join(data, 'inbox'),
      // So that the panel of other regions has a line
      BRIDGE_WATCHED_PEERS: 'elsewhere=86400',
      BRIDGE_HEARTBEAT_TOKEN: 'token-of-no-one-in-tests',
    })
    programs.push(bridge)
    const bridgePort = await bridge.prints(/ready on http:\/\/[^ ]*:(\d+)/)
    const advisorPort = await freePort()
    evaluateOften(files.collector, `test:${bridgePort}`, `test:${advisorPort}`)
    const [prometheus, collector] = await Promise.all([
      runPrometheus(network, files, { '/history': history }),
      runCollector(network, files, { overlay: collectorOverlay }),
      runAlertmanager(network, files),
    ])
    const agents = {
      OTEL_EXPORTER_OTLP_ENDPOINT: await collector.url(4318),
      SWARMWATCH_OTLP_TOKEN: otlpToken,
      METRICS_EXPORT_INTERVAL: '1',
      METRICS_PORT: '0',
      MONITOR_PORT: '0',
      npm_package_version: '1.2.3',
    }
    programs.push(startSource('packages/agent-worker/src/demo/main.ts', [], agents))
    const begun = ['count by (swarmwatch_variant) (agent_cost_usd_total) > 0', 'prometheus_tsdb_head_series']
    await eventually('the first runs in Prometheus', async () => {
      const [costs, head] = await Promise.all(begun.map(async (expr) => (await query(prometheus, expr)).length))
      return costs! >= 3 && head! >= 1 ? true : undefined
    })
    const past = inlineRecordings(rules, withPast)
    await backfill(prometheus, history, startedMs, [...past, ...past.flatMap(usualPast)])
    programs.push(
      // What the reference swarm does not use: budgets, scores, quotas, experiments, tools that run once
      startSource('packages/node/test/programs/every-instrument.ts', [], { ...agents, OTEL_SERVICE_NAME: 'every-instrument' }),
      // Only now, because it analyses at its start and then every hour
      startSource('packages/advisor/src/cli.ts', ['serve'], {
        PROMETHEUS_URL: await prometheus.url(9090),
        PROMETHEUS_USER: 'swarmwatch',
        PROMETHEUS_PASSWORD: enginePassword,
        ADVISOR_HOST: '0.0.0.0',
        ADVISOR_PORT: String(advisorPort),
        ADVISOR_TOKEN: advisorToken,
      }),
    )
    await eventually(
      'the use of daily budgets, which is evaluated at every whole five minutes',
      async () => (await query(prometheus, 'agent:daily_budget:used_ratio')).length > 0,
      { withinMs: 420_000, everyMs: 1_000 },
    )
    await lose(await collector.url(4318))
    return { prometheus, close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Losses that every pipeline has sometimes: points that are too old, requests that are too large
 * for a queue, a queue that fills.
 */
async function lose(collector: string): Promise<void> {
  const run = { agent: 'lost', outcome: 'success', value: 1 }
  const many = Array.from({ length: 6_000 }, (_, n) => ({ ...run, agent: `lost-${n}` }))
  const send = (path: string, body: string): Promise<number> => push(collector + path, body, `Bearer ${otlpToken}`)
  await send('/v1/metrics', runsAt(undefined, [run], Date.now() - 2 * 86_400_000))
  await send('/v1/metrics', runsAt(undefined, many, Date.now()))
  await send('/v1/traces', spansAt(4_000, Date.now()))
  await send('/v1/traces', spansAt(6_000, Date.now()))
}

/**
 * Rules and scrapes every 5 s, alerts at once; windows stay as they are. An evaluation of all rules takes more than 2 s on a busy machine,
 * and Prometheus skips those that are late.
 */
function evaluateOften(collector: string, bridge: string, advisor: string): void {
  const change = (path: string, by: (text: string) => string): void =>
    writeFileSync(join(collector, path), by(readFileSync(join(collector, path), 'utf8')))
  for (const name of readdirSync(join(collector, 'prometheus/rules'))) {
    change(`prometheus/rules/${name}`, (text) =>
      text.replaceAll(/(?<=^ *interval: )\w+$/gm, '5s').replaceAll(/(?<=^ *for: )\w+$/gm, '1s'),
    )
  }
  change('prometheus/prometheus.yaml', (text) =>
    text
      .replace('scrape_interval: 15s', 'scrape_interval: 5s')
      .replace('scrape_timeout: 10s', 'scrape_timeout: 5s')
      .replace('alert-bridge:8090', bridge)
      .replace('advisor:8095', advisor),
  )
  change('alertmanager/alertmanager.yml', (text) =>
    text
      .replaceAll('http://alert-bridge:8090', `http://${bridge}`)
      .replaceAll(/(?<=(?:group_wait|group_interval): )[1-9]\w*/g, '1s')
      .replaceAll(/# mail begin[\s\S]*# mail end/g, ''),
  )
}
