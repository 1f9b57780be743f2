import { SpanKind, trace, type Attributes, type Context } from '@opentelemetry/api'

import { attribute, otherError, scopeName, spanName } from '../names.ts'
import { capturedMessages } from '../telemetry/content.ts'
import { logModelException } from '../telemetry/exceptions.ts'
import { GuardedSpan } from '../telemetry/guarded-span.ts'
import { oldAttribute } from '../telemetry/old-names.ts'
import { propertyOf } from '../unknown-values.ts'
import { hasOldNames, isContentCaptured } from './configure-inferences.ts'
import type { InferenceEnd, InferenceStart } from './inference.ts'

/** Starts the span of a model call below `parent`. */
export function startInferenceSpan(start: InferenceStart, parent: Context): GuardedSpan {
  return GuardedSpan.start(nameOf(start), attributesOf(start), parent, {
    kind: SpanKind.CLIENT,
    ...(start.startedAt !== undefined && { startTime: start.startedAt }),
  })
}

/** Sets what was learned of the call since its span started. */
export function updateInferenceSpan(span: GuardedSpan, start: InferenceStart): void {
  span.rename(nameOf(start))
  span.setAll(attributesOf(start))
}

/** Sets what the end of a call shows, and ends its span. */
export function endInferenceSpan(
  span: GuardedSpan,
  end: InferenceEnd,
  counted: {
    readonly errorType: string | undefined
    readonly errorMessage: string | undefined
    readonly costUsd: number | undefined
    readonly resendCount: number
  },
): void {
  const { usage = {} } = end
  span.setAll(
    defined({
      [attribute.responseId]: end.responseId,
      [attribute.responseModel]: end.responseModel,
      [attribute.finishReasons]: end.finishReasons && [...end.finishReasons],
      [attribute.timeToFirstChunk]: end.firstChunkSeconds,
      [attribute.inputTokens]: usage.inputTokens,
      [attribute.outputTokens]: usage.outputTokens,
      [attribute.cacheReadInputTokens]: usage.cacheReadInputTokens,
      [attribute.cacheWriteInputTokens]: usage.cacheWriteInputTokens,
      [attribute.reasoningOutputTokens]: usage.reasoningOutputTokens,
      [attribute.costUsd]: counted.costUsd,
      [attribute.resendCount]: counted.resendCount > 0 ? counted.resendCount : undefined,
      [oldAttribute.cacheCreationInputTokens]: hasOldNames() ? usage.cacheWriteInputTokens : undefined,
      ...(isContentCaptured() && contentOf(end)),
    }),
  )
  if (counted.errorType !== undefined) {
    span.fail(counted.errorType, counted.errorMessage)
    logModelException(span, { type: counted.errorType, message: counted.errorMessage })
  }
  span.end(end.endedAt)
}

const inferenceOperations = new Set(['chat', 'embeddings', 'generate_content', 'text_completion'])

/** Returns whether the active span of a context is another instrumentation's span of a model call, such as that of the Anthropic client. */
export function hasForeignSpan(within: Context, operations: ReadonlySet<string> = inferenceOperations): boolean {
  const span = trace.getSpan(within)
  const operation = propertyOf(propertyOf(span, 'attributes'), attribute.operation)
  return typeof operation === 'string' && operations.has(operation) && !isOwnSpan(span)
}

/** Whether this package made a span. */
export function isOwnSpan(span: unknown): boolean {
  const scope = propertyOf(span, 'instrumentationScope') ?? propertyOf(span, 'instrumentationLibrary')
  return propertyOf(scope, 'name') === scopeName
}

function nameOf({ operation = 'chat', model }: InferenceStart): string {
  return spanName.inference(operation, model)
}

function attributesOf(start: InferenceStart): Attributes {
  return defined({
    [attribute.operation]: start.operation ?? 'chat',
    [attribute.providerName]: start.provider ?? otherError,
    [attribute.requestModel]: start.model,
    [attribute.requestStream]: start.isStream === true ? true : undefined,
    [attribute.conversationId]: start.conversationId,
    [attribute.serverAddress]: start.serverAddress,
    [attribute.serverPort]: start.serverPort,
  })
}

function contentOf(end: InferenceEnd): Attributes {
  return {
    [attribute.inputMessages]: capturedMessages(end.input),
    [attribute.outputMessages]: capturedMessages(end.output),
    [attribute.systemInstructions]: capturedMessages(end.systemInstructions),
    [attribute.toolDefinitions]: capturedMessages(end.toolDefinitions),
  }
}

/** The attributes that have a value. */
function defined(attributes: Attributes): Attributes {
  const kept: Attributes = {}
  for (const key in attributes) if (attributes[key] !== undefined) kept[key] = attributes[key]
  return kept
}
