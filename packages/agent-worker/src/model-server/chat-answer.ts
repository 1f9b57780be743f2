import { type ChatRequest, textOf } from './chat-request.ts'
import type { Turn } from './script.ts'

/** Tokens of one answer, as OpenAI writes them. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** A finished turn of the scripted model, before it is written as one body or as a stream. */
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

/** Prices and dates a turn. `spoilArguments` breaks the JSON of a tool call, as models do. */
export function chatAnswer(
  request: ChatRequest,
  turn: Turn,
  number: number,
  created: number,
  spoilArguments: boolean,
): ChatAnswer {
  const toolCall =
    'tool' in turn ? { id: `call_${number}`, name: turn.tool, arguments: written(turn.input, spoilArguments) } : undefined
  const text = 'text' in turn ? turn.text : null
  const asked = request.messages.reduce((sum, message) => sum + tokensOf(textOf(message)) + 4, 0)
  const answered = tokensOf(text ?? `${toolCall?.name}${toolCall?.arguments}`)
  return {
    id: `chatcmpl-${number}`,
    model: request.model,
    created,
    text,
    toolCall,
    finishReason: toolCall ? 'tool_calls' : 'stop',
    usage: { prompt_tokens: asked, completion_tokens: answered, total_tokens: asked + answered },
  }
}

/** The answer as the one JSON body of `chat.completion`. */
export function completionBody({ id, model, created, text, toolCall, finishReason, usage }: ChatAnswer): Record<string, unknown> {
  const calls = toolCall && [
    { id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: toolCall.arguments } },
  ]
  const message = { role: 'assistant', content: text, ...(calls && { tool_calls: calls }) }
  return { id, object: 'chat.completion', created, model, choices: [{ index: 0, message, finish_reason: finishReason }], usage }
}

function written(input: Record<string, unknown>, spoil: boolean): string {
  const json = JSON.stringify(input)
  return spoil ? json.slice(0, Math.ceil(json.length / 2)) : json
}

// About four characters make a token in English text
const tokensOf = (text: string): number => Math.ceil(text.length / 4)
