import { type ChatRequest, textOf } from './chat-request.ts'

/** A tool call of the model and what came back. */
interface ToolAnswer {
  readonly tool: string
  /** The arguments as the model wrote them. */
  readonly input: Record<string, unknown>
  /** The object that the tool returned; undefined if it failed or refused. */
  readonly output: Record<string, unknown> | undefined
}

/** What the scripted model reads out of a request to decide its next answer. */
export interface Conversation {
  /** The name after "You are" in the system message; `unknown` without one. */
  readonly agent: string
  readonly instructions: string
  /** The first message of the user. */
  readonly task: string
  readonly answers: readonly ToolAnswer[]
}

/** Reads who is asking, for what, and which tools have answered so far. */
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

// A tool that failed answers with a sentence; ours that succeeded answer with a JSON object
function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
