import { beginToolCall, guarded, type InferenceEnd, type ReportedToolCall } from '@swarmwatch/sdk/instrumentation'

import type { ActiveSource } from '../active-source.ts'
import { BoundedMap } from '../bounded-map.ts'
import { FrameworkInference } from '../framework-inference.ts'
import { toolError } from '../tool-error.ts'
import { inferenceEnd, providerOf, type ModelEndEvent } from './model-call-events.ts'

interface CallEvent {
  readonly callId?: string
  readonly provider?: string
  readonly modelId?: string
}

interface ToolEvent {
  readonly callId?: string
  readonly toolCallId?: string
  readonly toolCall?: { readonly toolName?: string; readonly toolCallId?: string; readonly input?: unknown }
}

interface ToolEndEvent extends ToolEvent {
  readonly toolOutput?: { readonly type?: string; readonly output?: unknown; readonly error?: unknown }
}

interface Executes<T> {
  readonly execute: () => PromiseLike<T>
}

interface FailureEvent {
  readonly callId?: string
  readonly error?: unknown
}

/** Members of the interface `Telemetry` of `ai` 7 that report tool calls and model calls. */
export interface EventsOfVersion7 {
  executeTool<T>(options: ToolEvent & Executes<T>): Promise<T>
  onToolExecutionEnd(event: ToolEndEvent): void
  executeLanguageModelCall<T>(options: CallEvent & Executes<T>): Promise<T>
  onLanguageModelCallEnd(event: ModelEndEvent & CallEvent): void
  onObjectStepStart(event: CallEvent): void
  onObjectStepEnd(event: ModelEndEvent & CallEvent): void
  onEmbedStart(event: CallEvent & { readonly embedCallId?: string }): void
  onEmbedEnd(event: ModelEndEvent & CallEvent & { readonly embedCallId?: string }): void
  onStepError(event: FailureEvent): void
  onError(event: FailureEvent): void
  onAbort(event: FailureEvent): void
}

/**
 * Creates the handlers for `ai` 7. Inputs and outputs that a call hides with `recordInputs: false` or `recordOutputs: false` are not in
 * the events, so they are not recorded either.
 */
export function eventsOfVersion7(source: ActiveSource): EventsOfVersion7 {
  const tools = new BoundedMap<string, ReportedToolCall>()
  const models = new OpenModelCalls(source)

  return {
    async executeTool({ execute, callId, toolCallId, toolCall }) {
      if (!source.isActive) return execute()
      const call = guarded('framework', () => {
        const { toolName: name = 'unknown', input } = toolCall ?? {}
        return beginToolCall({ source: 'ai-sdk', name, type: 'function', callId: toolCallId, arguments: input })
      })
      if (!call) return execute()
      try {
        const result = await call.within(execute)
        const key = `${callId} ${toolCallId}`
        tools.set(key, call)
        // The event with the output follows at once; without it, the call ends all the same
        setImmediate(() => tools.take(key)?.end())
        return result
      } catch (error) {
        call.fail(error)
        throw error
      }
    },
    onToolExecutionEnd({ callId, toolCall, toolOutput }) {
      guarded('framework', () => {
        const call = tools.take(`${callId} ${toolCall?.toolCallId}`)
        const error = toolError(toolOutput?.output)
        if (error) call?.fail(error)
        else call?.end(toolOutput?.output)
      })
    },

    async executeLanguageModelCall({ execute, ...event }) {
      models.start(event, 'chat')
      try {
        return await execute()
      } catch (error) {
        models.failed(event.callId, error)
        throw error
      }
    },
    onLanguageModelCallEnd: (event) => models.end(event),
    onObjectStepStart: (event) => models.start(event, 'chat'),
    onObjectStepEnd: (event) => models.end(event),
    onEmbedStart: (event) => models.start(event, 'embeddings', event.embedCallId),
    onEmbedEnd: (event) => models.end(event, event.embedCallId),
    onStepError: ({ callId, error }) => models.endAll(callId, { error }),
    onError: ({ callId, error }) => models.endAll(callId, { error }),
    onAbort: ({ callId }) => models.endAll(callId, { errorType: 'cancelled' }),
  }
}

interface OpenModelCall {
  readonly inference: FrameworkInference
  /** Of the last try, which the AI SDK may repeat. */
  error?: unknown
}

/**
 * Model calls in progress, by the id of the call of `ai` that makes them. A repeated try takes the place of the one before: the model
 * call ends when a try succeeds, or with the call of `ai`. Only embeddings run several at a time.
 */
class OpenModelCalls {
  readonly #calls = new BoundedMap<string, Map<string, OpenModelCall>>(1000)
  readonly #source: ActiveSource

  constructor(source: ActiveSource) {
    this.#source = source
  }

  start({ callId, provider, modelId }: CallEvent, operation: string, part = ''): void {
    guarded('framework', () => {
      if (callId === undefined || !this.#source.isActive) return
      const parts = this.#calls.get(callId) ?? new Map<string, OpenModelCall>()
      const inference = new FrameworkInference({ source: 'ai-sdk', operation, provider: providerOf(provider), model: modelId })
      this.#calls.set(callId, parts.set(part, { inference }))
    })
  }

  failed(callId: string | undefined, error: unknown): void {
    const call = callId === undefined ? undefined : this.#calls.get(callId)?.get('')
    if (call) call.error = error
  }

  end(event: ModelEndEvent & CallEvent, part = ''): void {
    guarded('framework', () => {
      const { callId } = event
      const parts = callId === undefined ? undefined : this.#calls.get(callId)
      const call = parts?.get(part)
      parts?.delete(part)
      if (parts?.size === 0) this.#calls.take(callId!)
      call?.inference.end(inferenceEnd(event))
    })
  }

  /** Ends the calls that have not ended when the whole call of `ai` has failed. The error of a try shows more than that of the whole. */
  endAll(callId: string | undefined, end: InferenceEnd): void {
    const parts = callId === undefined ? undefined : this.#calls.take(callId)
    for (const { inference, error } of parts?.values() ?? []) inference.end(error === undefined ? end : { error })
  }
}
