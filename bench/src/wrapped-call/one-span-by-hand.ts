import { SpanStatusCode, trace } from '@opentelemetry/api'

/** The least that somebody would write by hand: one span, its error, nothing else. It is what most peers record, too. */
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
