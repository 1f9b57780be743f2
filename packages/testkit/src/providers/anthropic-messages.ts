import { type Answer, type Protocol, sse } from './protocol.ts'
import type { BilledTokens } from './reply.ts'

/** Anthropic's messages. Its `input_tokens` exclude cached tokens, and a stream has them in its first event. It reports no reasoning. */
export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  path: /\/messages(\?|$)/,
  idPrefix: 'msg_',
  isStream: (_, { stream }) => stream === true,
  model: (_, { model }) => String(model),
  bill: (bill) => ({ ...bill, reasoningOutputTokens: 0 }),
  body: (answer) => ({
    ...messageOf(answer),
    content: blocksOf(answer),
    stop_reason: stopReason(answer),
    ...(!answer.isUsageOmitted && { usage: { ...inputOf(answer.bill), output_tokens: answer.bill.outputTokens } }),
  }),
  *events(answer) {
    const { bill, isUsageOmitted } = answer
    const event = (type: string, data: object = {}): string => sse({ type, ...data }, type)
    const usage = { ...inputOf(bill), output_tokens: 1 }
    yield {
      text: event('message_start', { message: { ...messageOf(answer), content: [], stop_reason: null, usage } }),
      bill: { ...bill, outputTokens: 1 },
    }
    for (const [index, block] of blocksOf(answer).entries()) {
      const start = block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} }
      yield { text: event('content_block_start', { index, content_block: start }) }
      const deltas =
        block.type === 'text'
          ? answer.texts.map((text) => ({ type: 'text_delta', text }))
          : [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]
      for (const delta of deltas) yield { text: event('content_block_delta', { index, delta }), isContent: true }
      yield { text: event('content_block_stop', { index }) }
    }
    yield {
      text: event('message_delta', {
        delta: { stop_reason: stopReason(answer), stop_sequence: null },
        usage: { output_tokens: isUsageOmitted ? 1 : bill.outputTokens },
      }),
      ...(!isUsageOmitted && { bill }),
    }
    yield { text: event('message_stop') }
  },
  errorEvent: () => sse({ type: 'error', error: { type: 'overloaded_error', message: 'scripted error' } }, 'error'),
  errorBody(status) {
    const types: Record<number, string> = {
      400: 'invalid_request_error',
      401: 'authentication_error',
      429: 'rate_limit_error',
      529: 'overloaded_error',
    }
    return {
      type: 'error',
      error: { type: types[status] ?? 'api_error', message: `scripted status ${status}` },
      request_id: 'req_1',
    }
  },
}

const stopReason = ({ toolCalls }: Answer): string => (toolCalls.length > 0 ? 'tool_use' : 'end_turn')

const messageOf = ({ responseId, model }: Answer) => ({
  id: responseId,
  type: 'message',
  role: 'assistant',
  model,
  stop_sequence: null,
})

function blocksOf({ texts, toolCalls, number }: Answer) {
  const calls = toolCalls.map(({ name, input }, index) => ({
    type: 'tool_use' as const,
    id: `toolu_${number}_${index}`,
    name,
    input,
  }))
  return texts.length > 0 ? [{ type: 'text' as const, text: texts.join('') }, ...calls] : calls
}

const inputOf = ({ inputTokens, cacheReadInputTokens, cacheWriteInputTokens }: BilledTokens) => ({
  input_tokens: inputTokens - cacheReadInputTokens - cacheWriteInputTokens,
  cache_read_input_tokens: cacheReadInputTokens,
  cache_creation_input_tokens: cacheWriteInputTokens,
})
