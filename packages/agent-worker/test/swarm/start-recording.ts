import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { startTelemetry } from '@swarmwatch/node'
import { onTestFinished } from 'vitest'

export interface Recording {
  /** The finished spans, in the order in which they ended. */
  spans(): ReadableSpan[]
  /** The text of `/metrics`. */
  metrics(): Promise<string>
}

/** Starts telemetry as in production, with an additional in-memory exporter; it is shut down when the test ends. */
export async function startRecording(): Promise<Recording> {
  const exporter = new InMemorySpanExporter()
  const telemetry = await startTelemetry({
    serviceName: 'test',
    metrics: { port: 0 },
    monitor: { port: false },
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    logger: false,
    env: {},
  })
  onTestFinished(() => telemetry.shutdown())
  return {
    spans: () => exporter.getFinishedSpans(),
    metrics: async () => (await fetch(telemetry.metricsUrl ?? '')).text(),
  }
}

/** Returns the names of a span and of all its ancestors, innermost first. */
export function pathOf(span: ReadableSpan | undefined, spans: readonly ReadableSpan[]): string[] {
  if (!span) return []
  const parentId = span.parentSpanContext?.spanId
  return [
    span.name,
    ...pathOf(
      spans.find((other) => other.spanContext().spanId === parentId),
      spans,
    ),
  ]
}
