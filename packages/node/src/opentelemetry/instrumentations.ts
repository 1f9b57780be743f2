import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { availableParallelism } from 'node:os'

import { type BatchObservableCallback, metrics, propagation } from '@opentelemetry/api'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { AggregationType, createAllowListAttributesProcessor, type ViewOptions } from '@opentelemetry/sdk-metrics'

import { type FrameworkObserver, sourcesIn } from './framework-observer.ts'
import type { RegisteredGlobals } from './registered-globals.ts'

/**
 * Runtime and process metrics, model and tool calls of frameworks, and trace context on outgoing
 * requests, through the providers that are registered now; leaves out what another set-up already
 * does.
 */
export function instrumentations(
  taken: RegisteredGlobals,
  capturesUrlPaths: boolean,
  observeFrameworks: () => FrameworkObserver,
): readonly { disable(): void }[] {
  // A second header would be unreadable for the receiver
  const isPropagated = taken.tracerProvider && channel(requestChannel).hasSubscribers
  const frameworks = observeFrameworks()
  return [
    ...(taken.meterProvider ? [] : [observeRuntime(), observeProcess()]),
    frameworks,
    ...(isPropagated ? [] : [outgoingRequests(capturesUrlPaths, frameworks)]),
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
 * Spans for outgoing `fetch` requests and their `traceparent` header, inside a run only. A URL can
 * contain the input of an agent or a key, so the span keeps scheme, host and port, with `withPaths`
 * the path too, and never the query. A request to a model has the span of the model call instead.
 */
function outgoingRequests(withPaths: boolean, frameworks: FrameworkObserver): UndiciInstrumentation {
  return new UndiciInstrumentation({
    ignoreRequestHook: (request) => frameworks.isModelRequest(request),
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
 * `process.cpu.time`, `process.cpu.utilization` and `process.memory.usage` of the semantic
 * conventions, through the meter provider that is registered now. Implemented here, because
 * `@opentelemetry/instrumentation-host-metrics` loads a megabyte for metrics of the host.
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

/** The views for a value of the setting `frameworks`: they drop metrics and attributes of the instrumentations. */
export function viewsFor(frameworks: string): ViewOptions[] {
  const areModelCallsSeen = sourcesIn(frameworks).some((source) => source !== 'mcp')
  return areModelCallsSeen ? [...views, durationOfAiSdkOtel] : views
}

/**
 * `@ai-sdk/otel` records the duration of each model call under the name that ours has, in a scope of its own. Series from OTLP have no
 * scope in Prometheus, so every query would count those calls twice.
 */
const durationOfAiSdkOtel: ViewOptions = {
  instrumentName: 'gen_ai.client.inference.duration',
  meterName: 'gen_ai',
  aggregation: { type: AggregationType.DROP },
}

const views: ViewOptions[] = [
  // One series per heap space, over 50 in every process; process.memory.usage is enough
  { instrumentName: 'v8js.memory.heap.*', aggregation: { type: AggregationType.DROP } },
  // Of the delays of the event loop, the 99th percentile is enough
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90'].map((name): ViewOptions => ({
    instrumentName: `nodejs.eventloop.delay.${name}`,
    aggregation: { type: AggregationType.DROP },
  })),
  { instrumentName: 'v8js.resource.active', aggregation: { type: AggregationType.DROP } },
  // An agent that browses would create one histogram per host
  {
    instrumentName: 'http.client.request.duration',
    attributesProcessors: [
      createAllowListAttributesProcessor(['http.request.method', 'http.response.status_code', 'error.type', 'url.scheme']),
    ],
  },
]

/**
 * A request of any undici, as its diagnostics channel publishes it: since version 6 with
 * `addHeader`, before with one text of headers.
 */
interface OutgoingRequest {
  headers: string | (string | string[])[]
  addHeader?: (name: string, value: string) => unknown
}

type Header = readonly [name: string, value: string | readonly string[]]

const requestChannel = 'undici:request:create'

/**
 * Reduces the trace context of every outgoing undici and `fetch` request to one: clients that set
 * `traceparent` themselves would otherwise send two, which a receiver must ignore. The header that
 * was added last wins, which is that of the request's own span, and baggage is merged. Subscribe
 * after the instrumentations. Returns a function that ends it.
 * https://github.com/open-telemetry/opentelemetry-js-contrib/issues/3711
 */
function keepTraceContextSingle(): () => void {
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: OutgoingRequest }
    reduce(request)
    // An instrumentation that was registered after us adds its headers later
    const { addHeader } = request
    if (typeof addHeader !== 'function') return
    request.addHeader = (name, value) => {
      const added = addHeader.call(request, name, value)
      reduce(request)
      return added
    }
  }
  subscribe(requestChannel, onRequest)
  return () => void unsubscribe(requestChannel, onRequest)
}

