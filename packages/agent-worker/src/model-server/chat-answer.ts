import { randomUUID } from 'node:crypto'

import { type ChatRequest, textOf } from './chat-request.ts'
import type { Turn } from './scripts.ts'

/** Token usage of one answer, in OpenAI's format. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** A turn of the scripted model, before it is formatted as one body or as a stream. */
export interface ChatAnswer {
  readonly id: string
  readonly model: string
  /** Seconds since 1970. */
  readonly created: number
  readonly text: string | null
  readonly toolCall: { readonly id: string; readonly name: string; readonly arguments: string } | undefined
  readonly finishReason: 'stop' | 'tool_calls'
  readonly usage: Usage
}

/** Adds id, time and token usage to a turn. `areArgumentsMalformed` truncates the JSON of a tool call, as real models sometimes do. */
export function chatAnswer(
  request: ChatRequest,
  turn: Turn,
  number: number,
  created: number,
  areArgumentsMalformed: boolean,
): ChatAnswer {
  const toolCall =
    'tool' in turn
      ? { id: `call_${number}`, name: turn.tool, arguments: argumentsJson(turn.input, areArgumentsMalformed) }
      : undefined
  const text = 'text' in turn ? turn.text : null
  const promptTokens = request.messages.reduce((sum, message) => sum + tokensOf(textOf(message)) + 4, 0)
  const completionTokens = tokensOf(text ?? `${toolCall?.name}${toolCall?.arguments}`)
  return {
    // Telemetry recognizes an answer by it, also among those of other servers
    id: `chatcmpl-${randomUUID()}`,
    model: request.model,
    created,
    text,
    toolCall,
    finishReason: toolCall ? 'tool_calls' : 'stop',
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  }
}

/** Formats the answer as one `chat.completion` object. */
export function completionBody({ id, model, created, text, toolCall, finishReason, usage }: ChatAnswer): Record<string, unknown> {
  const calls = toolCall && [
    { id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: toolCall.arguments } },
  ]
  const message = { role: 'assistant', content: text, ...(calls && { tool_calls: calls }) }
  return { id, object: 'chat.completion', created, model, choices: [{ index: 0, message, finish_reason: finishReason }], usage }
}

/** Formats the answer as server-sent `chat.completion.chunk` events; the last event is `data: [DONE]`, preceded by the usage if requested. */
export function* answerStream(answer: ChatAnswer, includeUsage: boolean): Generator<string> {
  const { id, model, created, text, toolCall, finishReason, usage } = answer
  const event = (choices: unknown[], extra: object = {}): string =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices, ...extra })}\n\n`
  const delta = (part: object, finish: string | null = null): string => event([{ index: 0, delta: part, finish_reason: finish }])

  yield delta({ role: 'assistant' })
  for (const piece of pieces(text ?? '')) yield delta({ content: piece })
  if (toolCall) {
    yield delta({
      tool_calls: [{ index: 0, id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: '' } }],
    })
    for (const piece of pieces(toolCall.arguments)) yield delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
  }
  yield delta({}, finishReason)
  if (includeUsage) yield event([], { usage })
  yield 'data: [DONE]\n\n'
}

/** An error response: its status, its headers and OpenAI's error object. */
export interface ChatError {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: { readonly error: { message: string; type: string; param: string | null; code: string | null } }
}

/** Creates an error response in OpenAI's format. Messages never quote the request. */
export function chatError(
  status: number,
  type: string,
  message: string,
  {
    code = null,
    param = null,
    headers = {},
  }: { code?: string | null; param?: string | null; headers?: Record<string, string> } = {},
): ChatError {
  return { status, headers, body: { error: { message, type, param, code } } }
}

/** The answer of a model server that has an internal error. */
export const serverError: ChatError = chatError(500, 'server_error', 'The server had an error while processing your request.')

/** Too many requests; the client may retry after `retryAfterSeconds`. */
export function rateLimitedError(retryAfterSeconds: number): ChatError {
  return chatError(429, 'requests', 'Rate limit reached for requests.', {
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

/** A request that can never succeed; `param` names the invalid part. */
export function badRequest(message: string, param: string | null = null): ChatError {
  return chatError(400, 'invalid_request_error', message, { param })
}

function argumentsJson(input: Record<string, unknown>, isMalformed: boolean): string {
  const json = JSON.stringify(input)
  return isMalformed ? json.slice(0, Math.ceil(json.length / 2)) : json
}

// In English text, a token has about four characters
const tokensOf = (text: string): number => Math.ceil(text.length / 4)

const pieceLength = 24

function pieces(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / pieceLength) }, (_, n) =>
    text.slice(n * pieceLength, (n + 1) * pieceLength),
  )
}
