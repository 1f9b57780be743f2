import type { IncomingMessage, ServerResponse } from 'node:http'

import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  InstrumentType,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import type { MetricsSettings } from '@swarmwatch/config'
import { localUrl, serve } from '@swarmwatch/config/listen'

import type { Warn } from './logger.ts'
import { furtherPortsFor, isOneOfSeveral, notServedLine } from './port-options.ts'

/** A server of `/metrics`. */
export interface MetricsServer {
  readonly url: string
  /** Ends it at once; requests in progress are cut. */
  close(): Promise<void>
}

/**
 * Serves `text()` on `GET /metrics`, and nothing else; never keeps the process alive. When it
 * cannot listen, it prints one line and returns nothing, so that the agents continue without it.
 */
export async function openMetricsServer(
  text: () => Promise<string>,
  { host, port }: MetricsSettings,
  { onPortTaken, warn }: { onPortTaken?: 'warn' | 'next' | undefined; warn: Warn },
): Promise<MetricsServer | undefined> {
  try {
    const server = await serve((request, response) => void answer(request, response, text), {
      host,
      port,
      furtherPorts: furtherPortsFor(onPortTaken),
      setting: 'METRICS',
      maxConnections: 100,
      keepsProcessAlive: false,
    })
    const url = `${localUrl(host, server.port)}metrics`
    if (port !== 0 && server.port !== port) warn(`METRICS_PORT ${port} is taken: /metrics is at ${url}`)
    else if (port === 0 && isOneOfSeveral()) warn(`/metrics of this worker is at ${url}`)
    return { url, close: () => server.close() }
  } catch (error) {
    warn(notServedLine(error, '/metrics is not served, the agents continue', 'METRICS'))
    return undefined
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, text: () => Promise<string>): Promise<void> {
  // The doctor reads it to recognize us on a taken port
  response.setHeader('server', 'swarmwatch')
  const path = (request.url ?? '').split('?', 1)[0]
  if (path !== '/metrics') return refuse(response, 404, 'Not found: metrics are at /metrics')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET and HEAD', { allow: 'GET, HEAD' })
  try {
    const body = await text()
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    // Node leaves the body out of an answer to HEAD
    response.end(body)
  } catch {
    refuse(response, 503, 'Metrics cannot be collected now')
  }
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
  response.end(`${text}\n`)
}

/**
 * Resource attributes that become labels of every series, as in `promote_resource_attributes` of
 * the stack's Prometheus. The others are in `target_info` only: as labels they would start every
 * series again with each version.
 */
export const promotedAttributes: readonly string[] = ['deployment.environment.name', 'cloud.region']

/**
 * The metrics as Prometheus text, with the names and labels that they have when they arrive by
 * OTLP.
 */
export class ScrapeReader extends PrometheusExporter {
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true)

  constructor() {
    super({ preventServerStart: true })
  }

  /** A gauge that is no longer observed, such as that of a stuck run, disappears. */
  override selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return instrument === InstrumentType.OBSERVABLE_GAUGE
      ? AggregationTemporality.DELTA
      : super.selectAggregationTemporality(instrument)
  }

  override async collect(options?: Parameters<PrometheusExporter['collect']>[0]): Promise<CollectionResult> {
    const { errors, resourceMetrics } = await super.collect(options)
    const { attributes } = resourceMetrics.resource
    const promoted = promotedAttributes.flatMap((name) => (attributes[name] ? [[name, attributes[name]] as const] : []))
    const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({
      ...scope,
      metrics: scope.metrics.map((metric) => withLabels(withUnitSuffix(metric), promoted)),
    }))
    return { errors, resourceMetrics: { ...resourceMetrics, scopeMetrics } }
  }

  /** The current values. Rejects after shutdown. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return this.#serializer.serialize(resourceMetrics)
  }
}

type Attributes = MetricData['dataPoints'][number]['attributes']

/**
 * The metric with more attributes on each point. An attribute of the point itself wins, as in
 * Prometheus: a label must not occur twice.
 */
function withLabels(metric: MetricData, labels: readonly (readonly [string, Attributes[string]])[]): MetricData {
  const dataPoints = metric.dataPoints.map((point) => {
    const own = new Set(Object.keys(point.attributes).map(labelName))
    const added = labels.filter(([name]) => !own.has(labelName(name)))
    return { ...point, attributes: { ...point.attributes, ...Object.fromEntries(added) } }
  })
  return { ...metric, dataPoints } as MetricData
}

function labelName(attribute: string): string {
  return attribute.replaceAll('.', '_')
}

const words: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' }

/**
 * The metric under the name it has in Prometheus when it arrives by OTLP: JavaScript's Prometheus
 * exporter leaves the unit out.
 */
function withUnitSuffix(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor
  const word = unit === '1' && metric.dataPointType === DataPointType.GAUGE ? 'ratio' : words[unit]
  if (word === undefined || name.split(/[._]/).includes(word)) return metric
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}.${word}` } }
}
