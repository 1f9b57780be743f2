import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AggregationType, DataPointType, MeterProvider, MetricReader, type ViewOptions } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A real OpenTelemetry SDK whose exporter only counts, so that what is measured is the recording. */
export interface CountingTelemetry {
  /** Spans exported since the start. */
  spans(): number
  /** Number of recordings in the exported points of histograms and counters since the start, by metric name, of one agent or of all. */
  recordings(agentName?: string): Promise<Readonly<Record<string, number>>>
  /** Exports the spans that wait. */
  flush(): Promise<void>
}

/** Which metrics are recorded. */
export type Metrics = 'all' | 'no GenAI' | 'none'

const dropsGenAi: ViewOptions = { instrumentName: 'gen_ai.*', aggregation: { type: AggregationType.DROP } }

/** Registers it for the whole process. */
export function registerCountingTelemetry(recorded: Metrics = 'all'): CountingTelemetry {
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
  const meterProvider = new MeterProvider({ readers: [reader], views: recorded === 'no GenAI' ? [dropsGenAi] : [] })
  if (recorded !== 'none') metrics.setGlobalMeterProvider(meterProvider)
  return {
    spans: () => exported,
    flush: () => processor.forceFlush(),
    async recordings(agentName) {
      const { resourceMetrics } = await reader.collect()
      const recordings: Record<string, number> = {}
      for (const metric of resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)) {
        // A gauge, or a sum that goes up and down, does not show how often it was recorded
        if (metric.dataPointType !== DataPointType.HISTOGRAM && !('isMonotonic' in metric && metric.isMonotonic)) continue
        for (const { attributes, value } of metric.dataPoints) {
          const isTheirs = attributes['agent.name'] === agentName || attributes['gen_ai.agent.name'] === agentName
          if (agentName !== undefined && !isTheirs) continue
          const { name } = metric.descriptor
          recordings[name] = (recordings[name] ?? 0) + (typeof value === 'number' ? value : value.count)
        }
      }
      return recordings
    },
  }
}
