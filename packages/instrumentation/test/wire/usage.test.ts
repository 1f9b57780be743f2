import { expect, test } from 'vitest'

import { observeWire, post, runAsAgent } from './observed-calls.ts'
import { events, eventStream, startScriptedServer, type ScriptedAnswer } from './scripted-server.ts'

interface Case {
  readonly title: string
  readonly path: string
  readonly body?: object
  readonly headers?: Record<string, string>
  readonly answer: ScriptedAnswer
  readonly span: string
  readonly tokens: { readonly input: number; readonly output: number }
  readonly attributes: Record<string, unknown>
}

const json = (body: object): ScriptedAnswer => ({ pieces: [JSON.stringify(body)] })
const stream = (...documents: (object | string)[]): ScriptedAnswer => ({
  headers: eventStream,
  pieces: documents.map((document) => events(document)),
})

const openAiUsage = {
  prompt_tokens: 120,
  completion_tokens: 40,
  total_tokens: 160,
  prompt_tokens_details: { cached_tokens: 100 },
  completion_tokens_details: { reasoning_tokens: 30 },
}
const responseUsage = {
  input_tokens: 75,
  input_tokens_details: { cached_tokens: 50 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 8 },
  total_tokens: 95,
}
const anthropicUsage = { input_tokens: 10, cache_creation_input_tokens: 200, cache_read_input_tokens: 3000, output_tokens: 55 }
const anthropicVersion = { 'anthropic-version': '2023-06-01', 'x-api-key': 'secret-key' }
const geminiUsage = {
  promptTokenCount: 11,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 9,
  cachedContentTokenCount: 4,
  toolUsePromptTokenCount: 2,
  totalTokenCount: 27,
}

