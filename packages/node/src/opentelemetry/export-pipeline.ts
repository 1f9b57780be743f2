import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { ProtobufMetricsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { LogRecordExporter, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  type IMetricReader,
  InstrumentType,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Environment } from '@swarmwatch/config'

import { batchSettings } from './environment-settings.ts'
import { collectNow, sendNow, type SendNowRequest, unsentSpans } from './export-on-exit.ts'
import type { LogExport } from './log-export.ts'
import { alreadyLogged, type CollectorHealth } from './log-lines.ts'
import type { OtlpSettings, OtlpTarget } from './otlp-settings.ts'

/** The export of spans, metrics and log records by OTLP. */
export interface ExportPipeline {
  readonly spanProcessors: readonly SpanProcessor[]
  readonly logProcessors: readonly LogRecordProcessor[]
  readonly metricReaders: readonly IMetricReader[]
  /** Can wait for exports in progress, shorten them, and cut them off. */
  readonly exporters: readonly { forceFlush(): Promise<void>; close(): void; cut(): void }[]
  /**
   * Sends the rest and blocks until it is answered, at most 2 seconds; sends nothing to a collector
   * that is down. Never throws. Log records of the last second are lost.
   */
  sendNow(): void
}

/** Intervals of the export, and the monitor of its results. */
export interface ExportPipelineOptions {
  readonly env: Environment
  readonly exportIntervalMs: number
  readonly exportTimeoutMs: number
  readonly health: CollectorHealth
  /** Absent unless log records are exported. */
  readonly logExport: LogExport | undefined
}

/** Makes an exporter for each signal that has a target. */
export function exportPipeline(
  { targets }: OtlpSettings,
  { env, exportIntervalMs, exportTimeoutMs, health, logExport }: ExportPipelineOptions,
): ExportPipeline {
  const unsent = unsentSpans()
  const spans =
    targets.traces &&
    new OtlpExporter<ReadableSpan[], SpanExporter>(
      targets.traces,
      health,
      (config) => new OTLPTraceExporter(config),
      (exported) => unsent.forget(exported),
    )
  const metrics =
    targets.metrics &&
    new OtlpMetricExporter(withinTimeout(targets.metrics, exportTimeoutMs), health, (config) => new OTLPMetricExporter(config))
  const reader =
    metrics &&
    new PeriodicExportingMetricReader({
      exporter: metrics,
      exportIntervalMillis: exportIntervalMs,
      exportTimeoutMillis: exportTimeoutMs,
    })
  const logs =
    targets.logs &&
    logExport &&
    new OtlpExporter<ReadableLogRecord[], LogRecordExporter>(
      targets.logs,
      health,
      (config) => new logExport.OTLPLogExporter(config),
    )
  return {
    logProcessors: logs && logExport ? [new logExport.BatchLogRecordProcessor({ exporter: logs })] : [],
    spanProcessors: spans ? [unsent, new BatchSpanProcessor({ exporter: spans, ...batchSettings(env) })] : [],
    metricReaders: reader ? [reader] : [],
    exporters: [spans, metrics, logs].filter((exporter) => exporter !== undefined),
    sendNow() {
      const left = unsent.all()
      const requests = [
        ...requestTo(targets.traces, health, () =>
          left.length > 0 ? ProtobufTraceSerializer.serializeRequest(left) : undefined,
        ),
        ...requestTo(targets.metrics, health, () => reader && ProtobufMetricsSerializer.serializeRequest(collectNow(reader))),
      ]
      try {
        sendNow(requests, lastExportTimeoutMs)
      } catch {
        // No thread can be started here: the rest is lost
      }
    },
  }
}

function requestTo(
  target: OtlpTarget | undefined,
  health: CollectorHealth,
  serialize: () => Uint8Array | undefined,
): SendNowRequest[] {
  if (target === undefined || health.isFailing(target.url)) return []
  try {
    const body = serialize()
    return body === undefined ? [] : [{ ...target, body }]
  } catch {
    // A failure of one signal must not affect the other
    return []
  }
}

/**
 * The target with a timeout below that of the reader: an export must fail before the reader starts
 * the next one.
 */
function withinTimeout<Target extends { readonly timeoutMs: number }>(target: Target, exportTimeoutMs: number): Target {
  return { ...target, timeoutMs: Math.min(target.timeoutMs, Math.ceil(exportTimeoutMs * 0.9)) }
}

type Done = Parameters<SpanExporter['export']>[1]
type ExporterConfig = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

/** The common methods of OpenTelemetry's exporters of all signals. */
interface Exporter<Items> {
  export(items: Items, done: Done): void
  forceFlush?(): Promise<void>
  shutdown(): Promise<void>
}

/**
 * Timeout of an export that begins during the shutdown; one in progress gets the same time to end.
 */
const lastExportTimeoutMs = 2_000

/**
 * An exporter that ends soon once it closes: exports then go through a second exporter with a
 * shorter timeout, so that a dead collector does not delay the end of the process. Reports each
 * result to `health`, so that a dead collector makes one line and not one per batch.
 */
class OtlpExporter<Items, Inner extends Exporter<Items>> {
  protected readonly usual: Inner
  readonly #last: Inner
  readonly #usualConnections: Connections
  readonly #lastConnections: Connections
  readonly #url: string
  readonly #health: CollectorHealth
  readonly #onEnded: ((items: Items) => void) | undefined
  #isClosing = false

  constructor(
    target: OtlpTarget,
    health: CollectorHealth,
    make: (config: ExporterConfig) => Inner,
    onEnded?: (items: Items) => void,
  ) {
    this.#onEnded = onEnded
    const { url, headers, timeoutMs, certificates, compression = 'none' } = target
    // Always set, because otherwise the exporter reads the environment of the process; its enum is
    // not exported
    const common = { url, headers, compression: compression as NonNullable<ExporterConfig['compression']> }
    this.#url = url
    this.#health = health
    this.#usualConnections = openConnections(certificates)
    this.#lastConnections = openConnections(certificates)
    this.usual = make({ ...common, timeoutMillis: timeoutMs, httpAgentOptions: this.#usualConnections.agentFor })
    this.#last = make({
      ...common,
      timeoutMillis: Math.min(timeoutMs, lastExportTimeoutMs),
      httpAgentOptions: this.#lastConnections.agentFor,
    })
  }

  export(items: Items, done: Done): void {
    const exporter = this.#isClosing ? this.#last : this.usual
    exporter.export(items, (result) => {
      if (result.code === 0) this.#health.succeeded(this.#url)
      else this.#health.failed(this.#url, result.error)
      this.#onEnded?.(items)
      done(result.code === 0 ? result : { code: result.code, error: new Error(alreadyLogged) })
    })
  }

  /** Shortens the timeout of every further export, and cuts exports in progress after 2 seconds. */
  close(): void {
    this.#isClosing = true
    setTimeout(() => this.#usualConnections.cut(), lastExportTimeoutMs).unref()
  }

  /** Cuts every export that is still in progress. */
  cut(): void {
    this.#usualConnections.cut()
    this.#lastConnections.cut()
  }

  async forceFlush(): Promise<void> {
    await Promise.all([this.usual.forceFlush?.(), this.#last.forceFlush?.()])
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.usual.shutdown(), this.#last.shutdown()])
  }
}

class OtlpMetricExporter extends OtlpExporter<ResourceMetrics, OTLPMetricExporter> implements PushMetricExporter {
  /** A gauge that is no longer observed, such as that of a stuck run, is no longer sent. The receiver does not see the temporality of a gauge. */
  selectAggregationTemporality(
    ...[instrument]: Parameters<OTLPMetricExporter['selectAggregationTemporality']>
  ): ReturnType<OTLPMetricExporter['selectAggregationTemporality']> {
    return instrument === InstrumentType.OBSERVABLE_GAUGE
      ? AggregationTemporality.DELTA
      : this.usual.selectAggregationTemporality(instrument)
  }

  selectAggregation(
    ...[instrument]: Parameters<OTLPMetricExporter['selectAggregation']>
  ): ReturnType<OTLPMetricExporter['selectAggregation']> {
    return this.usual.selectAggregation(instrument)
  }
}

/** The exporters' connections: they do not keep the process alive, and can be cut at any time. */
interface Connections {
  /** For the exporter's `httpAgentOptions`. */
  readonly agentFor: (protocol: string) => HttpAgent
  /** Ends every request in progress with an error that is not retried, and rejects new ones. */
  cut(): void
}

/** Opens connections with the certificates of the target. */
function openConnections(certificates: OtlpTarget['certificates']): Connections {
  const agents: HttpAgent[] = []
  let isCut = false

  const agentFor = (protocol: string): HttpAgent => {
    const agent =
      protocol === 'https:' ? new HttpsAgent({ keepAlive: true, ...certificates }) : new HttpAgent({ keepAlive: true })
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      if (isCut) throw cutError()
      return unref(connect(options, callback))
    }
    const reuse = agent.reuseSocket.bind(agent)
    agent.reuseSocket = (socket, request) => {
      reuse(socket, request)
      // It calls ref(): a request to a collector that never answers would keep the process alive
      unref(socket)
    }
    agents.push(agent)
    return agent
  }

  return {
    agentFor,
    cut() {
      isCut = true
      for (const agent of agents) {
        for (const socket of Object.values(agent.sockets).flatMap((sockets) => sockets ?? [])) socket.destroy(cutError())
        agent.destroy()
      }
    },
  }
}

/** Without a `code`, so that OpenTelemetry's transport takes it as final. */
const cutError = (): Error => new Error('cut off: telemetry is shutting down')

function unref(socket: Duplex | null | undefined): Duplex | null | undefined {
  if (socket && 'unref' in socket && typeof socket.unref === 'function') socket.unref()
  return socket
}
