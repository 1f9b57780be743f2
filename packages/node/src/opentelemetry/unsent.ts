import { TraceFlags } from '@opentelemetry/api'
import type { IMetricReader, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'

/** Spans that have ended and are not exported yet. */
export interface UnsentSpans extends SpanProcessor {
  /** In the order of their ends. */
  all(): ReadableSpan[]
  /** Their export has ended, well or not. */
  forget(spans: readonly ReadableSpan[]): void
}

/** Keeps at most `limit` spans, which a batch processor does not show. @default 2048, as the batch processor's own queue */
export function unsentSpans(limit = 2_048): UnsentSpans {
  const spans = new Set<ReadableSpan>()
  return {
    onStart() {},
    onEnd(span) {
      if (span.spanContext().traceFlags & TraceFlags.SAMPLED && spans.size < limit) spans.add(span)
    },
    all: () => [...spans],
    forget(exported) {
      for (const span of exported) spans.delete(span)
    },
    async forceFlush() {},
    async shutdown() {},
  }
}

interface Storage {
  collect(collector: unknown, time: [number, number]): MetricData | undefined
}

/** What `MetricReader` of sdk-metrics 3.1 holds; its own `collect()` gives a promise. */
interface BoundReader {
  readonly _sdkMetricProducer: {
    readonly _sharedState: {
      readonly resource: ResourceMetrics['resource']
      readonly meterSharedStates: ReadonlyMap<
        unknown,
        {
          readonly _instrumentationScope: ResourceMetrics['scopeMetrics'][number]['scope']
          readonly metricStorageRegistry: { getStorages(collector: unknown): Storage[] }
        }
      >
    }
  }
}

/** The metrics of a reader without waiting; observable ones as they were last observed. Throws where the SDK has changed inside. */
export function collectNow(reader: IMetricReader): ResourceMetrics {
  const collector = (reader as unknown as BoundReader)._sdkMetricProducer
  const { resource, meterSharedStates } = collector._sharedState
  const now = Date.now()
  const time: [number, number] = [Math.trunc(now / 1_000), (now % 1_000) * 1_000_000]
  const scopeMetrics = [...meterSharedStates.values()].map((meter) => ({
    scope: meter._instrumentationScope,
    metrics: meter.metricStorageRegistry.getStorages(collector).flatMap((storage) => storage.collect(collector, time) ?? []),
  }))
  return { resource, scopeMetrics: scopeMetrics.filter(({ metrics }) => metrics.length > 0) }
}
