import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api'

/** A span that has ended: the very object of the OpenTelemetry SDK, in so far as SDK 2 and 3 agree on it. */
export interface RecordedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly spanContext: () => SpanContext
  readonly parentSpanContext?: SpanContext
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly links: readonly Link[]
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes; readonly time: HrTime }[]
}

/** The spans below one, at any depth, in the order in which they began; nothing below a span that `isBorder`. */
export function spansBelow(
  root: RecordedSpan,
  spans: readonly RecordedSpan[],
  isBorder: (span: RecordedSpan) => boolean,
): RecordedSpan[] {
  const children = spans.filter((span) => span.parentSpanContext?.spanId === root.spanContext().spanId && !isBorder(span))
  return children.flatMap((child) => [child, ...spansBelow(child, spans, isBorder)]).toSorted(byStart)
}

const byStart = (one: RecordedSpan, other: RecordedSpan): number =>
  one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1]
