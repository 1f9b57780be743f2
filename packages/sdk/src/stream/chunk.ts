import { peek } from '../peek.ts'

// AI SDK and OpenAI `error`; OpenAI responses; Codex; AG-UI
const errorTypes = new Set<unknown>(['error', 'response.failed', 'turn.failed', 'RUN_ERROR'])

/** What comes before the answer itself: a stream that has brought nothing else may still be tried again. */
const preambleTypes = new Set<unknown>(
  [
    // AI SDK
    ['start', 'start-step', 'stream-start', 'response-metadata', 'message-metadata', 'text-start', 'reasoning-start', 'raw'],
    // OpenAI responses
    ['response.created', 'response.queued', 'response.in_progress', 'response.output_item.added'],
    ['response.content_part.added', 'keepalive'],
    // Anthropic
    ['message_start', 'content_block_start', 'ping'],
    // OpenAI Agents, Codex, AG-UI
    ['agent_updated_stream_event', 'thread.started', 'turn.started', 'RUN_STARTED', 'STEP_STARTED', 'TEXT_MESSAGE_START'],
  ].flat(),
)

/** An error that a chunk reports instead of being thrown, in an object since it may be anything. */
export interface ReportedError {
  readonly error: unknown
  /** True where the stream holds only a text for people, as that for a browser does. */
  readonly isMasked?: boolean
}

/** The error that a chunk reports, if any. */
export function reportedError(chunk: unknown): ReportedError | undefined {
  if (typeof chunk !== 'object' || !errorTypes.has(peek(chunk, 'type'))) return undefined
  for (const holder of [chunk, peek(chunk, 'payload'), peek(chunk, 'response')]) {
    const error = peek(holder, 'error') ?? undefined
    if (error !== undefined) return { error }
  }
  const text = peek(chunk, 'errorText')
  if (typeof text === 'string') return { error: new Error(text), isMasked: true }
  // An application may have chunks of that type too: they are errors only if they say what is wrong
  return typeof peek(chunk, 'message') === 'string' || typeof peek(chunk, 'code') === 'string' ? { error: chunk } : undefined
}

/** True for the AI SDK's part that says that the stream was aborted. */
export function reportsAbort(chunk: unknown): boolean {
  return typeof chunk === 'object' && peek(chunk, 'type') === 'abort'
}

/** True for a chunk that announces an answer and holds nothing of it. */
export function isPreamble(chunk: unknown): boolean {
  if (typeof chunk !== 'object' || chunk === null) return false
  const type = peek(chunk, 'type')
  if (type === 'raw_model_stream_event') return peek(peek(chunk, 'data'), 'type') === 'response_started'
  return preambleTypes.has(type) || isEmptyCompletionChunk(chunk)
}

/** OpenAI's first chunk of a chat completion names the role only. */
function isEmptyCompletionChunk(chunk: object): boolean {
  if (peek(chunk, 'object') !== 'chat.completion.chunk') return false
  const choice = peek(peek(chunk, 'choices'), 0)
  const delta = peek(choice, 'delta')
  if (typeof delta !== 'object' || delta === null || (peek(choice, 'finish_reason') ?? undefined) !== undefined) return false
  return Object.entries(delta).every(([key, value]) => key === 'role' || value === '' || value === null)
}
