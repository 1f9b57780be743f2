import {
  isObject,
  type Json,
  type Message,
  objectsOf,
  parsed,
  partsOf,
  textOf,
  textPart,
  toolCallPart,
  toolResponsePart,
} from './message-parts.ts'
import type { Protocol } from './protocols.ts'

/** Messages of a request, under the names of the semantic conventions. */
export interface SentContent {
  readonly input?: readonly Message[]
  readonly systemInstructions?: unknown
  readonly toolDefinitions?: unknown
}

/** Converts the body of a request; nothing if it is no JSON. */
export function sentContent(protocol: Protocol, body: string): SentContent {
  const request = parsed(body)
  if (!isObject(request)) return {}
  const read: Record<Protocol['name'], (request: Json) => SentContent> = {
    'openai-chat': (of) => ({ input: 'prompt' in of ? prompts(of['prompt']) : objectsOf(of['messages']).flatMap(chatMessage) }),
    'openai-embeddings': (of) => ({ input: prompts(of['input']) }),
    'openai-responses': (of) => ({
      input: typeof of['input'] === 'string' ? prompts(of['input']) : objectsOf(of['input']).flatMap(responseItem),
      ...instructions(of['instructions']),
    }),
    anthropic: (of) => ({
      input: objectsOf(of['messages']).map((message) => ({ role: textOf(message['role']), parts: partsOf(message['content']) })),
      ...instructions(of['system']),
    }),
    gemini: (of) => ({
      input: objectsOf(of['contents']).map((content) => ({
        role: content['role'] === 'model' ? 'assistant' : 'user',
        parts: partsOf(content['parts']),
      })),
      ...instructions((of['systemInstruction'] as Json | undefined)?.['parts']),
    }),
  }
  const tools = objectsOf(request['tools'])
  return { ...read[protocol.name](request), ...(tools.length > 0 && { toolDefinitions: tools.flatMap(toolDefinitions) }) }
}

function prompts(prompt: unknown): readonly Message[] {
  return [prompt].flat().flatMap((text) => (typeof text === 'string' ? [{ role: 'user', parts: [textPart(text)] }] : []))
}

function instructions(system: unknown): SentContent {
  const parts = partsOf(system)
  return parts.length > 0 ? { systemInstructions: parts } : {}
}

/** A message of OpenAI's chat API. */
export function chatMessage(message: Json): readonly Message[] {
  const role = textOf(message['role'])
  if (role === 'tool') return [{ role, parts: [toolResponsePart(message['tool_call_id'], message['content'])] }]
  const calls = objectsOf(message['tool_calls']).map(({ id, function: called }) =>
    toolCallPart(id, (called as Json | undefined)?.['name'], (called as Json | undefined)?.['arguments']),
  )
  const reasoning = textOf(message['reasoning_content'])
  return [
    {
      role: role || 'assistant',
      parts: [...(reasoning ? [{ type: 'reasoning', content: reasoning }] : []), ...partsOf(message['content']), ...calls],
    },
  ]
}

/** An item of the input or output of OpenAI's Responses API. */
export function responseItem(item: Json): readonly Message[] {
  switch (item['type'] ?? 'message') {
    case 'message':
      return [{ role: textOf(item['role']) || 'assistant', parts: partsOf(item['content']) }]
    case 'function_call':
      return [{ role: 'assistant', parts: [toolCallPart(item['call_id'], item['name'], item['arguments'])] }]
    case 'function_call_output':
      return [{ role: 'tool', parts: [toolResponsePart(item['call_id'], item['output'])] }]
    default:
      return []
  }
}

function toolDefinitions(tool: Json): readonly Json[] {
  const functions = objectsOf(tool['functionDeclarations'])
  if (functions.length > 0) return functions.map((each) => ({ type: 'function', ...each }))
  const { function: described, input_schema: parameters, ...rest } = tool
  return [{ type: 'function', ...rest, ...(isObject(described) && described), ...(parameters !== undefined && { parameters }) }]
}
