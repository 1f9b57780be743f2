import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Container, eventually, imageOf, type Network, untilAnswers } from '@swarmwatch/testkit'

import { enginePassword, type StackFiles } from './stack-files.ts'

/** `Authorization` for Prometheus and Alertmanager in the tests. */
export const basicAuth: string = `Basic ${Buffer.from(`swarmwatch:${enginePassword}`).toString('base64')}`

/** Options of {@link runCollector}. */
export interface CollectorOptions {
  /** A configuration over the one of the stack. @default none */
  readonly overlay?: object
  /** The value of COLLECTOR_SERIES; with `fewer-series`, OTELCOL may name a program to run in place of the image. @default each-process */
  readonly series?: 'each-process' | 'fewer-series'
  /** @default 512m */
  readonly memory?: string
}

/** The real Collector with its real configuration. */
export async function runCollector(
  network: Network,
  { collector, secrets }: StackFiles,
  { overlay, series = 'each-process', memory = '512m' }: CollectorOptions = {},
): Promise<Container> {
  const own = series === 'fewer-series' ? process.env['OTELCOL'] : undefined
  if (own !== undefined) {
    copyFileSync(own, join(collector, 'otelcol-program'))
    chmodSync(join(collector, 'otelcol-program'), 0o755)
  }
  const container = await network.run('otel-collector', {
    image: own === undefined ? imageOf('otel-collector') : 'debian:bookworm-slim',
    args: [
      ...(own === undefined ? [] : ['/etc/collector/otelcol-program']),
      '--config=/etc/collector/otelcol/config.yaml',
      `--config=/etc/collector/otelcol/${series}.yaml`,
      ...(overlay === undefined ? [] : [`--config=yaml:${JSON.stringify(overlay)}`]),
    ],
    mounts: { '/etc/collector': collector, '/run/secrets': secrets },
    env: { OTELCOL_QUEUE_DIR: '/tmp/queue', CLOUD_REGION: 'eu-1' },
    memory,
    // the user of the image may not write anywhere in it
    user: '0',
    ports: [4318, 8888, 13133],
  })
  await untilAnswers(() => container.url(13133), 'the Collector')
  return container
}

/** The real Prometheus with its real configuration, logged in to as the Collector does. */
export async function runPrometheus(
  network: Network,
  { collector, secrets }: StackFiles,
  mounts: Readonly<Record<string, string>> = {},
  memory = '512m',
): Promise<Container> {
  const container = await network.run('prometheus', {
    image: imageOf('prometheus'),
    memory,
    args: [
      '--config.file=/etc/collector/prometheus/prometheus.yaml',
      '--storage.tsdb.path=/tmp/prometheus',
      '--web.enable-otlp-receiver',
      '--web.config.file=/run/secrets/prometheus_web.yaml',
      '--enable-feature=created-timestamp-zero-ingestion',
      // otherwise an alert that fired before Alertmanager was found is sent a minute later
      '--rules.alert.resend-delay=1s',
    ],
    mounts: { '/etc/collector': collector, '/run/secrets': secrets, ...mounts },
    env: { GRAFANA_URL: 'http://grafana.test', RUNBOOKS_URL: 'http://runbooks.test' },
    ports: [9090],
  })
  await isReady(container)
  return container
}

/** The real Alertmanager with its rendered configuration. */
export async function runAlertmanager(
  network: Network,
  { collector, secrets }: StackFiles,
  mounts: Readonly<Record<string, string>> = {},
): Promise<Container> {
  const container = await network.run('alertmanager', {
    image: imageOf('alertmanager'),
    args: [
      '--config.file=/etc/collector/alertmanager/alertmanager.yml',
      '--web.config.file=/run/secrets/alertmanager_web.yaml',
      '--storage.path=/tmp/alertmanager',
      '--cluster.listen-address=',
      '--enable-feature=receiver-name-in-metrics',
    ],
    mounts: { '/etc/collector': collector, '/run/secrets': secrets, ...mounts },
    ports: [9093],
  })
  await isReady(container, 9093)
  return container
}

/** Waits until Prometheus, or Alertmanager at its port, is ready to answer. */
export async function isReady(container: Container, port: 9090 | 9093 = 9090): Promise<void> {
  await eventually(`port ${port} to be ready`, async () => {
    const { status } = await fetch(`${await container.url(port)}/-/ready`, { headers: { authorization: basicAuth } })
    return status === 200 ? true : undefined
  })
}

/** Result of an instant query, now or at a time in seconds since 1970. */
export async function query(prometheus: Container, expr: string, at?: number): Promise<readonly QueryResult[]> {
  return asked(prometheus, 'query', { query: expr, ...(at !== undefined && { time: String(at) }) })
}

/** Result of a query over a time, in seconds since 1970. */
export async function queryRange(
  prometheus: Container,
  expr: string,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): Promise<readonly QueryResult[]> {
  return asked(prometheus, 'query_range', { query: expr, start: String(start), end: String(end), step: String(step) })
}

async function asked(
  prometheus: Container,
  what: string,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly QueryResult[]> {
  const address = `${await prometheus.url(9090)}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`
  const response = await fetch(address, { headers: { authorization: basicAuth } })
  const answer = (await response.json()) as { data?: { result: QueryResult[] }; error?: string }
  if (answer.data === undefined) throw new Error(`${answer.error}: ${parameters['query']}`)
  return answer.data.result
}

/** All series that it has or had in the last hours, by their labels. */
export async function seriesOf(prometheus: Container, selector: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const address = `${await prometheus.url(9090)}/api/v1/series?match[]=${encodeURIComponent(selector)}`
  const response = await fetch(address, { headers: { authorization: basicAuth } })
  return ((await response.json()) as { data: Readonly<Record<string, string>>[] }).data
}

export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}
