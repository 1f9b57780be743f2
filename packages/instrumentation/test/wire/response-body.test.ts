import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import {
  anthropicMessages,
  costOf,
  gemini,
  openAiChat,
  openAiEmbeddings,
  openAiResponses,
  type Protocol,
} from '../../src/sources/wire/protocols.ts'
import { ResponseBody } from '../../src/sources/wire/response-body.ts'

/** Reads a body that arrives in pieces of this size. */
function read(protocol: Protocol, body: Buffer | string | object, encoding?: string, size = Infinity): ResponseBody {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const reader = new ResponseBody(protocol, encoding)
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, Math.min(bytes.length, at + size)))
  reader.end()
  return reader
}

/** Values that are present. */
const known = (values: object | undefined) =>
  values && Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** Everything that is read of a body. */
function shown(protocol: Protocol, body: Buffer | string | object, encoding?: string, size?: number): Record<string, unknown> {
  const reader = read(protocol, body, encoding, size)
  const { id, model, status, incomplete, conversation, error, errorType, errorCode, errorStatus, eventCode } = reader.picked
  return {
    ...known({ id, model, status, incomplete, conversation, error, errorType, errorCode, errorStatus, eventCode }),
    ...known({ usage: known(protocol.usage(reader.picked)), cost: costOf(reader.picked) }),
    ...(reader.finishReasons.length > 0 && { finish: reader.finishReasons }),
    ...(reader.events > 0 && { events: reader.events }),
    ...(reader.isComplete && { isComplete: true }),
  }
}

const sse = (...documents: (object | string)[]): string =>
  documents.map((each) => `data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`).join('')
const usage = (inputTokens: number, outputTokens: number, more: object = {}) => ({
  usage: { inputTokens, outputTokens, ...more },
})

type Case = readonly [what: string, protocol: Protocol, body: string | object, expected: object]

