import { type Answer, openaiError, type Protocol, sse } from './protocol.ts'
import type { BilledTokens } from './reply.ts'

/** OpenAI's responses. The usage is in the last event. */
export const openaiResponses: Protocol = {
  name: 'openai-responses',
  path: /\/responses$/,
  idPrefix: 'resp_',
  isStream: (_, { stream }) => stream === true,
  model: (_, { model }) => String(model),
  body: (answer) => responseOf(answer, 'completed', itemsOf(answer)),
  *events(answer) {
    let sequence = 0
    const event = (type: string, data: object): string => sse({ type, sequence_number: sequence++, ...data }, type)
    yield { text: event('response.created', { response: responseOf(answer, 'in_progress', []) }) }
    yield { text: event('response.in_progress', { response: responseOf(answer, 'in_progress', []) }) }
    for (const [index, item] of itemsOf(answer).entries()) {
      const at = { output_index: index, item_id: item.id }
      if (item.type === 'message') {
        const place = { ...at, content_index: 0 }
        const [part] = item.content
        yield {
          text: event('response.output_item.added', {
            output_index: index,
            item: { ...item, status: 'in_progress', content: [] },
          }),
        }
        yield { text: event('response.content_part.added', { ...place, part: { ...part, text: '' } }) }
        for (const delta of answer.texts)
          yield { text: event('response.output_text.delta', { ...place, delta, logprobs: [] }), isContent: true }
        yield { text: event('response.output_text.done', { ...place, text: part.text, logprobs: [] }) }
        yield { text: event('response.content_part.done', { ...place, part }) }
      } else {
        yield {
          text: event('response.output_item.added', {
            output_index: index,
            item: { ...item, status: 'in_progress', arguments: '' },
          }),
        }
        yield { text: event('response.function_call_arguments.delta', { ...at, delta: item.arguments }), isContent: true }
        yield { text: event('response.function_call_arguments.done', { ...at, arguments: item.arguments }) }
      }
      yield { text: event('response.output_item.done', { output_index: index, item }) }
    }
    const { bill, isUsageOmitted } = answer
    yield {
      text: event('response.completed', { response: responseOf(answer, 'completed', itemsOf(answer)) }),
      ...(!isUsageOmitted && { bill }),
    }
  },
  errorEvent: () =>
    sse({ type: 'error', code: 'server_error', message: 'scripted error', param: null, sequence_number: 99 }, 'error'),
  errorBody: openaiError,
}

function itemsOf({ texts, toolCalls, number }: Answer) {
  const message = {
    type: 'message' as const,
    id: `msg_item_${number}`,
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: texts.join(''), annotations: [], logprobs: [] }] as const,
  }
  const calls = toolCalls.map(({ name, input }, index) => ({
    type: 'function_call' as const,
    id: `fc_${number}_${index}`,
    call_id: `call_${number}_${index}`,
    status: 'completed',
    name,
    arguments: JSON.stringify(input),
  }))
  return texts.length > 0 ? [message, ...calls] : calls
}

function responseOf({ responseId, model, bill, isUsageOmitted }: Answer, status: string, output: unknown[]) {
  return {
    id: responseId,
    object: 'response',
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: status === 'completed' && !isUsageOmitted ? usageOf(bill) : null,
    metadata: {},
  }
}

function usageOf({ inputTokens, outputTokens, cacheReadInputTokens, reasoningOutputTokens }: BilledTokens) {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cacheReadInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningOutputTokens },
    total_tokens: inputTokens + outputTokens,
  }
}
