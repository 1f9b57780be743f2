import type { InferenceUsage } from '@swarmwatch/sdk/instrumentation'

import { iterations } from './compactions.ts'
import { pickPlan, type PickedValue, type PickPlan, type WrittenPlan } from './json-picker.ts'

/** Numbers and texts of a response, by the names in the plan of its protocol. */
export type PickedValues = Readonly<Record<string, PickedValue | undefined>>

/** How one API of models writes its responses. */
export interface Protocol {
  readonly name: 'openai-chat' | 'openai-responses' | 'openai-embeddings' | 'anthropic' | 'gemini'
  /** Values to pick from a response, or from each event of a stream. */
  readonly plan: PickPlan
  /** Keys of the objects with token counts, for a response whose middle was not read. */
  readonly usageKey: string
  /** Returns the tokens as the provider bills them; undefined if the response has none. */
  usage(picked: PickedValues): InferenceUsage | undefined
  /** Whether this type of event ends a stream. */
  isLast(type: string): boolean
}

/** Values to pick from a request. */
export const requestPlan: PickPlan = pickPlan({
  model: 'model',
  stream: 'stream',
  conversation: { '': 'conversation', id: 'conversation' },
})

const error: WrittenPlan = { '': 'error', message: 'error', type: 'errorType', code: 'errorCode', status: 'errorStatus' }

const openAiUsage: WrittenPlan = {
  prompt_tokens: 'input',
  input_tokens: 'input',
  completion_tokens: 'output',
  output_tokens: 'output',
  total_tokens: 'total',
  prompt_tokens_details: { cached_tokens: 'cacheRead', cache_write_tokens: 'cacheWrite' },
  input_tokens_details: { cached_tokens: 'cacheRead', cache_write_tokens: 'cacheWrite' },
  completion_tokens_details: { reasoning_tokens: 'reasoning' },
  output_tokens_details: { reasoning_tokens: 'reasoning' },
  // DeepSeek; Moonshot
  prompt_cache_hit_tokens: 'cacheRead',
  cached_tokens: 'cacheRead',
  // OpenRouter; Perplexity; xAI
  cost: { '': 'cost', total_cost: 'cost' },
  is_byok: 'isOwnKey',
  cost_details: { upstream_inference_cost: 'upstreamCost' },
  cost_in_usd_ticks: 'costTicks',
}

/** The API of OpenAI chat and text completions, and of every server that copies it. */
export const openAiChat: Protocol = {
  name: 'openai-chat',
  plan: pickPlan({
    id: 'id',
    model: 'model',
    // Moonshot sends the usage of a stream in its last choice, Groq in an object of its own
    choices: { index: 'choice', finish_reason: 'choiceFinish', usage: openAiUsage, '}': 'choiceEnd' },
    usage: openAiUsage,
    x_groq: { usage: openAiUsage },
    error,
  }),
  usageKey: 'usage',
  usage: openAiTokens,
  isLast: () => false,
}

export const openAiEmbeddings: Protocol = {
  name: 'openai-embeddings',
  plan: pickPlan({ id: 'id', model: 'model', usage: openAiUsage, error }),
  usageKey: 'usage',
  // Voyage sends the total only
  usage: (picked) => openAiTokens({ ...picked, input: picked['input'] ?? picked['total'] }),
  isLast: () => false,
}

const openAiResponse: WrittenPlan = {
  id: 'id',
  model: 'model',
  status: 'status',
  incomplete_details: { reason: 'incomplete' },
  usage: openAiUsage,
  error,
  conversation: { '': 'conversation', id: 'conversation' },
}

/** The Responses API of OpenAI; events of a stream contain the response. */
export const openAiResponses: Protocol = {
  name: 'openai-responses',
  plan: pickPlan({ ...openAiResponse, type: 'type', code: 'eventCode', response: openAiResponse }),
  usageKey: 'usage',
  usage: openAiTokens,
  isLast: (type) => type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed',
}

const anthropicUsage: WrittenPlan = {
  input_tokens: 'input',
  output_tokens: 'output',
  cache_read_input_tokens: 'cacheRead',
  cache_creation_input_tokens: 'cacheWrite',
  output_tokens_details: { thinking_tokens: 'reasoning' },
  iterations,
  '}': 'usageEnd',
}

