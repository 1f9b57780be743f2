import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A real OpenTelemetry SDK whose exporter only counts, so that what is measured is the recording. */
export interface CountingTelemetry {
  /** Spans exported since the start. */
  spans(): number
  /** Recordings of the histogram points and sums of the counter points that belong to one agent, by metric name. */
  recordings(agentName: string): Promise<Readonly<Record<string, number>>>
  /** Exports the spans that wait. */
  flush(): Promise<void>
}

export function registerCountingTelemetry(): CountingTelemetry {
  let exported = 0
  const exporter: SpanExporter = {
    export(spans, done) {
      exported += spans.length
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 1_000_000, maxExportBatchSize: 1_000 })
  const reader = new ManualReader()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }))
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  return {
    spans: () => exported,
    flush: () => processor.forceFlush(),
    async recordings(agentName) {
      const { resourceMetrics } = await reader.collect()
      const recordings: Record<string, number> = {}
      for (const { descriptor, dataPoints } of resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)) {
        for (const { attributes, value } of dataPoints) {
          if (attributes['agent.name'] !== agentName && attributes['gen_ai.agent.name'] !== agentName) continue
          recordings[descriptor.name] = (recordings[descriptor.name] ?? 0) + (typeof value === 'number' ? value : value.count)
        }
      }
      return recordings
    },
  }
}
