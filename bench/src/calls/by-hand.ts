import { metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import { metric } from '@swarmwatch/sdk/names'
import { handleAll, IterableBackoff, retry } from 'cockatiel'

/** A retry policy. */
export interface Policy {
  execute<Result>(fn: () => Promise<Result>): Promise<Result>
}

/**
 * The code of a careful team without Swarmwatch: the same two spans and eight recordings, with the same attributes, and the same cockatiel policy.
 * It does not guard against telemetry that throws, keeps no health window and cannot be aborted while it waits.
 */
export function byHand<Args extends unknown[], Result>(
  name: string,
  fn: (...args: Args) => Promise<Result>,
  policy: Policy = retry(handleAll, { maxAttempts: 3, backoff: new IterableBackoff([5_000, 15_000, 30_000]) }),
): (...args: Args) => Promise<Result> {
  const tracer = trace.getTracer('by-hand')
  const meter = metrics.getMeter('by-hand')
  const histogram = (of: typeof metric.executionDuration) =>
    meter.createHistogram(of.name, { unit: of.unit, advice: { explicitBucketBoundaries: [...(of.buckets ?? [])] } })
  const executions = meter.createCounter(metric.executions.name, { unit: metric.executions.unit })
  const executionDuration = histogram(metric.executionDuration)
  const swarmExecutions = meter.createCounter(metric.swarmExecutions.name, { unit: metric.swarmExecutions.unit })
  const swarmExecutionDuration = histogram(metric.swarmExecutionDuration)
  const attemptDuration = histogram(metric.attemptDuration)
  const invokeAgentDuration = histogram(metric.invokeAgentDuration)
  const active = meter.createUpDownCounter(metric.activeExecutions.name, { unit: metric.activeExecutions.unit })

  return (...args) => {
    const startedMs = performance.now()
    active.add(1, { 'agent.name': name })
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': name,
      'swarmwatch.execution.id': crypto.randomUUID(),
    }
    return tracer.startActiveSpan(`invoke_agent ${name}`, { attributes }, async (root) => {
      let attempt = 0
      let outcome = 'success'
      try {
        return await policy.execute(() => {
          attempt += 1
          const attemptStartedMs = performance.now()
          return tracer.startActiveSpan(
            `attempt ${attempt}`,
            { attributes: { 'swarmwatch.attempt.number': attempt, 'gen_ai.agent.name': name } },
            async (span) => {
              let attemptOutcome = 'success'
              try {
                return await fn(...args)
              } catch (error) {
                attemptOutcome = 'failure'
                span.setStatus({ code: SpanStatusCode.ERROR })
                throw error
              } finally {
                span.end()
                attemptDuration.record((performance.now() - attemptStartedMs) / 1000, {
                  'agent.name': name,
                  outcome: attemptOutcome,
                })
              }
            },
          )
        })
      } catch (error) {
        outcome = 'failure'
        root.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        const seconds = (performance.now() - startedMs) / 1000
        root.setAttribute('swarmwatch.attempt.count', attempt)
        root.setAttribute('swarmwatch.retry.outcome', attempt > 1 ? 'recovered' : 'first_try')
        root.end()
        active.add(-1, { 'agent.name': name })
        executions.add(1, { 'agent.name': name, outcome })
        executionDuration.record(seconds, { 'agent.name': name, outcome })
        swarmExecutions.add(1, { outcome })
        swarmExecutionDuration.record(seconds, { outcome })
        invokeAgentDuration.record(seconds, { 'gen_ai.agent.name': name, 'gen_ai.operation.name': 'invoke_agent' })
      }
    })
  }
}

/** The minimum to write by hand: one span and its error. Most peers record the same. */
export function oneSpanByHand<Args extends unknown[], Result>(
  name: string,
  fn: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  const tracer = trace.getTracer('one-span-by-hand')
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name }
  return (...args) =>
    tracer.startActiveSpan(`invoke_agent ${name}`, { attributes }, async (span) => {
      try {
        return await fn(...args)
      } catch (error) {
        span.recordException(error as Error)
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    })
}

/** The code of a careful team around a tool: its span and its duration. */
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
