import { ProxyTracerProvider, trace, type Tracer, type TracerProvider } from '@opentelemetry/api'

const nobody = new ProxyTracerProvider()
let current: TracerProvider | undefined

/** Its tracers work with the provider that was registered last, however old they are. */
const lasting: TracerProvider = {
  getTracer(...scope) {
    const tracer = (): Tracer => (current ?? nobody).getTracer(...scope)
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
 * Registers a tracer provider in place of what is registered. Tracers that were made before, at the top of a module say, work with it as
 * well: OpenTelemetry's own stay with the first provider they meet.
 */
export function registerTracers(provider: TracerProvider): void {
  current = provider
  if (isRegistered()) trace.disable()
  trace.setGlobalTracerProvider(lasting)
}

/** From now on nothing is registered. */
export function unregisterTracers(): void {
  current = undefined
  if (isRegistered()) trace.disable()
}

// disable() leaves behind the tracers that were made while nothing was registered, so it is not called then
function isRegistered(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== nobody.getDelegate()
}
