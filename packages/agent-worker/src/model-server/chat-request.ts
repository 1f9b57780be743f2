import { z } from 'zod'

type Content = string | { type: 'text'; text: string }[]

/** A tool call, as the model wrote it and as the conversation repeats it. */
interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

/** One message of a conversation, in OpenAI's format. */
export type ChatMessage =
  | { role: 'system' | 'user'; content: Content }
  | { role: 'assistant'; content?: Content | null | undefined; tool_calls?: ToolCall[] | undefined }
  | { role: 'tool'; content: Content; tool_call_id: string }

/** The part of OpenAI's chat completions request that the scripted model reads; it ignores the rest. */
export interface ChatRequest {
  model: string
  messages: ChatMessage[]
  stream?: boolean | null | undefined
  stream_options?: { include_usage?: boolean | null | undefined } | null | undefined
}

const content = z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))])
const toolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
})
const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'user']), content }),
  z.object({ role: z.literal('assistant'), content: content.nullish(), tool_calls: z.array(toolCall).optional() }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string() }),
])

/** Schema of a request with at most 200 messages. */
export const chatRequest: z.ZodType<ChatRequest> = z.object({
  model: z.string().min(1),
  messages: z.array(message).min(1).max(200),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
})

/** Returns the text of a message, with its parts joined; empty if there is none. */
export function textOf({ content: text }: ChatMessage): string {
  return typeof text === 'string' ? text : (text ?? []).map((part) => part.text).join('')
}

/** A tool call of the model and its result. */
interface ToolAnswer {
  readonly tool: string
  /** The arguments as the model wrote them. */
  readonly input: Record<string, unknown>
  /** The object that the tool returned; undefined if the call failed or was refused. */
  readonly output: Record<string, unknown> | undefined
}

/** The facts of a request from which a script decides its next turn. */
export interface Conversation {
  /** The name after "You are" in the system message; `unknown` without one. */
  readonly agent: string
  readonly instructions: string
  /** The first message of the user. */
  readonly task: string
  readonly answers: readonly ToolAnswer[]
}

/** Finds the agent, its task and the results of its tool calls in a request. */
export function readConversation({ messages }: ChatRequest): Conversation {
  const textOfFirst = (role: string): string => messages.filter((message) => message.role === role).map(textOf)[0] ?? ''
  const outputs = new Map(
    messages.flatMap((message) => (message.role === 'tool' ? [[message.tool_call_id, textOf(message)] as const] : [])),
  )
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []))
  const instructions = textOfFirst('system')
  return {
    // "You are rapid-builder, ..."
    agent: /^You are ([a-z-]+)/.exec(instructions)?.[1] ?? 'unknown',
    instructions,
    task: textOfFirst('user'),
    answers: calls.map((call) => ({
      tool: call.function.name,
      input: parseObject(call.function.arguments) ?? {},
      output: parseObject(outputs.get(call.id)),
    })),
  }
}

// A failed tool call returns a sentence; a successful one returns a JSON object
function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
