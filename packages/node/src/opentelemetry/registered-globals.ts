import {
  context,
  createContextKey,
  createNoopMeter,
  metrics,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api'

/** What another OpenTelemetry set-up has registered in this process before us. */
export interface RegisteredGlobals {
  readonly tracerProvider: boolean
  readonly meterProvider: boolean
  readonly contextManager: boolean
  readonly propagator: boolean
  readonly diagLogger: boolean
  readonly loggerProvider: boolean
}

/** Looks without leaving a trace. */
export function registeredGlobals(): RegisteredGlobals {
  const tracers = trace.getTracerProvider()
  const key = createContextKey('swarmwatch.probe')
  return {
    // unregistered, our copy of the API answers with a proxy of the no-op provider
    tracerProvider: !(
      tracers instanceof ProxyTracerProvider && tracers.getDelegate() === new ProxyTracerProvider().getDelegate()
    ),
    meterProvider: metrics.getMeterProvider().getMeter('swarmwatch.probe') !== createNoopMeter(),
    contextManager: context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true),
    propagator: propagation.fields().length > 0,
    diagLogger: isGlobal('diag'),
    loggerProvider: isGlobal('logs'),
  }
}

/** The API keeps its globals under this symbol in every 1.x, and has no other way to ask for these. */
function isGlobal(name: 'diag' | 'logs'): boolean {
  const globals: unknown = Reflect.get(globalThis, Symbol.for('opentelemetry.js.api.1'))
  return typeof globals === 'object' && globals !== null && Reflect.get(globals, name) !== undefined
}
