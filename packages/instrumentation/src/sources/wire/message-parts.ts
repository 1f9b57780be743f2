/** A JSON object whose shape is not known. */
export type Json = { readonly [key: string]: unknown }

/** Part of a message, in the schema of `gen_ai.input.messages`. */
export type Part = Json & { readonly type: string }

/** A message in that schema. */
export interface Message {
  readonly role: string
  readonly parts: readonly Part[]
  readonly finish_reason?: string
}

/** Returns the objects of a list; nothing for any other value. */
export function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Parses JSON; undefined if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function textPart(content: string): Part {
  return { type: 'text', content }
}

/** A tool call; its arguments are parsed if they are JSON. */
export function toolCallPart(id: unknown, name: unknown, args: unknown): Part {
  return { type: 'tool_call', id, name, arguments: typeof args === 'string' ? (parsed(args) ?? args) : args }
}

export function toolResponsePart(id: unknown, response: unknown): Part {
  return { type: 'tool_call_response', id, response }
}

/** Converts the content of a message, a text or a list of parts of any of the APIs. Images and files are named, not recorded. */
export function partsOf(content: unknown): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)]
  return objectsOf(content).map(partOf)
}

function partOf(part: Json): Part {
  switch (part['type'] ?? geminiType(part)) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return part['thought'] === true ? { type: 'reasoning', content: textOf(part['text']) } : textPart(textOf(part['text']))
    case 'thinking':
      return { type: 'reasoning', content: textOf(part['thinking']) }
    case 'tool_use':
      return toolCallPart(part['id'], part['name'], part['input'])
    case 'tool_result':
      return toolResponsePart(part['tool_use_id'], part['content'])
    case 'functionCall': {
      const call = part['functionCall'] as Json
      return toolCallPart(call['id'], call['name'], call['args'])
    }
    case 'functionResponse': {
      const response = part['functionResponse'] as Json
      return toolResponsePart(response['id'] ?? response['name'], response['response'])
    }
    default:
      return { type: textOf(part['type']) || 'unknown' }
  }
}

/** Parts of Gemini have no type, but a key for each. */
function geminiType(part: Json): string | undefined {
  return ['text', 'functionCall', 'functionResponse'].find((key) => key in part)
}
