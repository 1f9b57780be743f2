import { SpanStatusCode, trace } from '@opentelemetry/api'
import type { IsolationAdapter } from '@swarmwatch/testing'

/** OpenTelemetry with nothing around it, as its documentation writes a span by hand. */
const byHand: IsolationAdapter = {
  name: 'OpenTelemetry by hand',
  streams: false,
  wrap: (agent) => async (task) =>
    trace.getTracer('by-hand').startActiveSpan('invoke_agent writer', async (span) => {
      try {
        return await agent(task)
      } catch (error) {
        span.recordException(error as Error)
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    }),
}
export default byHand