const cases: readonly Case[] = [
  {
    title: 'a chat completion of OpenAI',
    path: '/v1/chat/completions',
    answer: json({
      id: 'chatcmpl-1',
      model: 'gpt-5-2026',
      choices: [{ index: 0, message: { content: '"usage": {"prompt_tokens": 9}' }, finish_reason: 'stop' }],
      usage: openAiUsage,
    }),
    span: 'chat m',
    tokens: { input: 120, output: 40 },
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': 'chatcmpl-1', 'gen_ai.response.model': 'gpt-5-2026' },
  },
  {
    title: 'a streamed chat completion of OpenAI',
    path: '/openai/deployments/mine/chat/completions?api-version=1',
    body: { stream: true, stream_options: { include_usage: true } },
    answer: stream(
      { id: '', model: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      { id: 'chatcmpl-2', model: 'gpt-5', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }], usage: null },
      { id: 'chatcmpl-2', model: 'gpt-5', choices: [{ index: 0, delta: {}, finish_reason: 'length' }], usage: null },
      { id: 'chatcmpl-2', model: 'gpt-5', choices: [], usage: openAiUsage },
      '[DONE]',
    ),
    span: 'chat m',
    tokens: { input: 120, output: 40 },
    attributes: { 'gen_ai.response.id': 'chatcmpl-2', 'gen_ai.response.model': 'gpt-5', 'gen_ai.request.stream': true },
  },
  {
    title: 'a text completion',
    path: '/v1/completions',
    answer: json({ id: 'cmpl-1', model: 'm-1', choices: [{ text: 'x', index: 0, finish_reason: 'stop' }], usage: openAiUsage }),
    span: 'text_completion m',
    tokens: { input: 120, output: 40 },
    attributes: { 'gen_ai.operation.name': 'text_completion', 'gen_ai.response.id': 'cmpl-1' },
  },
  {
    title: 'embeddings of OpenAI',
    path: '/v1/embeddings',
    answer: json({
      object: 'list',
      data: [{ index: 0, embedding: [0.1, -2e-5, 3] }],
      model: 'embed-3',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
    span: 'embeddings m',
    tokens: { input: 8, output: 0 },
    attributes: { 'gen_ai.operation.name': 'embeddings', 'gen_ai.response.model': 'embed-3' },
  },
  {
    title: 'a response of OpenAI',
    path: '/v1/responses',
    answer: json({
      id: 'resp_1',
      model: 'gpt-5-2026',
      status: 'completed',
      output: [{ id: 'msg_1', type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'hi' }] }],
      usage: responseUsage,
    }),
    span: 'chat m',
    tokens: { input: 75, output: 20 },
    attributes: { 'gen_ai.response.id': 'resp_1', 'gen_ai.response.model': 'gpt-5-2026' },
  },
  {
    title: 'a streamed response of OpenAI',
    path: '/v1/responses',
    body: { stream: true },
    answer: stream(
      { type: 'response.created', response: { id: 'resp_2', model: 'gpt-5', status: 'in_progress', usage: null } },
      { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'hi' },
      { type: 'response.completed', response: { id: 'resp_2', model: 'gpt-5', status: 'completed', usage: responseUsage } },
    ),
    span: 'chat m',
    tokens: { input: 75, output: 20 },
    attributes: { 'gen_ai.response.id': 'resp_2', 'gen_ai.request.stream': true },
  },
  {
    title: 'a message of Anthropic, whose input tokens leave out the cached ones',
    path: '/v1/messages',
    headers: anthropicVersion,
    answer: json({
      id: 'msg_1',
      type: 'message',
      model: 'claude-9',
      content: [{ type: 'tool_use', input: { usage: { input_tokens: 7 }, id: 'no' } }],
      stop_reason: 'tool_use',
      usage: anthropicUsage,
    }),
    span: 'chat m',
    tokens: { input: 3210, output: 55 },
    attributes: { 'gen_ai.response.id': 'msg_1', 'gen_ai.response.model': 'claude-9' },
  },
  {
    title: 'a streamed message of Anthropic, whose counts are cumulative',
    path: '/v1/messages?beta=true',
    headers: anthropicVersion,
    body: { stream: true },
    answer: stream(
      { type: 'message_start', message: { id: 'msg_2', model: 'claude-9', usage: { ...anthropicUsage, output_tokens: 1 } } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
      { type: 'message_delta', delta: { stop_reason: null }, usage: { output_tokens: 30 } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 0, output_tokens: 55 } },
      { type: 'message_stop' },
    ),
    span: 'chat m',
    tokens: { input: 3210, output: 55 },
    attributes: { 'gen_ai.response.id': 'msg_2', 'gen_ai.request.stream': true },
  },
  {
    title: 'content of Gemini, whose candidates leave out the thoughts',
    path: '/v1beta/models/gemini-9:generateContent?key=secret-key',
    answer: json({
      candidates: [{ content: { parts: [{ text: 'hi' }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: geminiUsage,
      modelVersion: 'gemini-9-001',
      responseId: 'gem-1',
    }),
    span: 'generate_content m',
    tokens: { input: 13, output: 14 },
    attributes: { 'gen_ai.response.id': 'gem-1', 'gen_ai.response.model': 'gemini-9-001' },
  },
  {
    title: 'streamed content of Gemini, whose last event has the counts',
    path: '/v1beta/models/gemini-9:streamGenerateContent?alt=sse',
    answer: stream(
      { candidates: [{ content: {} }], usageMetadata: { promptTokenCount: 11 }, modelVersion: 'g', responseId: 'gem-2' },
      { candidates: [{ content: {}, finishReason: 'STOP' }], usageMetadata: geminiUsage, modelVersion: 'g', responseId: 'gem-2' },
    ),
    span: 'generate_content m',
    tokens: { input: 13, output: 14 },
    attributes: { 'gen_ai.response.id': 'gem-2', 'gen_ai.request.stream': true },
  },
  {
    title: 'content of Gemini that is streamed as a JSON array',
    path: '/v1/projects/p/locations/l/publishers/google/models/gemini-9:streamGenerateContent',
    answer: {
      pieces: [
        '[{"candidates": [{"content": {}}], "responseId": "gem-3"}\n,\r\n',
        `{"candidates": [{"finishReason": "STOP"}], "usageMetadata": ${JSON.stringify(geminiUsage)}, "responseId": "gem-3"}]`,
      ],
    },
    span: 'generate_content m',
    tokens: { input: 13, output: 14 },
    attributes: { 'gen_ai.response.id': 'gem-3' },
  },
]

test.each(cases)('counts the tokens of $title', async ({ path, body = {}, headers = {}, answer, span, tokens, attributes }) => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer(answer)
  const { execution, calls } = await runAsAgent(telemetry, () =>
    post(`${url}${path}`, { messages: [], model: 'm', ...body }, headers),
  )
  expect(calls.map(({ name }) => name)).toEqual([span])
  expect(calls[0]!.attributes).toMatchObject(attributes)
  expect(execution.tokens).toMatchObject(tokens)
})

test.each([1, 2, 3, 7, 64])('counts the same tokens if a body arrives %i bytes at a time', async (size) => {
  const inPieces = ({ pieces, headers }: ScriptedAnswer): ScriptedAnswer => {
    // An id that was seen before is a repeated report of one response
    const bytes = Buffer.from(pieces.join('').replaceAll(/(?<=(?:"id"|"responseId"): ?"\w+[-_])/g, `${size}-`))
    const count = Math.ceil(bytes.length / size)
    return {
      headers: headers ?? {},
      pieces: Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
    }
  }
  const telemetry = await observeWire()
  for (const { path, body = {}, headers = {}, answer, tokens, attributes } of cases) {
    const { url } = await startScriptedServer(inPieces(answer))
    const { execution, calls } = await runAsAgent(telemetry, () => post(`${url}${path}`, { model: 'm', ...body }, headers))
    expect(execution.tokens).toMatchObject(tokens)
    expect(calls.at(-1)!.attributes).toMatchObject({ ...attributes, ...responseId(attributes, size) })
  }
})

function responseId({ 'gen_ai.response.id': id }: Record<string, unknown>, size: number): object {
  return typeof id === 'string' ? { 'gen_ai.response.id': id.replace(/[-_]/, `$&${size}-`) } : {}
}
