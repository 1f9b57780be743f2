import { type Answer, openaiError, type Protocol, sse, type StreamEvent } from './protocol.ts'
import type { BilledTokens } from './reply.ts'

/** OpenAI's chat completions, which most other servers speak as well. A stream has its usage only if the request asks for it. */
export const openaiChat: Protocol = {
  name: 'openai-chat',
  path: /\/chat\/completions$/,
  idPrefix: 'chatcmpl-',
  isStream: (_, { stream }) => stream === true,
  model: (_, { model }) => String(model),
  body(answer) {
    const { responseId, model, texts, bill } = answer
    const calls = callsOf(answer)
    const message = {
      role: 'assistant',
      content: calls.length > 0 ? null : texts.join(''),
      refusal: null,
      ...(calls.length > 0 && { tool_calls: calls }),
    }
    return {
      id: responseId,
      object: 'chat.completion',
      created: 1_790_000_000,
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(answer) }],
      ...(!answer.isUsageOmitted && { usage: usageOf(bill) }),
    }
  },
  *events(answer) {
    const { responseId, model, texts, bill, request } = answer
    const event = (choices: unknown[], extra: object = {}): string =>
      sse({ id: responseId, object: 'chat.completion.chunk', created: 1_790_000_000, model, choices, ...extra })
    const delta = (part: object, finish: string | null = null): string =>
      event([{ index: 0, delta: part, finish_reason: finish }])
    yield { text: delta({ role: 'assistant', content: '' }) }
    for (const text of texts) yield { text: delta({ content: text }), isContent: true }
    for (const [index, call] of callsOf(answer).entries())
      yield { text: delta({ tool_calls: [{ index, ...call }] }), isContent: true }
    yield { text: delta({}, finishReason(answer)) }
    const isUsageWanted = (request['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true
    if (isUsageWanted && !answer.isUsageOmitted) yield { text: event([], { usage: usageOf(bill) }), bill }
    yield { text: sse('[DONE]') }
  },
  errorEvent: () => sse({ error: { message: 'scripted error', type: 'server_error', code: 'overloaded' } }),
  errorBody: openaiError,
}

/** OpenAI's embeddings: three numbers for each text, as Base64 if the request asks for it. */
export const openaiEmbeddings: Protocol = {
  name: 'openai-embeddings',
  path: /\/embeddings$/,
  isStream: () => false,
  model: (_, { model }) => String(model),
  bill: (bill) => ({ ...bill, outputTokens: 0, cacheReadInputTokens: 0, reasoningOutputTokens: 0 }),
  body({ request, model, bill: { inputTokens } }) {
    const vector = Float32Array.of(0.25, 0.5, 0.75)
    const embedding = request['encoding_format'] === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    const texts = [request['input']].flat()
    const data = texts.map((_, index) => ({ object: 'embedding', index, embedding }))
    return { object: 'list', model, data, usage: { prompt_tokens: inputTokens, total_tokens: inputTokens } }
  },
  *events(): Generator<StreamEvent> {},
  errorEvent: openaiChat.errorEvent,
  errorBody: openaiError,
}

const finishReason = ({ toolCalls }: Answer): string => (toolCalls.length > 0 ? 'tool_calls' : 'stop')

function callsOf({ toolCalls, number }: Answer) {
  return toolCalls.map(({ name, input }, index) => ({
    id: `call_${number}_${index}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }))
}

function usageOf({ inputTokens, outputTokens, cacheReadInputTokens, reasoningOutputTokens, costUsd }: BilledTokens) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoningOutputTokens, audio_tokens: 0 },
    ...(costUsd !== undefined && { cost: costUsd }),
  }
}
