import { isObject, itemsOf, propertyOf } from '../unknown-values.ts'

/** The parts of an agent's result that show whether it is an answer. */
export interface Answer {
  /** The text of the answer; undefined if the result is an object of the application. */
  readonly text?: string | undefined
  /** The structured output, if the framework has parsed one. */
  readonly object?: unknown
  /** Why the model stopped, in lower case with underscores: `stop`, `length`, `content_filter`, `max_tokens`. */
  readonly finishReason?: string | undefined
  /** Whether the model refused to answer, in a field of its own. */
  readonly isRefusal?: boolean
  /** Whether it contains something besides text, such as a tool call or a file. */
  readonly hasOther?: boolean
}

const maxParts = 1_000

/** Reads a result of the AI SDK, Mastra, OpenAI, OpenAI Agents, Anthropic, LangChain, Gemini or the Claude Agent SDK, or a plain string. */
export function answerOf(result: unknown): Answer {
  if (result === undefined || result === null) return { text: '' }
  if (typeof result === 'string') return { text: result }
  if (!isObject(result)) return { hasOther: true }
  return (
    ofCompletion(result) ??
    ofGemini(result) ??
    ofResponse(result) ??
    ofAiSdk(result) ??
    ofAgent(result) ??
    ofMessage(result) ??
    {}
  )
}

/** OpenAI: a chat completion. */
function ofCompletion(result: object): Answer | undefined {
  const [choice] = itemsOf(propertyOf(result, 'choices'), 1)
  const message = propertyOf(choice, 'message')
  if (!isObject(message)) return undefined
  const calls = [propertyOf(message, 'tool_calls'), propertyOf(message, 'function_call'), propertyOf(message, 'audio')]
  return {
    text: textOf(propertyOf(message, 'content')),
    object: propertyOf(message, 'parsed') ?? undefined,
    finishReason: word(propertyOf(choice, 'finish_reason')),
    isRefusal: isText(propertyOf(message, 'refusal')),
    hasOther: calls.some(isFilled),
  }
}

/** Gemini: `generateContent()`. */
function ofGemini(result: object): Answer | undefined {
  const blocked = propertyOf(propertyOf(result, 'promptFeedback'), 'blockReason')
  const candidates = propertyOf(result, 'candidates')
  if (!Array.isArray(candidates) && blocked === undefined) return undefined
  const [candidate] = itemsOf(candidates, 1)
  const parts = itemsOf(propertyOf(propertyOf(candidate, 'content'), 'parts'), maxParts)
  return {
    text: textOf(parts.filter((part) => propertyOf(part, 'thought') !== true)),
    finishReason: word(propertyOf(candidate, 'finishReason')),
    isRefusal: blocked !== undefined,
    hasOther: parts.some((part) => propertyOf(part, 'text') === undefined),
  }
}

/** OpenAI: the Responses API. */
function ofResponse(result: object): Answer | undefined {
  const output = propertyOf(result, 'output')
  if (propertyOf(result, 'object') !== 'response' || !Array.isArray(output)) return undefined
  const items = itemsOf(output, maxParts)
  const parts = items.flatMap((item) => itemsOf(propertyOf(item, 'content'), maxParts))
  const others = ['message', 'reasoning']
  return {
    text: textOf(parts.filter((part) => propertyOf(part, 'type') === 'output_text')),
    object: propertyOf(result, 'output_parsed') ?? undefined,
    finishReason: word(propertyOf(propertyOf(result, 'incomplete_details'), 'reason')),
    isRefusal: parts.some((part) => propertyOf(part, 'type') === 'refusal'),
    hasOther: items.some((item) => !others.includes(String(propertyOf(item, 'type')))),
  }
}

/** Results of agents: OpenAI Agents, LangChain, the Claude Agent SDK. */
function ofAgent(result: object): Answer | undefined {
  if (has(result, 'finalOutput')) {
    const output = propertyOf(result, 'finalOutput') ?? ''
    const { finishReason } = ofRawResponse(propertyOf(result, 'rawResponses'))
    return typeof output === 'string' ? { text: output, finishReason } : { object: output, finishReason }
  }
  const messages = propertyOf(result, 'messages')
  const last = Array.isArray(messages) ? (messages.at(-1) as unknown) : undefined
  if (isObject(last)) return { ...ofMessage(last), object: propertyOf(result, 'structuredResponse') ?? undefined }
  if (propertyOf(result, 'type') !== 'result' || !has(result, 'is_error')) return undefined
  return {
    text: textOf(propertyOf(result, 'result')),
    object: propertyOf(result, 'structured_output') ?? undefined,
    finishReason: word(propertyOf(result, 'stop_reason')),
  }
}

/** OpenAI Agents has the answer of the provider in its own. */
function ofRawResponse(responses: unknown): Answer {
  const last = Array.isArray(responses) ? propertyOf(responses.at(-1), 'providerData') : undefined
  return (isObject(last) && (ofCompletion(last) ?? ofResponse(last))) || {}
}

/** A message of Anthropic or LangChain. */
function ofMessage(result: object): Answer | undefined {
  const metadata = propertyOf(result, 'response_metadata')
  const isMessage = has(result, 'stop_reason') || isObject(metadata) || typeof propertyOf(result, 'getType') === 'function'
  if (!isMessage || !has(result, 'content')) return undefined
  const content = propertyOf(result, 'content')
  const places = [
    propertyOf(result, 'stop_reason'),
    ...['finish_reason', 'finishReason', 'stop_reason'].map((key) => propertyOf(metadata, key)),
  ]
  const ofText = ['text', 'thinking', 'redacted_thinking', 'reasoning']
  return {
    text: textOf(content),
    object: propertyOf(result, 'parsed_output') ?? undefined,
    finishReason: word(places.find((each) => typeof each === 'string')),
    isRefusal: isText(propertyOf(propertyOf(result, 'additional_kwargs'), 'refusal')),
    hasOther:
      isFilled(propertyOf(result, 'tool_calls')) ||
      itemsOf(content, maxParts).some((part) => isObject(part) && !ofText.includes(String(propertyOf(part, 'type')))),
  }
}

/** AI SDK and Mastra: `generateText()`, `generateObject()`, `generate()`. */
function ofAiSdk(result: object): Answer | undefined {
  if (!has(result, 'finishReason')) return undefined
  const text = propertyOf(result, 'text')
  return {
    ...(typeof text === 'string' && { text }),
    // `output` of a call without a schema is the text again
    object: [propertyOf(result, 'object'), propertyOf(result, 'output')].find(isObject),
    finishReason: word(propertyOf(result, 'finishReason')),
    hasOther: isFilled(propertyOf(result, 'toolCalls')) || isFilled(propertyOf(result, 'files')),
  }
}

/** The text of a message's content, which is a text or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const texts = itemsOf(content, maxParts).map((part) => (typeof part === 'string' ? part : propertyOf(part, 'text')))
  return texts.filter((text) => typeof text === 'string').join('')
}

const word = (reason: unknown): string | undefined =>
  typeof reason === 'string' ? reason.toLowerCase().replaceAll('-', '_') : undefined

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

const isFilled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : isObject(value))

function has(value: object, key: string): boolean {
  try {
    return key in value
  } catch {
    return false
  }
}
