import { metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import { handleAll, IterableBackoff, retry } from 'cockatiel'

import { metric } from '@swarmwatch/sdk/names'

/** What calls an agent again. */
export interface Policy {
  execute<Result>(fn: () => Promise<Result>): Promise<Result>
}

/**
 * What a careful team would write without us: the same two spans, the same eight recordings, the same cockatiel policy.
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
            { attributes: { 'swarmwatch.attempt.number': attempt } },
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
        invokeAgentDuration.record(seconds, { 'gen_ai.agent.name': name })
      }
    })
  }
}
