import { context, metrics, trace, type Context, type ContextManager, type Meter, type MeterProvider } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { SimpleSpanProcessor, TracerProvider, type Sampler, type SpanExporter } from '@opentelemetry/sdk-trace'

import { metric } from '../src/names.ts'
import { InMemoryTelemetry } from './in-memory-telemetry.ts'

/** Thrown by everything here that breaks. */
export function boom(): never {
  throw new Error('telemetry is broken')
}

function withContextManager(broken: Partial<ContextManager>): InMemoryTelemetry {
  const telemetry = new InMemoryTelemetry()
  const working = new AsyncLocalStorageContextManager().enable()
  context.disable()
  context.setGlobalContextManager({
    active: () => working.active(),
    with: (...args) => working.with(...args),
    bind: (...args) => working.bind(...args),
    enable: () => working.enable(),
    disable: () => working.disable(),
    ...broken,
  })
  return telemetry
}

function withTracerProvider(provider: unknown): InMemoryTelemetry {
  const telemetry = new InMemoryTelemetry()
  trace.disable()
  trace.setGlobalTracerProvider(provider as TracerProvider)
  return telemetry
}

/** The real meter, whose methods that begin with `create` do what `create` makes of them; the count of trips still works. */
function withMeter(create: (make: () => object) => unknown): InMemoryTelemetry {
  const telemetry = new InMemoryTelemetry()
  const real = metrics.getMeterProvider()
  const getMeter = (...args: Parameters<MeterProvider['getMeter']>): Meter =>
    new Proxy(real.getMeter(...args), {
      get(meter, key) {
        const method = Reflect.get(meter, key) as (...args: unknown[]) => object
        return (...options: unknown[]) => {
          const make = (): object => Reflect.apply(method, meter, options)
          return options[0] === metric.guardTrips.name ? make() : create(make)
        }
      },
    })
  metrics.disable()
  metrics.setGlobalMeterProvider({ getMeter })
  return telemetry
}

const doNothing = { forceFlush: async () => {}, shutdown: async () => {} }
type Call = (...args: unknown[]) => unknown

/** Ways in which registered telemetry breaks, and the place that is counted for it, if it is one of ours that notices. */
export const brokenTelemetry: Record<string, { register: () => InMemoryTelemetry; where?: string }> = {
  'a span processor that throws in onStart': {
    register: () => new InMemoryTelemetry([{ onStart: boom, onEnd() {}, ...doNothing }]),
    where: 'span',
  },
  'a span processor that throws in onEnd': {
    register: () => new InMemoryTelemetry([{ onStart() {}, onEnd: boom, ...doNothing }]),
    where: 'span',
  },
  'a sampler that throws': {
    register: () => withTracerProvider(new TracerProvider({ sampler: { shouldSample: boom } satisfies Sampler })),
    where: 'span',
  },
  'an exporter that throws': {
    register: () => {
      const exporter: SpanExporter = { export: boom, shutdown: async () => {} }
      return new InMemoryTelemetry([new SimpleSpanProcessor({ exporter })])
    },
  },
  'a tracer provider that throws': { register: () => withTracerProvider({ getTracer: boom }), where: 'span' },
  'a tracer provider without a tracer': { register: () => withTracerProvider({ getTracer() {} }), where: 'span' },
  'a tracer without a span': {
    register: () => withTracerProvider({ getTracer: () => ({ startSpan() {} }) }),
    where: 'span',
  },
  'a context manager that throws instead of calling': { register: () => withContextManager({ with: boom }), where: 'span' },
  'a context manager that throws after calling': {
    register: () =>
      withContextManager({
        with: (_: Context, call: Call) => {
          call()
          boom()
        },
      } as Partial<ContextManager>),
    where: 'span',
  },
  'a context manager that never calls': { register: () => withContextManager({ with: () => undefined as never }) },
  'a context manager that calls twice': {
    register: () =>
      withContextManager({ with: (_: Context, call: Call) => [call(), call()] } as unknown as Partial<ContextManager>),
  },
  'a context manager that knows no active context': { register: () => withContextManager({ active: boom }), where: 'span' },
  'a meter provider that throws': {
    register: () => {
      const telemetry = new InMemoryTelemetry()
      metrics.disable()
      metrics.setGlobalMeterProvider({ getMeter: boom })
      return telemetry
    },
  },
  'a meter that cannot make instruments': { register: () => withMeter(boom), where: 'metric' },
  'a meter that makes nothing': { register: () => withMeter(() => undefined), where: 'metric' },
  'instruments that throw': {
    register: () => withMeter((make) => Object.assign(make(), { add: boom, record: boom, addCallback: boom })),
    where: 'metric',
  },
}