/** Anthropic's messages. The counts in the events of a stream are cumulative. */
export const anthropicMessages: Protocol = {
  name: 'anthropic',
  plan: pickPlan({
    id: 'id',
    model: 'model',
    type: 'type',
    stop_reason: 'finish',
    usage: anthropicUsage,
    message: { id: 'id', model: 'model', usage: anthropicUsage },
    delta: { stop_reason: 'finish' },
    error,
  }),
  usageKey: 'usage',
  usage(picked) {
    const { input, output, cacheRead, cacheWrite } = picked
    if (input === undefined && output === undefined) return undefined
    const cached = {
      cacheReadInputTokens: sumOf(cacheRead, picked['compactionCacheRead']),
      cacheWriteInputTokens: sumOf(cacheWrite, picked['compactionCacheWrite']),
    }
    // `input_tokens` leaves out those that were read from or written to the cache
    const uncached = sumOf(input, picked['compactionInput']) ?? 0
    const inputTokens = uncached + (cached.cacheReadInputTokens ?? 0) + (cached.cacheWriteInputTokens ?? 0)
    return {
      inputTokens,
      outputTokens: sumOf(output, picked['compactionOutput']),
      ...cached,
      reasoningOutputTokens: numberOf(picked['reasoning']),
    }
  },
  isLast: (type) => type === 'message_stop',
}

/** Gemini, of Google AI and of Vertex AI. Each event of a stream has the counts so far. */
export const gemini: Protocol = {
  name: 'gemini',
  plan: pickPlan({
    responseId: 'id',
    modelVersion: 'model',
    candidates: { index: 'choice', finishReason: 'choiceFinish', '}': 'choiceEnd' },
    promptFeedback: { blockReason: 'incomplete' },
    usageMetadata: {
      promptTokenCount: 'input',
      toolUsePromptTokenCount: 'toolUse',
      candidatesTokenCount: 'output',
      thoughtsTokenCount: 'reasoning',
      cachedContentTokenCount: 'cacheRead',
    },
    error: { '': 'error', message: 'error', code: 'errorCode', status: 'errorStatus' },
  }),
  usageKey: 'usageMetadata',
  usage({ input, toolUse, output, reasoning, cacheRead }) {
    if (input === undefined && output === undefined) return undefined
    return {
      inputTokens: (numberOf(input) ?? 0) + (numberOf(toolUse) ?? 0),
      outputTokens: (numberOf(output) ?? 0) + (numberOf(reasoning) ?? 0),
      cacheReadInputTokens: numberOf(cacheRead),
      reasoningOutputTokens: numberOf(reasoning),
    }
  },
  isLast: () => false,
}

function openAiTokens(picked: PickedValues): InferenceUsage | undefined {
  const { input, output, total, cacheRead, cacheWrite, model } = picked
  const inputTokens = numberOf(input)
  const outputTokens = numberOf(output)
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  // Some leave reasoning out of `completion_tokens`, which their total shows; Gemini reports its amount nowhere else
  const unnamed = (numberOf(total) ?? 0) - (inputTokens ?? 0) - (outputTokens ?? 0)
  const isThought = typeof model === 'string' && /gemini/i.test(model) && unnamed > 0
  const reasoningOutputTokens = numberOf(picked['reasoning']) ?? (isThought ? unnamed : undefined)
  const missing = unnamed === reasoningOutputTokens ? unnamed : 0
  return {
    inputTokens,
    outputTokens: outputTokens === undefined ? undefined : outputTokens + missing,
    cacheReadInputTokens: numberOf(cacheRead),
    cacheWriteInputTokens: numberOf(cacheWrite),
    reasoningOutputTokens,
  }
}

/** Returns the cost that the provider sent, in US dollars; undefined if it sent none. */
export function costOf({ cost, isOwnKey, upstreamCost, costTicks }: PickedValues): number | undefined {
  if (typeof costTicks === 'number') return costTicks / 1e10
  const own = numberOf(cost)
  if (own === undefined) return undefined
  // With a key of the user, OpenRouter's cost is its fee only
  return isOwnKey === true ? own + (numberOf(upstreamCost) ?? 0) : own
}

function sumOf(one: PickedValue | undefined, other: PickedValue | undefined): number | undefined {
  const [first, second] = [numberOf(one), numberOf(other)]
  return first === undefined ? second : first + (second ?? 0)
}

function numberOf(value: PickedValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