const chat: readonly Case[] = [
  [
    'all details of a chat completion',
    openAiChat,
    {
      id: 'c-1',
      model: 'gpt',
      choices: [
        { index: 0, finish_reason: 'stop', message: { content: '{"usage":{"prompt_tokens":9},"id":"x"}' } },
        { index: 1, finish_reason: 'length' },
      ],
      usage: {
        prompt_tokens: 120,
        completion_tokens: 40,
        total_tokens: 160,
        prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 7 },
        completion_tokens_details: { reasoning_tokens: 30 },
      },
    },
    {
      id: 'c-1',
      model: 'gpt',
      finish: ['stop', 'length'],
      ...usage(120, 40, { cacheReadInputTokens: 100, cacheWriteInputTokens: 7, reasoningOutputTokens: 30 }),
    },
  ],
  [
    'cached tokens of DeepSeek',
    openAiChat,
    { usage: { prompt_tokens: 9, prompt_cache_hit_tokens: 4 } },
    { usage: { inputTokens: 9, cacheReadInputTokens: 4 } },
  ],
  [
    'cached tokens of Moonshot',
    openAiChat,
    { usage: { prompt_tokens: 9, cached_tokens: 4 } },
    { usage: { inputTokens: 9, cacheReadInputTokens: 4 } },
  ],
  [
    'the usage of Moonshot in a choice',
    openAiChat,
    { choices: [{ usage: { prompt_tokens: 3, completion_tokens: 2 } }] },
    usage(3, 2),
  ],
  ['the usage of Groq', openAiChat, { x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2 } } }, usage(3, 2)],
  ['a usage without input', openAiChat, { usage: { completion_tokens: 2 } }, { usage: { outputTokens: 2 } }],
  ['a usage of zero', openAiChat, { usage: { prompt_tokens: 0, completion_tokens: 0 } }, usage(0, 0)],
  ['a usage with a total only', openAiChat, { usage: { total_tokens: 5 } }, {}],
  ['counts that are no counts', openAiChat, { usage: { prompt_tokens: -1, completion_tokens: 'many' } }, {}],
  [
    'a count that is too large',
    openAiChat,
    { usage: { prompt_tokens: 1e300, completion_tokens: 1 } },
    { usage: { outputTokens: 1 } },
  ],
  [
    'thoughts of Gemini that only the total has',
    openAiChat,
    { model: 'Gemini-3', usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22 } },
    { model: 'Gemini-3', ...usage(10, 12, { reasoningOutputTokens: 7 }) },
  ],
  [
    'a total that is larger, of another model',
    openAiChat,
    { model: 'x', usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22 } },
    { model: 'x', ...usage(10, 5) },
  ],
  [
    'a total that is larger, without a model',
    openAiChat,
    { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22 } },
    usage(10, 5),
  ],
  [
    'a total of Gemini that is exact',
    openAiChat,
    { model: 'gemini', usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } },
    { model: 'gemini', ...usage(10, 5) },
  ],
  [
    'reasoning that is left out of the output',
    openAiChat,
    { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } } },
    usage(10, 12, { reasoningOutputTokens: 7 }),
  ],
  [
    'reasoning without output',
    openAiChat,
    { usage: { prompt_tokens: 10, total_tokens: 17, completion_tokens_details: { reasoning_tokens: 7 } } },
    { usage: { inputTokens: 10, reasoningOutputTokens: 7 } },
  ],
  ['a cost', openAiChat, { usage: { cost: 0.25 } }, { cost: 0.25 }],
  ['a cost of zero', openAiChat, { usage: { cost: 0 } }, { cost: 0 }],
  ['a cost below zero', openAiChat, { usage: { cost: -1 } }, {}],
  ['the cost of Perplexity', openAiChat, { usage: { cost: { total_cost: 0.5, input_tokens_cost: 0.1 } } }, { cost: 0.5 }],
  ['the cost of xAI', openAiChat, { usage: { cost_in_usd_ticks: 25_000_000_000, cost: 9 } }, { cost: 2.5 }],
  [
    'the fee of OpenRouter for a key of the user',
    openAiChat,
    { usage: { cost: 0.1, is_byok: true, cost_details: { upstream_inference_cost: 2 } } },
    { cost: 2.1 },
  ],
  ['the same without the cost of the provider', openAiChat, { usage: { cost: 0.1, is_byok: true } }, { cost: 0.1 }],
  [
    'the cost of OpenRouter',
    openAiChat,
    { usage: { cost: 0.1, is_byok: false, cost_details: { upstream_inference_cost: 2 } } },
    { cost: 0.1 },
  ],
  ['a cost of the provider only', openAiChat, { usage: { is_byok: true, cost_details: { upstream_inference_cost: 2 } } }, {}],
  [
    'an error',
    openAiChat,
    { error: { message: 'a prompt', type: 'requests', code: 'rate_limit', status: 'X' } },
    { error: true, errorType: 'requests', errorCode: 'rate_limit', errorStatus: 'X' },
  ],
  ['an error that is a text', openAiChat, { error: 'a prompt' }, { error: true }],
  ['no error', openAiChat, { error: false }, {}],
  ['an empty error', openAiChat, { error: '' }, {}],
  [
    'a stream whose first id is empty, as of Azure',
    openAiChat,
    sse(
      { id: '', model: '', choices: [] },
      { id: 'c-1', model: 'gpt', choices: [{ index: 0, finish_reason: null }] },
      { id: 'c-2', model: 'other', choices: [{ index: 0, finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } },
      '[DONE]',
    ),
    { id: 'c-1', model: 'gpt', finish: ['stop'], ...usage(4, 2), events: 4, isComplete: true },
  ],
  ['a stream without an end', openAiChat, sse({ type: 'response.completed', id: 'c-1' }), { id: 'c-1', events: 1 }],
  [
    'counts of a stream that end with zeros',
    openAiChat,
    sse({ usage: { prompt_tokens: 4 } }, { usage: { prompt_tokens: 0 } }),
    { usage: { inputTokens: 4 }, events: 2 },
  ],
  ['choices without a number', openAiChat, { choices: [{ finish_reason: 'stop' }] }, { finish: ['stop'] }],
  ['a choice with a number that is none', openAiChat, { choices: [{ index: -1, finish_reason: 'a' }] }, { finish: ['a'] }],
  ['a choice with half a number', openAiChat, { choices: [{ index: 1.5, finish_reason: 'a' }] }, { finish: ['a'] }],
  [
    'the 16th choice, and not the 17th',
    openAiChat,
    {
      choices: [
        { index: 15, finish_reason: 'a' },
        { index: 16, finish_reason: 'b' },
      ],
    },
    { finish: ['a'] },
  ],
  [
    'the second choice alone',
    openAiChat,
    sse({ choices: [{ index: 1, finish_reason: 'a' }] }, { choices: [{ finish_reason: 'b' }] }),
    { finish: ['b', 'a'], events: 2 },
  ],
  ['an empty finish reason', openAiChat, { choices: [{ index: 0, finish_reason: '' }, { index: 1 }] }, {}],
]

