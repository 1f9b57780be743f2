import { isInstance, itemsOf, propertyOf } from '../unknown-values.ts'

// AI SDK and OpenAI `error`; OpenAI responses; Codex; AG-UI
const errorTypes = new Set<unknown>(['error', 'response.failed', 'turn.failed', 'RUN_ERROR'])

/** Chunks before the answer itself: a stream that has only returned these can still be retried. */
const preambleTypes = new Set<unknown>(
  [
    // AI SDK
    ['start', 'start-step', 'stream-start', 'response-metadata', 'message-metadata', 'text-start', 'reasoning-start', 'raw'],
    // OpenAI responses
    ['response.created', 'response.queued', 'response.in_progress', 'response.output_item.added'],
    ['response.content_part.added', 'keepalive'],
    // Anthropic
    ['message_start', 'content_block_start', 'ping'],
    // Mastra
    ['step-start'],
    // OpenAI Agents, Codex, AG-UI
    ['agent_updated_stream_event', 'thread.started', 'turn.started', 'RUN_STARTED', 'STEP_STARTED', 'TEXT_MESSAGE_START'],
    // Claude Agent SDK
    ['auth_status', 'rate_limit_event'],
  ].flat(),
)

/** An error that a chunk reports instead of being thrown, in an object because it may be any value. */
export interface ReportedError {
  readonly error: unknown
  /** True if the stream contains only a text for display, such as a stream for a browser. */
  readonly isMasked?: boolean
}

/** Returns the error that a chunk reports, if there is one. */
export function reportedError(of: unknown): ReportedError | undefined {
  const chunk = contentOf(of)
  if (endsTurn(chunk)) return isInterrupted(chunk) ? undefined : errorOfTurn(chunk)
  if (typeof chunk !== 'object' || !errorTypes.has(propertyOf(chunk, 'type'))) return undefined
  for (const holder of [chunk, propertyOf(chunk, 'payload'), propertyOf(chunk, 'response')]) {
    const error = propertyOf(holder, 'error') ?? undefined
    if (error !== undefined) return { error }
  }
  const text = propertyOf(chunk, 'errorText')
  if (typeof text === 'string') return { error: new Error(text), isMasked: true }
  // An application may have chunks of that type too: they are errors only with a message or a code
  return typeof propertyOf(chunk, 'message') === 'string' || typeof propertyOf(chunk, 'code') === 'string'
    ? { error: chunk }
    : undefined
}

/** The AI SDK's stream for a browser has each part in the bytes of an event. */
function contentOf(chunk: unknown): unknown {
  return isInstance(chunk, Uint8Array) ? (eventIn(chunk) ?? chunk) : chunk
}

const eventStart = 'data: {"type":"'
const maxEventBytes = 4_096

/** Returns the UI message in the bytes of one server-sent event, if its type is of interest here. */
function eventIn(bytes: Uint8Array): unknown {
  if (bytes.length > maxEventBytes || bytes.length < eventStart.length || bytes[0] !== 100) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  if (!text.startsWith(eventStart)) return undefined
  const type = text.slice(eventStart.length, text.indexOf('"', eventStart.length))
  if (!errorTypes.has(type) && !preambleTypes.has(type) && type !== 'abort') return undefined
  try {
    return JSON.parse(text.slice('data: '.length)) as unknown
  } catch {
    return undefined
  }
}

/** Returns whether a chunk is the AI SDK's part for an aborted stream, or the Claude Agent SDK's message about an interrupted turn. */
export function reportsAbort(of: unknown): boolean {
  const chunk = contentOf(of)
  return (typeof chunk === 'object' && propertyOf(chunk, 'type') === 'abort') || (endsTurn(chunk) && isInterrupted(chunk))
}

/** Returns whether a chunk is a result message of the Claude Agent SDK: one for each turn of a session, of which the last one counts. */
export function endsTurn(chunk: unknown): boolean {
  const isResult = typeof chunk === 'object' && propertyOf(chunk, 'type') === 'result'
  return isResult && typeof propertyOf(chunk, 'is_error') === 'boolean' && typeof propertyOf(chunk, 'subtype') === 'string'
}

