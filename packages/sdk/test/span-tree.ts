import { SpanStatusCode } from '@opentelemetry/api'
import type { RecordedSpan, TestTelemetry } from '@swarmwatch/testing'

/** The finished spans as a tree in words; ids and measured numbers are replaced by what they are. */
export function spanTree(telemetry: TestTelemetry): unknown[] {
  const spans = telemetry.spans()
  const describe = (span: RecordedSpan): unknown => ({
    name: span.name,
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [key, /execution\.id|retry\.wait/.test(key) ? typeof value : value]),
    ),
    ...(span.status.code !== SpanStatusCode.UNSET && { status: [SpanStatusCode[span.status.code], span.status.message] }),
    ...(span.events.length > 0 && { events: span.events.map(({ name, attributes }) => [name, Object.keys(attributes ?? {})]) }),
    children: spans.filter((child) => child.parentSpanContext?.spanId === span.spanContext().spanId).map(describe),
  })
  return spans.filter((span) => span.parentSpanContext === undefined).map(describe)
}
