import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  type IMetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'

import type { CollectorHealth } from './collector-health.ts'
import { batchSettings } from './environment-settings.ts'
import { OtlpExporter } from './otlp-exporter.ts'
import type { Environment, OtlpSettings } from './otlp-settings.ts'

/** What leaves by OTLP. */
export interface ExportPipeline {
  readonly spanProcessors: readonly SpanProcessor[]
  readonly metricReaders: readonly IMetricReader[]
  /** They can hurry, and be cut off. */
  readonly exporters: readonly { close(): void; cut(): void }[]
}

/** How often it exports, and who hears how that goes. */
export interface ExportPipelineOptions {
  readonly env: Environment
  readonly exportIntervalMs: number
  readonly health: CollectorHealth
}

/** Makes an exporter for each signal that has a target. */
export function exportPipeline(
  { targets }: OtlpSettings,
  { env, exportIntervalMs, health }: ExportPipelineOptions,
): ExportPipeline {
  const spans =
    targets.traces &&
    new OtlpExporter<ReadableSpan[], SpanExporter>(targets.traces, health, (config) => new OTLPTraceExporter(config))
  const metrics =
    targets.metrics &&
    new OtlpMetricExporter(withinInterval(targets.metrics, exportIntervalMs), health, (config) => new OTLPMetricExporter(config))
  return {
    spanProcessors: spans ? [new BatchSpanProcessor({ exporter: spans, ...batchSettings(env) })] : [],
    metricReaders: metrics
      ? [
          new PeriodicExportingMetricReader({
            exporter: metrics,
            exportIntervalMillis: exportIntervalMs,
            exportTimeoutMillis: exportIntervalMs,
          }),
        ]
      : [],
    exporters: [spans, metrics].filter((exporter) => exporter !== undefined),
  }
}

/** An export must have failed before the reader loses patience, or the next one piles up on it. */
function withinInterval<Target extends { readonly timeoutMs: number }>(target: Target, exportIntervalMs: number): Target {
  return { ...target, timeoutMs: Math.min(target.timeoutMs, Math.ceil(exportIntervalMs * 0.9)) }
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
