import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { ProtobufMetricsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import {
  type IMetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Environment } from '@swarmwatch/config'

import type { CollectorHealth } from './collector-health.ts'
import { batchSettings } from './environment-settings.ts'
import { collectNow, sendNow, type SendNowRequest, unsentSpans } from './export-on-exit.ts'
import { lastExportTimeoutMs, OtlpExporter } from './otlp-exporter.ts'
import type { OtlpSettings, OtlpTarget } from './otlp-settings.ts'

/** The export of spans and metrics by OTLP. */
export interface ExportPipeline {
  readonly spanProcessors: readonly SpanProcessor[]
  readonly metricReaders: readonly IMetricReader[]
  /** Can wait for exports under way, shorten them, and cut them off. */
  readonly exporters: readonly { forceFlush(): Promise<void>; close(): void; cut(): void }[]
  /** Sends the rest and blocks until it is answered, at most 2 seconds; sends nothing to a collector that is down. Never throws. */
  sendNow(): void
}

/** Intervals of the export, and the monitor of its results. */
export interface ExportPipelineOptions {
  readonly env: Environment
  readonly exportIntervalMs: number
  readonly exportTimeoutMs: number
  readonly health: CollectorHealth
}

/** Makes an exporter for each signal that has a target. */
export function exportPipeline(
  { targets }: OtlpSettings,
  { env, exportIntervalMs, exportTimeoutMs, health }: ExportPipelineOptions,
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
  return {
    spanProcessors: spans ? [unsent, new BatchSpanProcessor({ exporter: spans, ...batchSettings(env) })] : [],
    metricReaders: reader ? [reader] : [],
    exporters: [spans, metrics].filter((exporter) => exporter !== undefined),
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

/** The target with a timeout below that of the reader: an export must fail before the reader starts the next one. */
function withinTimeout<Target extends { readonly timeoutMs: number }>(target: Target, exportTimeoutMs: number): Target {
  return { ...target, timeoutMs: Math.min(target.timeoutMs, Math.ceil(exportTimeoutMs * 0.9)) }
}

class OtlpMetricExporter extends OtlpExporter<ResourceMetrics, OTLPMetricExporter> implements PushMetricExporter {
  selectAggregationTemporality(
    ...[instrument]: Parameters<OTLPMetricExporter['selectAggregationTemporality']>
  ): ReturnType<OTLPMetricExporter['selectAggregationTemporality']> {
    return this.usual.selectAggregationTemporality(instrument)
  }

  selectAggregation(
    ...[instrument]: Parameters<OTLPMetricExporter['selectAggregation']>
  ): ReturnType<OTLPMetricExporter['selectAggregation']> {
    return this.usual.selectAggregation(instrument)
  }
}