const others: readonly Case[] = [
  [
    'embeddings',
    openAiEmbeddings,
    { id: 'e', model: 'm', data: [{ embedding: [1, 2] }], usage: { prompt_tokens: 8, total_tokens: 8 } },
    { id: 'e', model: 'm', usage: { inputTokens: 8 } },
  ],
  ['embeddings of Voyage', openAiEmbeddings, { usage: { total_tokens: 8 } }, { usage: { inputTokens: 8 } }],
  ['an error of embeddings', openAiEmbeddings, { error: { code: 'x', message: 'm' } }, { error: true, errorCode: 'x' }],
  [
    'a response',
    openAiResponses,
    {
      id: 'r',
      model: 'm',
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      conversation: { id: 'conv-1' },
      usage: {
        input_tokens: 75,
        input_tokens_details: { cached_tokens: 50, cache_write_tokens: 1 },
        output_tokens: 20,
        output_tokens_details: { reasoning_tokens: 8 },
      },
    },
    {
      id: 'r',
      model: 'm',
      status: 'incomplete',
      incomplete: 'max_output_tokens',
      conversation: 'conv-1',
      ...usage(75, 20, { cacheReadInputTokens: 50, cacheWriteInputTokens: 1, reasoningOutputTokens: 8 }),
    },
  ],
  ['a conversation that is a text', openAiResponses, { conversation: 'conv-1' }, { conversation: 'conv-1' }],
  ...['response.completed', 'response.incomplete', 'response.failed'].map((type): Case => [
    `a stream that ends with ${type}`,
    openAiResponses,
    sse(
      { type: 'response.created', response: { id: 'r' } },
      { type, response: { status: 's', usage: { input_tokens: 1, output_tokens: 2 } } },
    ),
    { id: 'r', status: 's', ...usage(1, 2), events: 2, isComplete: true },
  ]),
  ['a stream of responses that goes on', openAiResponses, sse({ type: 'response.output_text.done' }), { events: 1 }],
  [
    'a code of the last event',
    openAiResponses,
    sse({ type: 'error', code: 'rate_limit' }),
    { eventCode: 'rate_limit', events: 1 },
  ],
  ['a code of an earlier event', openAiResponses, sse({ type: 'a', code: 'x' }, { type: 'b' }), { events: 2 }],
  [
    'a message of Anthropic',
    anthropicMessages,
    {
      id: 'msg',
      model: 'claude',
      type: 'message',
      stop_reason: 'end_turn',
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 200,
        cache_read_input_tokens: 3000,
        output_tokens: 55,
        output_tokens_details: { thinking_tokens: 9 },
      },
    },
    {
      id: 'msg',
      model: 'claude',
      finish: ['end_turn'],
      ...usage(3210, 55, { cacheReadInputTokens: 3000, cacheWriteInputTokens: 200, reasoningOutputTokens: 9 }),
    },
  ],
  ['a message without input', anthropicMessages, { usage: { output_tokens: 5 } }, usage(0, 5)],
  ['a message without output', anthropicMessages, { usage: { input_tokens: 5 } }, { usage: { inputTokens: 5 } }],
  ['a message without usage', anthropicMessages, { usage: { cache_read_input_tokens: 5 } }, {}],
  [
    'a message whose context was compacted',
    anthropicMessages,
    {
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 1,
        cache_creation_input_tokens: 2,
        iterations: [
          {
            type: 'compaction',
            input_tokens: 100,
            output_tokens: 50,
            cache_read_input_tokens: 30,
            cache_creation_input_tokens: 40,
          },
          { type: 'message', input_tokens: 10, output_tokens: 5 },
        ],
      },
    },
    usage(183, 55, { cacheReadInputTokens: 31, cacheWriteInputTokens: 42 }),
  ],
  [
    'a stream of Anthropic',
    anthropicMessages,
    sse(
      { type: 'message_start', message: { id: 'msg', model: 'claude', usage: { input_tokens: 10, output_tokens: 1 } } },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 20 } },
      { type: 'message_stop' },
    ),
    { id: 'msg', model: 'claude', finish: ['max_tokens'], ...usage(10, 20), events: 3, isComplete: true },
  ],
  [
    'a stream of Anthropic that goes on',
    anthropicMessages,
    sse({ type: 'message_start' }, { type: 'message_delta' }),
    { events: 2 },
  ],
  [
    'an error of Anthropic',
    anthropicMessages,
    { type: 'error', error: { type: 'overloaded_error', message: 'x' } },
    { error: true, errorType: 'overloaded_error' },
  ],
  [
    'Gemini',
    gemini,
    {
      responseId: 'g',
      modelVersion: 'gemini-3',
      candidates: [{ finishReason: 'STOP', index: 0 }],
      usageMetadata: {
        promptTokenCount: 11,
        toolUsePromptTokenCount: 2,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 9,
        cachedContentTokenCount: 4,
      },
    },
    { id: 'g', model: 'gemini-3', finish: ['STOP'], ...usage(13, 14, { cacheReadInputTokens: 4, reasoningOutputTokens: 9 }) },
  ],
  ['Gemini without output', gemini, { usageMetadata: { promptTokenCount: 3 } }, usage(3, 0)],
  ['Gemini without input', gemini, { usageMetadata: { candidatesTokenCount: 3 } }, usage(0, 3)],
  ['Gemini without usage', gemini, { usageMetadata: { thoughtsTokenCount: 3 } }, {}],
  ['Gemini that blocks the prompt', gemini, { promptFeedback: { blockReason: 'SAFETY' } }, { incomplete: 'SAFETY' }],
  [
    'a list of Gemini, which is its stream as JSON',
    gemini,
    [{ usageMetadata: { promptTokenCount: 3 } }, { candidates: [{ index: 1, finishReason: 'STOP' }] }],
    { ...usage(3, 0), finish: ['STOP'] },
  ],
  [
    'an error of Gemini',
    gemini,
    { error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' } },
    { error: true, errorCode: 429, errorStatus: 'RESOURCE_EXHAUSTED' },
  ],
  [
    'a stream of Gemini with a message_stop of its own',
    gemini,
    sse({ type: 'message_stop', responseId: 'g' }),
    { id: 'g', events: 1 },
  ],
]

