import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

/** Returns a span context as a W3C `traceparent`. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
}

const w3c = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-|$)/

/** Returns the span context of a W3C `traceparent`; undefined for anything else. */
export function spanContextOf(value: unknown): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = (typeof value === 'string' && w3c.exec(value.trim())) || []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(context) ? context : undefined
}
