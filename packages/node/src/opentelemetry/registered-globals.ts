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

/** The globals that another OpenTelemetry set-up has registered in this process before us. */
export interface RegisteredGlobals {
  readonly tracerProvider: boolean
  readonly meterProvider: boolean
  readonly contextManager: boolean
  readonly propagator: boolean
  readonly diagLogger: boolean
  readonly loggerProvider: boolean
  /**
   * The version of an API copy that registered something our own copy cannot see; undefined where
   * there is none.
   */
  readonly unseenVersion: string | undefined
}

/** Reads the globals without changing them. */
export function registeredGlobals(): RegisteredGlobals {
  const tracers = trace.getTracerProvider()
  const key = createContextKey('swarmwatch.probe')
  const seen = {
    // With nothing registered, our copy of the API returns a proxy of the no-op provider
    trace: !(tracers instanceof ProxyTracerProvider && tracers.getDelegate() === new ProxyTracerProvider().getDelegate()),
    metrics: metrics.getMeterProvider().getMeter('swarmwatch.probe') !== createNoopMeter(),
    context: context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true),
    propagation: propagation.fields().length > 0,
  }
  const isUnseen = (['trace', 'metrics', 'context'] as const).some((name) => isGlobal(name) && !seen[name])
  return {
    tracerProvider: seen.trace || isGlobal('trace'),
    meterProvider: seen.metrics || isGlobal('metrics'),
    contextManager: seen.context || isGlobal('context'),
    propagator: seen.propagation || isGlobal('propagation'),
    diagLogger: isGlobal('diag'),
    loggerProvider: isGlobal('logs'),
    unseenVersion: isUnseen ? registeredApiVersion() : undefined,
  }
}

/**
 * The version of the API copy that registered first; every other version is rejected from then on.
 */
export function registeredApiVersion(): string {
  const version = apiGlobals()?.['version']
  return typeof version === 'string' ? version : 'of another version'
}

/** The API keeps its globals under this symbol in every 1.x, and has no other way to read these. */
function apiGlobals(): Readonly<Record<string, unknown>> | undefined {
  const globals: unknown = Reflect.get(globalThis, Symbol.for('opentelemetry.js.api.1'))
  return typeof globals === 'object' && globals !== null ? (globals as Record<string, unknown>) : undefined
}

function isGlobal(name: string): boolean {
  return apiGlobals()?.[name] !== undefined
}

/**
 * Whether every loaded copy of @swarmwatch/sdk records with the MeterProvider that is registered
 * here.
 */
export function isSeenBySdk(): boolean {
  const views: unknown = Reflect.get(globalThis, Symbol.for('@swarmwatch/sdk.meterProviders'))
  const registered = metrics.getMeterProvider()
  return !(views instanceof Set) || [...(views as Set<() => unknown>)].every((view) => view() === registered)
}
