import { metrics, SpanStatusCode, trace } from '@opentelemetry/api'

import { metric } from '@swarmwatch/sdk/names'

/** What a careful team would write around a tool: its span and its duration. */
export function toolByHand<Args extends unknown[], Result>(
  agentName: string,
  name: string,
  fn: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  const tracer = trace.getTracer('by-hand')
  const { name: metricName, unit, buckets = [] } = metric.executeToolDuration
  const advice = { explicitBucketBoundaries: [...buckets] }
  const duration = metrics.getMeter('by-hand').createHistogram(metricName, { unit, advice })
  const labels = { 'gen_ai.tool.name': name, 'gen_ai.agent.name': agentName }
  const attributes = { 'gen_ai.operation.name': 'execute_tool', ...labels }
  return (...args) => {
    const startedMs = performance.now()
    return tracer.startActiveSpan(`execute_tool ${name}`, { attributes }, async (span) => {
      try {
        return await fn(...args)
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
        duration.record((performance.now() - startedMs) / 1000, labels)
      }
    })
  }
}
