import {
  ProxyTracerProvider,
  trace as traceApi,
  type ContextManager,
  type Tracer,
  type TracerProvider as ApiTracerProvider,
} from '@opentelemetry/api'
import type { MeterProvider, MetricReader, ViewOptions } from '@opentelemetry/sdk-metrics'
import type { Sampler, SpanExporter, SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/**
 * Parts of an OpenTelemetry SDK, as its documentation describes them. Processors, readers and views are added; a sampler replaces the
 * default.
 */
export interface TelemetryParts {
  /** Span processors besides the one that the assertions read. @default none */
  readonly spanProcessors?: readonly object[] | undefined
  /** Sampler of spans. @default every span is recorded */
  readonly sampler?: object | undefined
  /** Metric readers besides the one that the assertions read. @default none */
  readonly metricReaders?: readonly object[] | undefined
  /** Views of the metrics. @default none */
  readonly views?: readonly object[] | undefined
}

/** The parts of the installed OpenTelemetry SDK that this package uses. */
export interface OpenTelemetrySdk {
  tracerProvider(parts: TelemetryParts): TracerProvider
  meterProvider(parts: TelemetryParts): MeterProvider
  contextManager(): ContextManager
  readonly MetricReader: typeof MetricReader
  /** Returns processors that pass spans to an exporter: one passes each span at once, one passes batches. */
  exporting(exporter: SpanExporter): SpanProcessor[]
}

/** Loads the installed SDK, version 2 or 3. If it is missing, rejects with an error that lists the packages to install. */
export async function openTelemetrySdk(): Promise<OpenTelemetrySdk> {
  const [trace, metrics, hooks] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/context-async-hooks'),
  ]).catch((cause: unknown) => {
    throw new Error(
      '@swarmwatch/testing needs the OpenTelemetry SDK, version 2.9 or newer: install ' +
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

const unregistered = new ProxyTracerProvider()
let current: ApiTracerProvider | undefined

/** Its tracers use the provider that was registered last, even if they were created before. */
const forwarding: ApiTracerProvider = {
  getTracer(...scope) {
    const tracer = (): Tracer => (current ?? unregistered).getTracer(...scope)
    return {
      startSpan: (...span) => tracer().startSpan(...span),
      startActiveSpan(...span: unknown[]) {
        const now = tracer() as unknown as { startActiveSpan: (...args: unknown[]) => never }
        return now.startActiveSpan(...span)
      },
    }
  },
}

/**
 * Registers a tracer provider in place of the current one. Tracers that were created earlier, for example at the top of a module, use it
 * as well. OpenTelemetry's own tracers stay with the first provider that they use.
 */
export function registerTracers(provider: ApiTracerProvider): void {
  current = provider
  if (isRegistered()) traceApi.disable()
  traceApi.setGlobalTracerProvider(forwarding)
}

/** Removes the registered tracer provider. */
export function unregisterTracers(): void {
  current = undefined
  if (isRegistered()) traceApi.disable()
}

// disable() abandons the tracers that were created while nothing was registered, so it is not called then
function isRegistered(): boolean {
  const provider = traceApi.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== unregistered.getDelegate()
}
