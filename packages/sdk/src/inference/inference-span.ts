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
  start: InferenceStart,
  end: InferenceEnd,
  counted: {
    readonly errorType: string | undefined
    readonly errorMessage: string | undefined
    readonly costUsd: number | undefined
    readonly resendCount: number
  },
): void {
  const { usage = {} } = end
  updateInferenceSpan(span, start)
  span.setAll({
    ...defined(attribute.responseId, end.responseId),
    ...defined(attribute.responseModel, end.responseModel),
    ...defined(attribute.finishReasons, end.finishReasons && [...end.finishReasons]),
    ...defined(attribute.timeToFirstChunk, end.firstChunkSeconds),
    ...defined(attribute.inputTokens, usage.inputTokens),
    ...defined(attribute.outputTokens, usage.outputTokens),
    ...defined(attribute.cacheReadInputTokens, usage.cacheReadInputTokens),
    ...defined(attribute.cacheWriteInputTokens, usage.cacheWriteInputTokens),
    ...defined(attribute.reasoningOutputTokens, usage.reasoningOutputTokens),
    ...defined(attribute.costUsd, counted.costUsd),
    ...(counted.resendCount > 0 && { [attribute.resendCount]: counted.resendCount }),
    ...(hasOldNames() && defined(oldAttribute.cacheCreationInputTokens, usage.cacheWriteInputTokens)),
    ...(isContentCaptured() && contentOf(end)),
  })
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
  return {
    [attribute.operation]: start.operation ?? 'chat',
    [attribute.providerName]: start.provider ?? otherError,
    ...defined(attribute.requestModel, start.model),
    ...(start.isStream === true && { [attribute.requestStream]: true }),
    ...defined(attribute.conversationId, start.conversationId),
    ...defined(attribute.serverAddress, start.serverAddress),
    ...defined(attribute.serverPort, start.serverPort),
  }
}

function contentOf(end: InferenceEnd): Attributes {
  return {
    ...defined(attribute.inputMessages, capturedMessages(end.input)),
    ...defined(attribute.outputMessages, capturedMessages(end.output)),
    ...defined(attribute.systemInstructions, capturedMessages(end.systemInstructions)),
    ...defined(attribute.toolDefinitions, capturedMessages(end.toolDefinitions)),
  }
}

function defined(key: string, value: Attributes[string]): Attributes {
  return value === undefined ? {} : { [key]: value }
}
