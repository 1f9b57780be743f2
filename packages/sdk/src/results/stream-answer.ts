import { isObject, itemsOf, propertyOf } from '../unknown-values.ts'
import { answerOf, type Answer } from './answer-of.ts'

/** The answer of a stream that was read to its end, as `failIf` gets it. */
export interface StreamAnswer {
  readonly text: string
  /** Why the model stopped, such as `stop`, `length` or `content_filter`; `refusal` if it refused to answer. */
  readonly finishReason: string | undefined
  /** Chunks that begin a tool call, at most 100. */
  readonly toolCalls: readonly unknown[]
  /** The structured output, if the library has parsed one. */
  readonly object?: unknown
}

/** The value that `failIf` judges: the result, or the answer of the stream that it is. */
export type Judged<Result> = Result extends AsyncIterable<unknown> | Generator | ReadableStream ? StreamAnswer : Result

const maxText = 1_000_000
const maxToolCalls = 100

/** Collects the answer of a stream from its chunks, as far as their shape is known. */
export class StreamCollector {
  #text = ''
  #finishReason: string | undefined
  #toolCalls: unknown[] = []
  #final: Answer | undefined
  #chunks = 0
  #isKnown = false
  #isRefusal = false

  saw(chunk: unknown): void {
    this.#chunks += 1
    if (typeof chunk === 'string') return this.#add(chunk)
    if (!isObject(chunk)) return
    const final = finalIn(chunk)
    if (final) {
      this.#final = answerOf(final)
      return
    }
    const part = partOf(chunk)
    if (!part) return
    if (part.text !== undefined) this.#add(part.text)
    this.#isKnown = true
    this.#finishReason = part.finishReason ?? this.#finishReason
    if (part.isRefusal === true) this.#isRefusal = true
    if (part.toolCall !== undefined && this.#toolCalls.length < maxToolCalls) this.#toolCalls.push(part.toolCall)
  }

  /** The answer; undefined if its chunks have no known shape, or its text is longer than a million characters. */
  answer(): StreamAnswer | undefined {
    if (this.#final) return answerFrom(this.#final)
    if (this.#text.length > maxText || (this.#chunks > 0 && !this.#isKnown)) return undefined
    const finishReason = this.#isRefusal ? 'refusal' : this.#finishReason
    return { text: this.#text, finishReason, toolCalls: this.#toolCalls }
  }

  #add(text: string): void {
    this.#isKnown = true
    if (this.#text.length <= maxText) this.#text += text
  }
}

/**
 * Returns the answer that a result with a stream keeps itself, or a promise of it: a run of OpenAI Agents, and the helpers `stream()` of
 * OpenAI and Anthropic.
 */
export function keptAnswer(result: object): Promise<StreamAnswer | undefined> | undefined {
  for (const key of ['finalMessage', 'finalChatCompletion', 'finalResponse']) {
    const final = propertyOf(result, key)
    if (typeof final !== 'function') continue
    return Promise.resolve(Reflect.apply(final as () => unknown, result, [])).then(
      (value) => answerFrom(answerOf(value)),
      () => undefined,
    )
  }
  const isAgentsRun = typeof propertyOf(result, 'toStream') === 'function' && propertyOf(result, 'finalOutput') !== undefined
  return isAgentsRun
    ? Promise.resolve(
        answerFrom(
          answerOf({ finalOutput: propertyOf(result, 'finalOutput'), rawResponses: propertyOf(result, 'rawResponses') }),
        ),
      )
    : undefined
}

function answerFrom({ text, object, finishReason, isRefusal, hasOther }: Answer): StreamAnswer {
  return {
    text: text ?? '',
    finishReason: isRefusal === true ? 'refusal' : finishReason,
    toolCalls: hasOther === true ? [{}] : [],
    ...(object !== undefined && { object }),
  }
}

/** The whole answer in one chunk: the last event of OpenAI's Responses API, the result message of the Claude Agent SDK. */
function finalIn(chunk: object): object | undefined {
  const type = propertyOf(chunk, 'type')
  if (type === 'response.completed' || type === 'response.incomplete') {
    const response = propertyOf(chunk, 'response')
    return isObject(response) ? response : undefined
  }
  return type === 'result' && typeof propertyOf(chunk, 'is_error') === 'boolean' ? chunk : undefined
}

interface Part {
  readonly text?: string | undefined
  readonly finishReason?: string | undefined
  readonly isRefusal?: boolean
  readonly toolCall?: unknown
}

function partOf(chunk: object): Part | undefined {
  return ofCompletionChunk(chunk) ?? ofGeminiChunk(chunk) ?? ofTyped(chunk) ?? ofLangchain(chunk)
}

/** OpenAI: a chunk of a chat completion. */
function ofCompletionChunk(chunk: object): Part | undefined {
  if (propertyOf(chunk, 'object') !== 'chat.completion.chunk') return undefined
  const choice = propertyOf(propertyOf(chunk, 'choices'), 0)
  const delta = propertyOf(choice, 'delta')
  const call = propertyOf(propertyOf(delta, 'tool_calls'), 0)
  return {
    text: textIn(propertyOf(delta, 'content')),
    finishReason: word(propertyOf(choice, 'finish_reason')),
    isRefusal: textIn(propertyOf(delta, 'refusal')) !== undefined,
    toolCall: call ?? propertyOf(delta, 'function_call') ?? undefined,
  }
}

/** Gemini: each chunk is a response with a part of the answer. */
function ofGeminiChunk(chunk: object): Part | undefined {
  const isGemini =
    Array.isArray(propertyOf(chunk, 'candidates')) || propertyOf(propertyOf(chunk, 'promptFeedback'), 'blockReason')
  if (isGemini === false || isGemini === undefined) return undefined
  const { text, finishReason, isRefusal, hasOther } = answerOf(chunk)
  return { text, finishReason, isRefusal: isRefusal === true, toolCall: hasOther === true ? chunk : undefined }
}

const toolCalls = new Set<unknown>([
  'tool-call',
  'tool-call-input-streaming-start',
  'tool-input-start',
  'file',
  'TOOL_CALL_START',
])

/** The AI SDK and Mastra, Anthropic, and AG-UI: the type decides. */
function ofTyped(chunk: object): Part | undefined {
  const type = propertyOf(chunk, 'type')
  const payload = propertyOf(chunk, 'payload') ?? chunk
  switch (type) {
    case 'text-delta':
      return {
        text: ['text', 'delta', 'textDelta'].map((key) => textIn(propertyOf(payload, key))).find((text) => text !== undefined),
      }
    case 'finish':
      return {
        finishReason: word(propertyOf(payload, 'finishReason') ?? propertyOf(propertyOf(payload, 'stepResult'), 'reason')),
      }
    case 'content_block_delta':
      return { text: textIn(propertyOf(propertyOf(chunk, 'delta'), 'text')) }
    case 'content_block_start': {
      const block = propertyOf(chunk, 'content_block')
      return String(propertyOf(block, 'type')).endsWith('tool_use') ? { toolCall: block } : {}
    }
    case 'message_delta':
      return { finishReason: word(propertyOf(propertyOf(chunk, 'delta'), 'stop_reason')) }
    case 'TEXT_MESSAGE_CONTENT':
      return { text: textIn(propertyOf(chunk, 'delta')) }
    default:
      return toolCalls.has(type) ? { toolCall: chunk } : undefined
  }
}

/** LangChain: a message, a message with its metadata, or an event with one. */
function ofLangchain(chunk: object): Part | undefined {
  const message =
    propertyOf(chunk, 'event') === 'on_chat_model_stream'
      ? propertyOf(propertyOf(chunk, 'data'), 'chunk')
      : Array.isArray(chunk)
        ? (chunk[0] as unknown)
        : chunk
  if (typeof propertyOf(message, 'getType') !== 'function') return undefined
  const { text, finishReason, isRefusal, hasOther } = answerOf(message)
  const [call] = itemsOf(propertyOf(message, 'tool_call_chunks'), 1)
  return { text, finishReason, isRefusal: isRefusal === true, toolCall: call ?? (hasOther === true ? message : undefined) }
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const word = (reason: unknown): string | undefined =>
  typeof reason === 'string' ? reason.toLowerCase().replaceAll('-', '_') : undefined