describe.each([...chat, ...others])('%s', (_, protocol, body, expected) => {
  test('is read, in whatever pieces it arrives', () => {
    for (const size of [undefined, 1, 7]) expect(shown(protocol, body, undefined, size)).toEqual(expected)
  })
})

test('each API has a name of its own, and the key of its usage', () => {
  const all = [openAiChat, openAiEmbeddings, openAiResponses, anthropicMessages, gemini]
  expect(all.map(({ name }) => name)).toEqual(['openai-chat', 'openai-embeddings', 'openai-responses', 'anthropic', 'gemini'])
  expect(all.map(({ usageKey }) => usageKey)).toEqual(['usage', 'usage', 'usage', 'usage', 'usageMetadata'])
  expect(all.map((protocol) => protocol.isLast('message_stop'))).toEqual([false, false, false, true, false])
})

const completion = { id: 'c-1', usage: { prompt_tokens: 4, completion_tokens: 2 } }
const expectedCompletion = { id: 'c-1', ...usage(4, 2) }
const text = JSON.stringify(completion)

test.each([
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['identity', Buffer.from(text)],
  ['', Buffer.from(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  [' gzip , identity', gzipSync(text)],
])('a body with the encoding %s is read', (encoding, body) => {
  expect(shown(openAiChat, body, encoding)).toEqual(expectedCompletion)
  expect(shown(openAiChat, body, encoding, 5)).toEqual(expectedCompletion)
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
])('a stream with the encoding %s that was cut is read up to the cut', (encoding, compress) => {
  const long = sse(completion) + sse({ text: Array.from({ length: 30_000 }, (_, at) => at * 7919).join(' ') })
  const body = compress(Buffer.from(long))
  const { usage: read } = shown(openAiChat, body.subarray(0, body.length - 20), encoding)
  expect(read).toEqual({ inputTokens: 4, outputTokens: 2 })
})

test('a body without the encoding that its server announces is read if it looks like one', () => {
  expect(shown(openAiChat, text, 'gzip')).toEqual(expectedCompletion)
  expect(shown(openAiChat, sse(completion), 'gzip')).toEqual({ ...expectedCompletion, events: 1 })
  expect(shown(openAiChat, `event: x\n${sse(completion)}`, 'br')).toEqual({ ...expectedCompletion, events: 1 })
  expect(shown(openAiChat, ` ${text}`, 'gzip')).toEqual({})
  expect(shown(openAiChat, text, 'unknown')).toEqual(expectedCompletion)
  expect(shown(openAiChat, Buffer.alloc(0), 'gzip')).toEqual({})
})

test('the start of a body decides what it is', () => {
  for (const start of [' ', '\r\n\t', '\ufeff', '\ufeff ']) expect(shown(openAiChat, start + text)).toEqual(expectedCompletion)
  for (const start of [': comment\n', 'id: 1\n', 'retry: 5\n', 'event: x\n'])
    expect(shown(openAiChat, start + sse(completion))).toEqual({ ...expectedCompletion, events: 1 })
  expect(shown(openAiChat, `<html>${text}</html>`)).toEqual({})
  expect(shown(openAiChat, '   ')).toEqual({})
})

const megabyte = 1024 * 1024

test('of a long body, the start and the end are read', () => {
  const body = (size: number) =>
    `{"id":"c-1","text":"${'x'.repeat(size)}","nested":{"usage":"\\"usage\\":{}"},"usage":{"prompt_tokens":4,"completion_tokens":2}}`
  for (const size of [megabyte, 4 * megabyte - 100, 4 * megabyte, 5 * megabyte, 9 * megabyte])
    expect(shown(openAiChat, body(size), undefined, 50_000)).toEqual(expectedCompletion)
  // Too far from both
  const far = `{"id":"c-1","a":"${'x'.repeat(5 * megabyte)}","usage":{"prompt_tokens":4},"b":"${'x'.repeat(200_000)}"}`
  expect(shown(openAiChat, far, undefined, 50_000)).toEqual({ id: 'c-1' })
})

test('what a long body has at its end only is read, and what its start has is kept', () => {
  const filler = `"text":"${'x'.repeat(5 * megabyte)}"`
  const end =
    '"id":"c-9","model":"模型","usage":{"prompt_tokens":4,"completion_tokens":2},"error":{"code":"x","message":"a prompt"}'
  const tokens = usage(4, 2)
  const failed = { error: true, errorCode: 'x' }
  expect(shown(openAiChat, `{${filler},${end}}`, undefined, 50_000)).toEqual({ id: 'c-9', model: '模型', ...tokens, ...failed })
  expect(shown(openAiChat, `{"id":"c-1",${filler},${end}}`, undefined, 50_000)).toEqual({
    id: 'c-1',
    model: '模型',
    ...tokens,
    ...failed,
  })
  const metadata = '"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2},"responseId":"g-9"'
  expect(shown(gemini, `{${filler},${metadata}}`, undefined, 50_000)).toEqual({ id: 'g-9', ...tokens })
  // A choice may be cut, and then belongs to no number
  const choices = '"choices":[{"index":0,"finish_reason":"stop"}]'
  expect(shown(openAiChat, `{${filler},${choices}}`, undefined, 50_000)).toEqual({})
})

test.each([1_000, 16_384, 60_000])('of a long body in pieces of %i bytes, the last 64 KB are kept', (size) => {
  const body = (rest: number) =>
    `{"text":"${'x'.repeat(5 * megabyte)}","usage":{"prompt_tokens":4,"completion_tokens":2},"text":"${'x'.repeat(rest)}"}`
  expect(shown(openAiChat, body(64 * 1024 - 100), undefined, size)).toEqual(usage(4, 2))
  expect(shown(openAiChat, body(64 * 1024 + size), undefined, size)).toEqual({})
})

test('a compressed body is read up to 4 MB, and one that inflates beyond 16 MB is not', () => {
  const noise = Buffer.from(Array.from({ length: 3_400_000 }, (_, at) => 35 + ((at * 7919 * (at % 101)) % 57)))
  const body = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"text":"`), bytes, Buffer.from('"}')])
  const large = gzipSync(body(noise), { level: 0 })
  expect(large.length).toBeLessThan(4 * megabyte)
  expect(shown(openAiChat, large, 'gzip', 100_000)).toEqual(expectedCompletion)
  const larger = gzipSync(body(Buffer.concat([noise, noise])), { level: 0 })
  expect(shown(openAiChat, larger, 'gzip', 100_000)).toEqual({})
  expect(shown(openAiChat, gzipSync(body(Buffer.alloc(17 * megabyte, 120))), 'gzip')).toEqual({})
  expect(shown(openAiChat, gzipSync(body(Buffer.alloc(15 * megabyte, 120))), 'gzip')).toEqual(expectedCompletion)
})

test('what arrived so far of a body is read without ending it', () => {
  const plain = new ResponseBody(openAiChat, undefined)
  plain.write(Buffer.from('{"id":"c-1",'))
  expect(plain.soFar()).toBe(plain)
  const body = gzipSync(text)
  const packed = new ResponseBody(openAiChat, 'gzip', true)
  packed.write(body.subarray(0, body.length - 8))
  expect(packed.picked).toEqual({})
  const copy = packed.soFar()
  expect(copy).not.toBe(packed)
  expect(copy.picked['id']).toBe('c-1')
  expect(copy.captured).toBe(text)
  packed.write(body.subarray(body.length - 8))
  packed.end()
  expect(packed.captured).toBe(text)
  expect(openAiChat.usage(packed.picked)).toMatchObject({ inputTokens: 4, outputTokens: 2 })
})

test('what arrived so far of a body with several encodings is read', () => {
  const body = brotliCompressSync(gzipSync(sse(completion, '[DONE]')))
  const packed = new ResponseBody(openAiChat, 'gzip, br')
  packed.write(body)
  expect({ events: packed.events, isComplete: packed.isComplete }).toEqual({ events: 0, isComplete: false })
  const copy = packed.soFar()
  expect({ id: copy.picked['id'], events: copy.events, isComplete: copy.isComplete }).toEqual({
    id: 'c-1',
    events: 1,
    isComplete: true,
  })
  expect(copy.captured).toBeUndefined()
})

test('a body is captured only if content is recorded', () => {
  expect(read(openAiChat, text).captured).toBeUndefined()
  const captured = new ResponseBody(openAiChat, undefined, true)
  for (const piece of [text.slice(0, 5), text.slice(5)]) captured.write(Buffer.from(piece))
  captured.end()
  expect(captured.captured).toBe(text)
})
