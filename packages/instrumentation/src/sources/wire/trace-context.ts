import { propagation, trace, type Context } from '@opentelemetry/api'

/** An undici request, as its diagnostics channel publishes it. */
export interface HeaderTarget {
  headers: unknown
  addHeader?: (name: string, value: string) => unknown
}

/**
 * Adds the trace context of a model call to its request, so that the receiver sees the call as its parent. A `traceparent` of the same
 * trace that another instrumentation has set stays: the receiver must see one. One that is set later replaces ours.
 */
export function propagate(context: Context, request: HeaderTarget): void {
  if (typeof request.addHeader !== 'function' || !Array.isArray(request.headers)) return
  const headers = request.headers as unknown[]
  const set = headerValue(headers, 'traceparent')
  if (set !== undefined && !isReplaceable(set, context)) return
  const added: Record<string, string> = {}
  propagation.inject(context, added)
  const names = Object.keys(added)
  if (names.length === 0) return
  // It belongs to the `traceparent` that is replaced
  if (set !== undefined) removeHeader(headers, 'tracestate')
  const { addHeader } = request
  for (const name of names) replaceHeader(request, headers, addHeader, name, added[name]!)
  request.addHeader = (name, value) => {
    const isOurs = typeof name === 'string' && names.includes(name.toLowerCase())
    if (!isOurs) return addHeader.call(request, name, value)
    return replaceHeader(request, headers, addHeader, name, value)
  }
}

/** Whether a header was set by the client itself, from the span that is the parent of the call, or from a trace of its own. */
function isReplaceable(traceparent: string, context: Context): boolean {
  const [, traceId, spanId] = traceparent.split('-')
  const parent = trace.getSpan(context) as { parentSpanContext?: { spanId: string } } | undefined
  const { traceId: ownTrace } = trace.getSpanContext(context) ?? {}
  return traceId !== ownTrace || spanId === parent?.parentSpanContext?.spanId
}

function headerValue(headers: readonly unknown[], name: string): string | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (String(headers[at]).toLowerCase() === name) return String(headers[at + 1])
  }
  return undefined
}

function replaceHeader(
  request: HeaderTarget,
  headers: unknown[],
  addHeader: (name: string, value: string) => unknown,
  name: string,
  value: string,
): unknown {
  removeHeader(headers, name.toLowerCase())
  return addHeader.call(request, name, value)
}

function removeHeader(headers: unknown[], name: string): void {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (String(headers[at]).toLowerCase() === name) headers.splice(at, 2)
  }
}
