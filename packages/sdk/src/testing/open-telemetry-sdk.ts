import type { ContextManager } from '@opentelemetry/api'
import type { MeterProvider, MetricReader, ViewOptions } from '@opentelemetry/sdk-metrics'
import type { Sampler, SpanExporter, SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** Parts of an OpenTelemetry SDK, as its documentation has them: processors, readers and views are added, a sampler replaces the default. */
export interface TelemetryParts {
  readonly spanProcessors?: readonly object[] | undefined
  readonly sampler?: object | undefined
  readonly metricReaders?: readonly object[] | undefined
  readonly views?: readonly object[] | undefined
}

/** What the test kit needs of the OpenTelemetry SDK that is installed. */
export interface OpenTelemetrySdk {
  tracerProvider(parts: TelemetryParts): TracerProvider
  meterProvider(parts: TelemetryParts): MeterProvider
  contextManager(): ContextManager
  readonly MetricReader: typeof MetricReader
  /** Processors that hand spans to an exporter, one by one and in batches. */
  exporting(exporter: SpanExporter): SpanProcessor[]
}

/** Loads the SDK that is installed, 2 or 3. Rejects, and says what to install, where there is none. */
export async function openTelemetrySdk(): Promise<OpenTelemetrySdk> {
  const [trace, metrics, hooks] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/context-async-hooks'),
  ]).catch((cause: unknown) => {
    throw new Error(
      '@swarmwatch/sdk/testing needs the OpenTelemetry SDK, version 2.9 or newer: install ' +
        '@opentelemetry/sdk-trace, @opentelemetry/sdk-metrics and @opentelemetry/context-async-hooks',
      { cause },
    )
  })
  return {
    MetricReader: metrics.MetricReader,
    tracerProvider: ({ spanProcessors = [], sampler }) =>
      new trace.TracerProvider({
        spanProcessors: [...spanProcessors] as SpanProcessor[],
        ...(sampler && { sampler: sampler as Sampler }),
      }),
    meterProvider: ({ metricReaders = [], views = [] }) =>
      new metrics.MeterProvider({ readers: [...metricReaders] as MetricReader[], views: [...views] as ViewOptions[] }),
    contextManager: () => new hooks.AsyncLocalStorageContextManager().enable(),
    exporting: (exporter) => [
      new trace.SimpleSpanProcessor({ exporter }),
      new trace.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1 }),
    ],
  }
}
