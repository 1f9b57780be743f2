import { SpanKind, type Attributes } from '@opentelemetry/api'

import { boundedErrorType } from '../bounded-names.ts'
import { attribute, otherError, spanName } from '../names.ts'
import { runningExecution, type Execution } from '../run/execution.ts'
import { guarded } from '../telemetry/guard.ts'
import { activeContext, GuardedSpan } from '../telemetry/guarded-span.ts'
import { inferenceOptions } from './configure-inferences.ts'
import type { InferenceCall, InferenceEnd, InferenceStart } from './inference.ts'
import { ledger } from './ledger.ts'

/**
 * Starts a model call of the current run and captures its attempt and the OpenTelemetry context, so call it in the caller's async
 * context. It never throws.
 */
export function beginInference(start: InferenceStart): InferenceCall {
  const execution = runningExecution.getStore()
  const parent = activeContext()
  let known: InferenceStart = start
  const makeSpan = (): GuardedSpan =>
    GuardedSpan.start(spanName.inference(known.operation ?? 'chat', known.model), attributesOf(known), parent, {
      kind: SpanKind.CLIENT,
      ...(known.startedAt !== undefined && { startTime: known.startedAt }),
    })
  const span = start.source === 'wire' ? makeSpan() : undefined
  let result: 'counted' | 'duplicate' | undefined
  return {
    context: span?.context ?? parent,
    update: (more) => {
      known = { ...known, ...more }
      span?.setAll(attributesOf(known))
      span?.rename(spanName.inference(known.operation ?? 'chat', known.model))
    },
    end: (end) => {
      if (result) return result
      known = {
        ...known,
        ...(end.model !== undefined && { model: end.model }),
        ...(end.provider !== undefined && { provider: end.provider }),
      }
      result = ledger.report(end.responseId) ? 'counted' : 'duplicate'
      const ended = span ?? (result === 'counted' ? makeSpan() : undefined)
      if (ended) guarded('framework', () => endSpan(ended, known, end))
      if (result === 'counted') guarded('framework', () => count(execution, known, end))
      return result
    },
  }
}

function endSpan(span: GuardedSpan, start: InferenceStart, end: InferenceEnd): void {
  span.setAll({
    ...attributesOf(start),
    ...(end.responseId !== undefined && { 'gen_ai.response.id': end.responseId }),
    ...(end.responseModel !== undefined && { 'gen_ai.response.model': end.responseModel }),
  })
  span.rename(spanName.inference(start.operation ?? 'chat', start.model))
  if (end.error !== undefined || end.errorType !== undefined) span.fail(end.errorType ?? boundedErrorType(end.error), undefined)
  span.end()
}

function count(execution: Execution | undefined, start: InferenceStart, end: InferenceEnd): void {
  if (!execution || execution.finished) return
  const model = end.responseModel ?? start.model
  execution.addTokens({ input: end.usage?.inputTokens, output: end.usage?.outputTokens, model })
  const { provider, model: requested, startedAt: at = Date.now() } = start
  const { usage = {}, responseModel } = end
  const cost = end.costUsd ?? inferenceOptions().price?.({ provider, model: requested, responseModel, usage, at })
  if (cost !== undefined) execution.addCost(cost, { model })
}

function attributesOf(start: InferenceStart): Attributes {
  return {
    [attribute.operation]: start.operation ?? 'chat',
    'gen_ai.provider.name': start.provider ?? otherError,
    ...(start.model !== undefined && { [attribute.requestModel]: start.model }),
    ...(start.isStream && { 'gen_ai.request.stream': true }),
    ...(start.serverAddress !== undefined && { 'server.address': start.serverAddress }),
    ...(start.serverPort !== undefined && { 'server.port': start.serverPort }),
  }
}
