import { channel } from 'node:diagnostics_channel'
import { availableParallelism } from 'node:os'

import { type BatchObservableCallback, metrics } from '@opentelemetry/api'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { AggregationType, createAllowListAttributesProcessor, type ViewOptions } from '@opentelemetry/sdk-metrics'

import type { RegisteredGlobals } from './registered-globals.ts'
import { keepTraceContextSingle } from './single-trace-context.ts'

/**
 * Runtime and process metrics, and trace context on outgoing requests, through the providers that are registered now; leaves out what
 * another set-up already does.
 */
export function instrumentations(taken: RegisteredGlobals, capturesUrlPaths: boolean): readonly { disable(): void }[] {
  // A second header would be unreadable for the receiver
  const isPropagated = taken.tracerProvider && channel('undici:request:create').hasSubscribers
  return [
    ...(taken.meterProvider ? [] : [observeRuntime(), observeProcess()]),
    ...(isPropagated ? [] : [outgoingRequests(capturesUrlPaths)]),
    // Last, because it reduces the headers of all others, also of another set-up
    { disable: keepTraceContextSingle() },
  ]
}

function observeRuntime(): RuntimeNodeInstrumentation {
  const runtime = new RuntimeNodeInstrumentation()
  // Its constructor creates no instruments
  runtime.setMeterProvider(metrics.getMeterProvider())
  return runtime
}

/**
 * Spans for outgoing `fetch` requests and their `traceparent` header, inside a run only. A URL can contain the input of an agent or a
 * key, so the span keeps scheme, host and port, with `withPaths` the path too, and never the query.
 */
function outgoingRequests(withPaths: boolean): UndiciInstrumentation {
  return new UndiciInstrumentation({
    requireParentforSpans: true,
    startSpanHook: ({ origin, path }) => {
      const url = URL.parse(path, origin)
      if (url === null) return { 'url.full': undefined, 'url.path': undefined, 'url.query': undefined }
      return {
        'url.full': withPaths ? `${url.origin}${url.pathname}` : url.origin,
        'url.path': withPaths ? url.pathname : undefined,
        'url.query': undefined,
      }
    },
  })
}

/**
 * `process.cpu.time`, `process.cpu.utilization` and `process.memory.usage` of the semantic conventions, through the meter provider that is
 * registered now. Implemented here, because `@opentelemetry/instrumentation-host-metrics` loads a megabyte for metrics of the host.
 */
function observeProcess(): { disable(): void } {
  const meter = metrics.getMeter('@swarmwatch/node')
  const time = meter.createObservableCounter('process.cpu.time', {
    description: 'CPU seconds of this process',
    unit: 's',
  })
  const utilization = meter.createObservableGauge('process.cpu.utilization', {
    description: 'CPU seconds since the last collection, over elapsed seconds and CPUs, 0-1',
  })
  const memory = meter.createObservableGauge('process.memory.usage', { description: 'Resident memory in bytes' })

  let last = { at: performance.now(), ...process.cpuUsage() }
  const observe: BatchObservableCallback = (result) => {
    const now = { at: performance.now(), ...process.cpuUsage() }
    const elapsedMicroseconds = (now.at - last.at) * 1_000 * availableParallelism()
    for (const mode of ['user', 'system'] as const) {
      const attributes = { 'cpu.mode': mode }
      result.observe(time, now[mode] / 1e6, attributes)
      if (elapsedMicroseconds > 0) result.observe(utilization, (now[mode] - last[mode]) / elapsedMicroseconds, attributes)
    }
    result.observe(memory, process.memoryUsage.rss())
    last = now
  }
  const observed = [time, utilization, memory]
  meter.addBatchObservableCallback(observe, observed)
  return { disable: () => meter.removeBatchObservableCallback(observe, observed) }
}

/** Views that drop metrics and attributes of the instrumentations. */
export const views: ViewOptions[] = [
  // One series per heap space, over 50 in every process; process.memory.usage is enough
  { instrumentName: 'v8js.memory.heap.*', aggregation: { type: AggregationType.DROP } },
  // An agent that browses would create one histogram per host
  {
    instrumentName: 'http.client.request.duration',
    attributesProcessors: [
      createAllowListAttributesProcessor(['http.request.method', 'http.response.status_code', 'error.type', 'url.scheme']),
    ],
  },
]
