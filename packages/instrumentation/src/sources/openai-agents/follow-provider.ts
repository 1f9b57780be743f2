import { beginToolCall, guarded, type InferenceEnd } from '@swarmwatch/sdk/instrumentation'

import type { ActiveSource } from '../active-source.ts'
import { FrameworkInference } from '../framework-inference.ts'
import { patchMethod } from '../patch-method.ts'
import { errorFromText } from '../tool-error.ts'
import { enterSpan, type GroupIds } from './nest-spans.ts'

/** The part of the SDK's `TraceProvider` that is used here. */
export interface TraceProvider {
  createTrace(options: { readonly groupId?: string }): object
  createSpan(options: { readonly data?: SpanData }, parent?: unknown): Span
}

interface Span {
  readonly spanData: SpanData
  readonly error: SpanError | null
  start(): void
  end(): void
  setError(error: SpanError): void
}

interface SpanError {
  readonly message?: string
  readonly data?: { readonly error?: unknown }
}

interface SpanData {
  readonly type?: string
  readonly name?: string
  readonly model?: string
  readonly input?: unknown
  readonly output?: unknown
  readonly usage?: Usage
  readonly response_id?: string
  readonly _response?: ModelResponse
}

interface ModelResponse {
  readonly id?: string
  readonly model?: string
  readonly usage?: Usage
  readonly choices?: readonly { readonly finish_reason?: string }[]
}

/** Usage of the responses API, and of chat completions. */
interface Usage {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly input_tokens_details?: { readonly cached_tokens?: number }
  readonly output_tokens_details?: { readonly reasoning_tokens?: number }
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number }
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number }
}

/**
 * Follows the spans of a provider from their creation, and notes the group of each trace. A registered processor would see nothing while
 * tracing is disabled, would be called after those of others, and would be removed by `setProcessors()`. The returned function undoes it.
 */
export function followProvider(provider: TraceProvider, source: ActiveSource, groupIds: GroupIds): () => void {
  const undo = [
    patchMethod<TraceProvider['createSpan']>(provider, 'createSpan', (createSpan) => (...args) => {
      const span = createSpan(...args)
      if (source.isActive) guarded('framework', () => followSpan(span, args[0].data))
      return span
    }),
    // A trace of disabled tracing forgets its group
    patchMethod<TraceProvider['createTrace']>(provider, 'createTrace', (createTrace) => (...args) => {
      const trace = createTrace(...args)
      const groupId = args[0]?.groupId
      if (typeof groupId === 'string' && groupId !== '') groupIds.set(trace, groupId)
      return trace
    }),
  ]
  return () => undo.forEach((each) => each())
}

function followSpan(span: Span, data: SpanData | undefined): void {
  if (data?.type === 'function') onceStarted(span, () => toolCall(span))
  if (data?.type === 'response' || data?.type === 'generation') onceStarted(span, () => modelCall(span))
}

/** Called at the end of a span. */
type AtEnd = (error: SpanError | undefined) => void

/** Calls `started` when the span starts, and its result when the span ends. A span of disabled tracing forgets its error; this does not. */
function onceStarted(span: Span, started: () => AtEnd): void {
  let atEnd: AtEnd | undefined
  let error: SpanError | undefined
  patchMethod<() => void>(span, 'start', (start) => () => {
    start()
    atEnd ??= guarded('framework', started)
  })
  patchMethod<Span['setError']>(span, 'setError', (setError) => (given) => {
    error = given
    setError(given)
  })
  patchMethod<() => void>(span, 'end', (end) => () => {
    end()
    const ending = atEnd
    atEnd = () => {}
    guarded('framework', () => ending?.(error ?? span.error ?? undefined))
  })
}

function toolCall({ spanData }: Span): AtEnd {
  const call = beginToolCall({ source: 'openai-agents', name: spanData.name ?? 'unknown', type: 'function' })
  enterSpan(call)
  return (error) => {
    // The SDK adds them after the start, unless the runner hides content
    call.setArguments(spanData.input || undefined)
    if (error) call.fail(errorFromText(error.data?.error ?? error.message))
    else call.end(spanData.output || undefined)
  }
}

function modelCall(span: Span): AtEnd {
  const inference = new FrameworkInference({ source: 'openai-agents', provider: 'openai' })
  return (error) => {
    const end = inferenceEnd(span.spanData)
    if (error) inference.end({ ...end, error: errorFromText(error.data?.error ?? error.message) })
    // Without content in traces nothing is known of the call; the wire counts it
    else if (end.responseId !== undefined || end.usage) inference.end(end)
  }
}

function inferenceEnd(data: SpanData): InferenceEnd {
  const response = data._response ?? (data.output as readonly ModelResponse[] | undefined)?.[0]
  const usage = data.usage ?? response?.usage
  const id = data.response_id ?? response?.id
  const finishReasons = response?.choices?.map((choice) => choice.finish_reason).filter((reason) => reason !== undefined)
  return {
    model: data.model ?? response?.model,
    // The SDK makes up an id for streamed chat completions
    responseId: id === 'FAKE_ID' ? undefined : id,
    responseModel: response?.model ?? data.model,
    ...(finishReasons && finishReasons.length > 0 && { finishReasons }),
    ...(usage && {
      usage: {
        inputTokens: usage.input_tokens ?? usage.prompt_tokens,
        outputTokens: usage.output_tokens ?? usage.completion_tokens,
        cacheReadInputTokens: (usage.input_tokens_details ?? usage.prompt_tokens_details)?.cached_tokens,
        reasoningOutputTokens: (usage.output_tokens_details ?? usage.completion_tokens_details)?.reasoning_tokens,
      },
    }),
  }
}
