// The OpenTelemetry set-up that your application has. Swarmwatch adds the line with AgentInstrumentation, and nothing else.
import { NodeSDK } from '@opentelemetry/sdk-node'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { AgentInstrumentation } from '@swarmwatch/instrumentation'

// In place of your exporter: keeps the spans, to print them at the end
const exporter = new InMemorySpanExporter()

new NodeSDK({
  serviceName: 'my-service',
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  metricReaders: [],
  logRecordProcessors: [],
  // The scripted model of this example has the prices of OpenAI; without it, no option is necessary
  instrumentations: [new AgentInstrumentation({ providers: { '127.0.0.1': 'openai' } })],
}).start()

/** Prints the trace as a tree. */
export function printSpans(parent?: string, indent = ''): void {
  // Spans end from the inside to the outside, and later ones after earlier ones
  for (const span of exporter.getFinishedSpans().filter((each) => each.parentSpanContext?.spanId === parent)) {
    const error = span.attributes['error.type']
    console.log(indent + span.name + (error === undefined ? '' : ` (${error})`))
    printSpans(span.spanContext().spanId, `${indent}  `)
  }
}
