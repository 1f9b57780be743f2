import { Worker } from 'node:worker_threads'

import { TraceFlags } from '@opentelemetry/api'
import type { IMetricReader, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'

/** A POST request of an exporter. */
export interface SendNowRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly certificates: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
  readonly body: Uint8Array
}

/**
 * Source of the thread. It is text, because a bundler would move a separate file. `pending` counts
 * the requests without an answer.
 */
const thread = `
  const { workerData: { requests, pending } } = require('node:worker_threads')
  const done = () => { Atomics.sub(pending, 0, 1); Atomics.notify(pending, 0) }
  for (const { url, headers, certificates, body } of requests) {
    const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http')
    const length = { 'content-type': 'application/x-protobuf', 'content-length': body.byteLength }
    request(url, { method: 'POST', headers: { ...headers, ...length }, ...certificates }, (response) => response.resume().on('close', done))
      .on('error', done)
      .end(body)
  }`

/**
 * Sends the requests and blocks until they are answered, at most `timeoutMs`. For the `exit` event,
 * after which no promise settles: a separate thread does the work.
 */
export function sendNow(requests: readonly SendNowRequest[], timeoutMs: number): void {
  if (requests.length === 0) return
  const pending = new Int32Array(new SharedArrayBuffer(4))
  pending[0] = requests.length
  const deadline = performance.now() + timeoutMs
  // Without preloads and environment, because --import of a set-up would start telemetry there too
  void new Worker(thread, { eval: true, execArgv: [], env: {}, workerData: { requests, pending } })
  for (;;) {
    const [left, restMs] = [Atomics.load(pending, 0), deadline - performance.now()]
    if (left <= 0 || restMs <= 0 || Atomics.wait(pending, 0, left, restMs) === 'timed-out') return
  }
}

/** Spans that have ended and are not exported yet. */
interface UnsentSpans extends SpanProcessor {
  /** In the order in which they ended. */
  all(): ReadableSpan[]
  /** Call it when their export has succeeded or failed. */
  forget(spans: readonly ReadableSpan[]): void
}

/**
 * Keeps at most `limit` spans, which a batch processor does not show.
 * @default 2048, as the batch processor's own queue
 */
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

/** Internals of `MetricReader` in sdk-metrics 3.1, whose `collect()` returns a promise. */
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

/**
 * The metrics of a reader without waiting; observable metrics have their last observed value.
 * Throws where the internals of the SDK differ.
 */
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
