import { join } from 'node:path'

import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { startTelemetry } from '@swarmwatch/node'
import { repositoryRoot } from '@swarmwatch/testkit'
import { onTestFinished } from 'vitest'

export interface Recording {
  /** The finished spans, in the order in which they ended. */
  spans(): ReadableSpan[]
  /** The log lines of telemetry, in order. */
  readonly lines: readonly string[]
  /** The text of `/metrics`. */
  metrics(): Promise<string>
}

/** Starts telemetry as in production, with an additional in-memory exporter; it is shut down when the test ends. */
export async function startRecording(): Promise<Recording> {
  const exporter = new InMemorySpanExporter()
  const lines: string[] = []
  const log = (line: string): void => void lines.push(line)
  const telemetry = await startTelemetry({
    serviceName: 'test',
    metrics: { port: 0 },
    monitor: { port: false },
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    configFile: join(repositoryRoot, 'config/demo.yaml'),
    logger: { warn: log, error: log },
    env: {},
  })
  onTestFinished(() => telemetry.shutdown())
  return {
    lines,
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
