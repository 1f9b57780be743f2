import {
  beginToolCall,
  guarded,
  propertyOf,
  withConversation,
  type InferenceEnd,
  type ReportedToolCall,
} from '@swarmwatch/sdk/instrumentation'

import { BoundedMap } from '../bounded-map.ts'
import { FrameworkInference } from '../framework-inference.ts'
import { providerName } from '../provider-names.ts'
import { namedError, toolError } from '../tool-error.ts'

/** The part of a runnable's config that is used here. */
export interface RunnableConfig {
  readonly callbacks?: { readonly _parentRunId?: string }
  readonly configurable?: { readonly thread_id?: unknown }
}

interface Serialized {
  readonly name?: string
  readonly id?: readonly string[]
}

interface ModelParameters {
  readonly invocation_params?: { readonly model?: string; readonly model_name?: string; readonly stream?: boolean }
}

interface ModelMetadata {
  readonly ls_provider?: string
  readonly ls_model_name?: string
}

interface Message {
  readonly id?: string
  readonly usage_metadata?: {
    readonly input_tokens?: number
    readonly output_tokens?: number
    readonly input_token_details?: { readonly cache_read?: number; readonly cache_creation?: number }
    readonly output_token_details?: { readonly reasoning?: number }
  }
  readonly response_metadata?: ResponseMetadata
}

interface ResponseMetadata {
  readonly id?: string
  readonly model_name?: string
  readonly model?: string
  readonly finish_reason?: string
  readonly stop_reason?: string
}

interface LLMResult {
  readonly generations?: readonly (readonly { readonly message?: Message; readonly generationInfo?: ResponseMetadata }[])[]
  readonly llmOutput?: { readonly tokenUsage?: { readonly promptTokens?: number; readonly completionTokens?: number } }
}

/** Reports the tool calls and model calls of LangChain. It has the form of a `BaseCallbackHandler`, without its class. */
export class LangChainHandler {
  readonly name = 'swarmwatch'
  /** A handler is called at once, in the context of its run, only if it is awaited. */
  readonly awaitHandlers = true
  readonly raiseError = false
  readonly ignoreLLM = false
  readonly ignoreChain = true
  /** Events of tools, too, are events of agents. */
  readonly ignoreAgent = false
  readonly ignoreRetriever = true
  readonly ignoreCustomEvent = true
  readonly #tools = new BoundedMap<string, ReportedToolCall>(1000)
  readonly #models = new BoundedMap<string, FrameworkInference>(1000)

  copy(): this {
    return this
  }

  /** Calls the function of a run that has `config`, as part of its LangGraph thread and of the tool call to which it belongs. */
  within<T>(config: RunnableConfig | undefined, call: () => T): T {
    const runId = config?.callbacks?._parentRunId
    const tool = runId === undefined ? undefined : this.#tools.get(runId)
    const inTool = tool ? () => tool.within(call) : call
    const threadId = config?.configurable?.thread_id
    return typeof threadId === 'string' && threadId !== '' ? withConversation(threadId, inTool) : inTool()
  }

  handleToolStart(
    tool: Serialized,
    input: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: unknown,
    _metadata?: unknown,
    runName?: string,
    toolCallId?: string,
  ): void {
    guarded('framework', () => {
      const name = runName ?? tool.name ?? tool.id?.at(-1) ?? 'unknown'
      const start = { source: 'langchain', name, type: 'function', callId: toolCallId, arguments: input } as const
      this.#tools.set(runId, beginToolCall(start))
    })
  }

  handleToolEnd(output: unknown, runId: string): void {
    const call = this.#tools.take(runId)
    const error = toolError(output) ?? failedMessage(output)
    if (error) call?.fail(error)
    else call?.end(contentOf(output))
  }

  handleToolError(error: unknown, runId: string): void {
    const call = this.#tools.take(runId)
    // LangGraph interrupts and hands over by throwing, which is no failure
    if (propertyOf(error, 'is_bubble_up') === true) call?.end()
    else call?.fail(error)
  }

  handleChatModelStart(...[, , runId, , parameters, , metadata]: ModelStart): void {
    this.#startModelCall('chat', runId, parameters, metadata)
  }

  handleLLMStart(...[, , runId, , parameters, , metadata]: ModelStart): void {
    this.#startModelCall('text_completion', runId, parameters, metadata)
  }

  handleLLMEnd(result: LLMResult, runId: string, _parentRunId?: string, _tags?: unknown, extra?: { cached?: boolean }): void {
    const inference = this.#models.take(runId)
    // An answer from LangChain's own cache is not billed
    if (extra?.cached !== true) guarded('framework', () => inference?.end(inferenceEnd(result)))
  }

  handleLLMError(error: unknown, runId: string, _parentRunId?: string, _tags?: unknown, extra?: { cached?: boolean }): void {
    const inference = this.#models.take(runId)
    if (extra?.cached !== true) inference?.end({ error })
  }

  #startModelCall(operation: string, runId: string, parameters?: ModelParameters, metadata?: ModelMetadata): void {
    guarded('framework', () => {
      const { model, model_name, stream } = parameters?.invocation_params ?? {}
      const provider = metadata?.ls_provider
      const inference = new FrameworkInference({
        source: 'langchain',
        operation,
        provider: provider === undefined ? undefined : providerName(provider),
        model: model ?? model_name ?? metadata?.ls_model_name,
        isStream: stream,
      })
      this.#models.set(runId, inference)
    })
  }
}

type ModelStart = [
  model: Serialized,
  prompts: unknown,
  runId: string,
  parentRunId?: string,
  parameters?: ModelParameters,
  tags?: unknown,
  metadata?: ModelMetadata,
  runName?: string,
]

/** The content of a message with a tool's result, or the result itself. */
function contentOf(output: unknown): unknown {
  return propertyOf(output, 'tool_call_id') === undefined ? output : propertyOf(output, 'content')
}

function failedMessage(output: unknown): Error | undefined {
  return propertyOf(output, 'status') === 'error'
    ? namedError('tool_error', 'the tool returned a message with status error')
    : undefined
}

function inferenceEnd({ generations, llmOutput }: LLMResult): InferenceEnd {
  const generation = generations?.[0]?.[0]
  const message = generation?.message
  const metadata: ResponseMetadata = { ...generation?.generationInfo, ...message?.response_metadata }
  const id = metadata.id ?? message?.id
  const finishReason = metadata.finish_reason ?? metadata.stop_reason
  const usage = message?.usage_metadata
  const tokens = llmOutput?.tokenUsage
  return {
    // LangChain makes up an id if the provider sent none
    responseId: id === undefined || /^(lc_)?run-/.test(id) ? undefined : id,
    responseModel: metadata.model_name ?? metadata.model,
    ...(finishReason !== undefined && { finishReasons: [finishReason] }),
    ...((usage ?? tokens) && {
      usage: {
        inputTokens: usage?.input_tokens ?? tokens?.promptTokens,
        outputTokens: usage?.output_tokens ?? tokens?.completionTokens,
        cacheReadInputTokens: usage?.input_token_details?.cache_read,
        cacheWriteInputTokens: usage?.input_token_details?.cache_creation,
        reasoningOutputTokens: usage?.output_token_details?.reasoning,
      },
    }),
  }
}