function isInterrupted(result: unknown): boolean {
  const reason = propertyOf(result, 'terminal_reason')
  return reason === 'aborted_streaming' || reason === 'aborted_tools'
}

/** A turn that failed at the API has the subtype `success`, and older versions call a turn that stopped early no error. */
function errorOfTurn(result: unknown): ReportedError | undefined {
  const subtype = propertyOf(result, 'subtype') as string
  const isStopped = subtype.startsWith('error_')
  if (!isStopped && propertyOf(result, 'is_error') !== true) return undefined
  const texts = [propertyOf(result, 'result'), ...itemsOf(propertyOf(result, 'errors'), 10)].filter(
    (text) => typeof text === 'string',
  )
  const notStarted = propertyOf(result, 'startup_failure_reason')
  const error = Object.assign(new Error(texts.join('; ') || subtype), {
    code: notStarted ?? (isStopped ? subtype : propertyOf(result, 'terminal_reason')),
    status: propertyOf(result, 'api_error_status'),
    ...(notStarted !== undefined && { isRetryable: false }),
  })
  return { error: Object.defineProperty(error, 'name', { value: 'ResultError', configurable: true }) }
}

/** Returns whether a chunk announces an answer but contains nothing of it. */
export function isPreamble(of: unknown): boolean {
  const chunk = contentOf(of)
  if (typeof chunk !== 'object' || chunk === null) return false
  const type = propertyOf(chunk, 'type')
  if (type === 'raw_model_stream_event') return isAgentsPreamble(propertyOf(chunk, 'data'))
  // Claude Agent SDK: an event of Anthropic, and its own message in place of the model's after a failed call
  if (type === 'system') return typeof propertyOf(chunk, 'subtype') === 'string'
  if (type === 'stream_event') return isPreamble(propertyOf(chunk, 'event'))
  if (type === 'assistant') return typeof propertyOf(chunk, 'error') === 'string'
  return preambleTypes.has(type) || isEmptyCompletionChunk(chunk) || isLangchainStart(chunk)
}

/** Events of LangChain's `streamEvents()` before a model answers; a tool that starts may have an effect. */
const langchainStarts = new Set<unknown>([
  'on_chain_start',
  'on_prompt_start',
  'on_prompt_end',
  'on_chat_model_start',
  'on_llm_start',
])

function isLangchainStart(chunk: object): boolean {
  const event = propertyOf(chunk, 'event')
  if (langchainStarts.has(event) || (event === 'on_chain_end' && propertyOf(chunk, 'name') === '__start__')) return true
  if (event === 'on_chat_model_stream') return isEmptyMessage(propertyOf(propertyOf(chunk, 'data'), 'chunk'))
  // With `streamMode: 'messages'`, LangGraph has the metadata of each message next to it
  return isEmptyMessage(Array.isArray(chunk) ? chunk[0] : chunk)
}

/** LangChain's chunk of a message that names the role only. */
function isEmptyMessage(message: unknown): boolean {
  if (typeof propertyOf(message, 'getType') !== 'function' || propertyOf(message, 'content') !== '') return false
  return ['tool_call_chunks', 'tool_calls', 'additional_kwargs', 'usage_metadata'].every((key) => isUnset(message, key))
}

function isUnset(message: unknown, key: string): boolean {
  try {
    return Object.keys(propertyOf(message, key) ?? {}).length === 0
  } catch {
    return false
  }
}

/** OpenAI Agents has an event of its own, then each event of the model. */
function isAgentsPreamble(data: unknown): boolean {
  const type = propertyOf(data, 'type')
  return type === 'response_started' || (type === 'model' && isPreamble(propertyOf(data, 'event')))
}

/** OpenAI's first chunk of a chat completion names the role only. */
function isEmptyCompletionChunk(chunk: object): boolean {
  if (propertyOf(chunk, 'object') !== 'chat.completion.chunk') return false
  const choice = propertyOf(propertyOf(chunk, 'choices'), 0)
  const delta = propertyOf(choice, 'delta')
  if (typeof delta !== 'object' || delta === null || (propertyOf(choice, 'finish_reason') ?? undefined) !== undefined)
    return false
  return Object.entries(delta).every(([key, value]) => key === 'role' || value === '' || value === null)
}