function reduce(request: OutgoingRequest): void {
  try {
    if (Array.isArray(request.headers)) {
      const single = singleTraceContext(pairs(request.headers), traceHeaders())
      if (single !== undefined) request.headers.splice(0, Infinity, ...(single.flat(1) as (string | string[])[]))
    } else if (typeof request.headers === 'string') {
      const lines = request.headers.split('\r\n').filter((line) => line !== '')
      const headers = lines.map((line): Header => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
      const single = singleTraceContext(headers, traceHeaders())
      if (single !== undefined) request.headers = single.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')
    }
  } catch {
    // The request is sent unchanged
  }
}

function pairs(list: readonly (string | string[])[]): Header[] {
  return Array.from({ length: list.length >> 1 }, (_, index) => [String(list[2 * index]), list[2 * index + 1]!])
}

/** The headers of W3C, and those of the registered propagator. */
function traceHeaders(): ReadonlySet<string> {
  return new Set(['traceparent', 'tracestate', 'baggage', ...propagation.fields().map((name) => name.toLowerCase())])
}

/** The headers with a single trace context; `undefined` where nothing has to change. */
function singleTraceContext(headers: readonly Header[], names: ReadonlySet<string>): Header[] | undefined {
  const values = new Map<string, { readonly text: string; readonly at: number }[]>()
  for (const [at, [name, value]] of headers.entries()) {
    const key = name.toLowerCase()
    if (!names.has(key)) continue
    // `Headers` joins two values of one name with a comma; neither of these holds one of its own
    const texts = [value].flat().flatMap((text) => (key === 'tracestate' || key === 'baggage' ? text : text.split(',')))
    values.set(key, [...(values.get(key) ?? []), ...texts.map((text) => ({ text: text.trim(), at }))])
  }
  if (![...values.values()].some((texts) => texts.length > 1)) return undefined

  const parents = values.get('traceparent') ?? []
  const parent = parents.findLast(({ text }) => isTraceparent(text)) ?? parents.at(-1)
  const kept = [...values].map(([name, texts]): Header | undefined => {
    if (name === 'traceparent') return parent && [name, parent.text]
    if (name === 'baggage') return [name, mergedBaggage(texts.map(({ text }) => text))]
    if (name !== 'tracestate') return [name, texts.at(-1)!.text]
    // The state of a removed parent does not belong to the one that is kept
    const states = texts.filter(({ at }) => parents.length < 2 || at >= parent!.at)
    return states.length === 0 ? undefined : [name, states.map(({ text }) => text).join(',')]
  })
  return [...headers.filter(([name]) => !names.has(name.toLowerCase())), ...kept.filter((header) => header !== undefined)]
}

function isTraceparent(text: string): boolean {
  return /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:$|-)/.test(text)
}

/** Every member once, the last one of a name. */
function mergedBaggage(texts: readonly string[]): string {
  const members = texts.flatMap((text) => text.split(',')).filter((member) => member.trim() !== '')
  return [...new Map(members.map((member) => [member.split('=', 1)[0]!.trim(), member.trim()])).values()].join(',')
}
