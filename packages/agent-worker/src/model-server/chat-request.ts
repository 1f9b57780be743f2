import { z } from 'zod'

type Content = string | { type: 'text'; text: string }[]

/** A call of a tool, as the model wrote it and as it comes back with the conversation. */
interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

/** One message of a conversation, as OpenAI's chat completions have it. */
export type ChatMessage =
  | { role: 'system' | 'user'; content: Content }
  | { role: 'assistant'; content?: Content | null | undefined; tool_calls?: ToolCall[] | undefined }
  | { role: 'tool'; content: Content; tool_call_id: string }

/** The part of OpenAI's chat completions request that the scripted model understands; the rest is ignored. */
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

/** Checks a request; at most 200 messages. */
export const chatRequest: z.ZodType<ChatRequest> = z.object({
  model: z.string().min(1),
  messages: z.array(message).min(1).max(200),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
})

/** The text of a message, its parts joined; empty where there is none. */
export function textOf({ content: said }: ChatMessage): string {
  return typeof said === 'string' ? said : (said ?? []).map((part) => part.text).join('')
}
