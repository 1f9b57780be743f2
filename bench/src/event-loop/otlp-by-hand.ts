import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'

import { importPeer } from '../peers/import-peer.ts'

type ExporterClass<Exporter> = new (options: { url: string }) => Exporter

/** OpenTelemetry set up as its documentation says, with everything at its default but the interval; gives its shutdown. */
export async function startOtlpByHand(endpoint: string): Promise<() => Promise<unknown>> {
  const { OTLPTraceExporter } = await importPeer<{ OTLPTraceExporter: ExporterClass<SpanExporter> }>(
    '@opentelemetry/exporter-trace-otlp-proto',
  )
  const { OTLPMetricExporter } = await importPeer<{ OTLPMetricExporter: ExporterClass<PushMetricExporter> }>(
    '@opentelemetry/exporter-metrics-otlp-proto',
  )
  const spans = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }) })
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
    exportIntervalMillis: 1_000,
    exportTimeoutMillis: 1_000,
  })
  const tracerProvider = new TracerProvider({ spanProcessors: [spans] })
  const meterProvider = new MeterProvider({ readers: [reader] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(tracerProvider)
  metrics.setGlobalMeterProvider(meterProvider)
  return () => Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()])
}
