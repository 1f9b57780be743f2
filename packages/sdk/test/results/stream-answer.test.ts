import { expect, test } from 'vitest'

import { keptAnswer, StreamCollector } from '../../src/results/stream-answer.ts'

function answerOfAll(chunks: readonly unknown[]) {
  const collector = new StreamCollector()
  for (const chunk of chunks) collector.saw(chunk)
  return collector.answer()
}

const completion = (delta: object | undefined, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  choices: [{ delta, finish_reason }],
})
const gemini = (...parts: object[]) => ({ candidates: [{ content: { parts } }] })
const message = (content: unknown, more: object = {}) => ({ getType: () => 'ai', content, ...more })
const response = (type: string, output: object[], more: object = {}) => ({
  type,
  response: { object: 'response', output, ...more },
})
const outputText = (text: string) => ({ type: 'message', content: [{ type: 'output_text', text }] })

const answer = (text: string, finishReason?: string, toolCalls: unknown[] = []) => ({ text, finishReason, toolCalls })

const toolChunk = { type: 'tool-call', toolName: 'search' }
const block = { type: 'tool_use', name: 'search' }
const serverBlock = { type: 'server_tool_use', name: 'web_search' }
const langchainCall = { name: 'search', args: '{' }
const geminiCall = gemini({ functionCall: { name: 'search' } })
const filled = message([{ type: 'image', url: 'x' }])

const streams: readonly (readonly [what: string, chunks: readonly unknown[], answer: unknown])[] = [
  ['no chunk at all', [], answer('')],
  ['texts', ['Pa', '', 'ris'], answer('Paris')],
  ['an empty text', [''], answer('')],
  ['numbers', [1, 2], undefined],
  ['nothing and texts', [undefined, null, 'Paris', 5], answer('Paris')],
  ['objects of the application', [{ text: 'Paris' }, { type: 'text', text: 'Paris' }], undefined],
  ['objects of the application among texts', ['Paris', { step: 1 }], answer('Paris')],
  ['completions', [completion({ content: 'Pa' }), completion({ content: 'ris' }, 'stop')], answer('Paris', 'stop')],
  [
    'completions whose usage comes last',
    [completion({ content: 'P' }, 'length'), { ...completion(undefined), choices: [] }],
    answer('P', 'length'),
  ],
  ['a completion that is refused', [completion({ refusal: 'No' }), completion({}, 'stop')], answer('', 'refusal')],
  ['a completion with an empty refusal', [completion({ refusal: '', content: 'P' }, 'stop')], answer('P', 'stop')],
  ['a completion with a tool call', [completion({ tool_calls: [langchainCall] })], answer('', undefined, [langchainCall])],
  ['a completion with a function call', [completion({ function_call: block })], answer('', undefined, [block])],
  ['a completion without a function call', [completion({ function_call: null, content: 'P' })], answer('P')],
  ['an object named otherwise', [{ ...completion({ content: 'P' }), object: 'chat.completion' }], undefined],
  [
    'a response that completes',
    [{ type: 'response.created', response: {} }, response('response.completed', [outputText('Paris')])],
    answer('Paris'),
  ],
  [
    'a response that is cut',
    [response('response.incomplete', [outputText('P')], { incomplete_details: { reason: 'max_output_tokens' } })],
    answer('P', 'max_output_tokens'),
  ],
  [
    'a response that is refused',
    [response('response.completed', [{ type: 'message', content: [{ type: 'refusal', refusal: 'No' }] }])],
    answer('', 'refusal'),
  ],
  ['a response with a tool call', [response('response.completed', [{ type: 'function_call' }])], answer('', undefined, [{}])],
  [
    'a response with a parsed output',
    [response('response.completed', [outputText('{}')], { output_parsed: { city: 'Paris' } })],
    { ...answer('{}'), object: { city: 'Paris' } },
  ],
  ['a response that is still open', [response('response.in_progress', [outputText('Paris')])], undefined],
  ['a response event without a response', [{ type: 'response.completed' }], undefined],
  [
    'a result of the Claude Agent SDK',
    [{ type: 'system' }, { type: 'result', is_error: false, result: 'Paris', stop_reason: 'end_turn' }],
    answer('Paris', 'end_turn'),
  ],
  ['a result of the application', [{ type: 'result', result: 'Paris' }], undefined],
  ['an error of the application', [{ type: 'step', is_error: true }], undefined],
  ['Gemini', [gemini({ text: 'Pa' }), gemini({ text: 'ris' })], answer('Paris')],
  ['Gemini with a thought', [gemini({ text: 'Hm', thought: true }, { text: 'Paris' })], answer('Paris')],
  ['Gemini with a tool call', [geminiCall], answer('', undefined, [geminiCall])],
  ['Gemini that blocks the prompt', [{ promptFeedback: { blockReason: 'SAFETY' } }], answer('', 'refusal')],
  ['Gemini whose feedback has no reason', [{ promptFeedback: {} }], undefined],
  ['a list that is called candidates', [{ candidates: 'Paris' }], undefined],
  ...['text', 'delta', 'textDelta'].map(
    (key) => [`text-delta with ${key}`, [{ type: 'text-delta', [key]: 'Paris' }], answer('Paris')] as const,
  ),
  ['text-delta with an empty text and a delta', [{ type: 'text-delta', text: '', delta: 'Paris' }], answer('Paris')],
  ['text-delta without text', [{ type: 'text-delta', text: 5 }], answer('')],
  ['text-delta in a payload', [{ type: 'text-delta', payload: { text: 'Paris' } }], answer('Paris')],
  ['the end of the AI SDK', [{ type: 'finish', finishReason: 'content-filter' }], answer('', 'content_filter')],
  ['the end of Mastra', [{ type: 'finish', payload: { stepResult: { reason: 'LENGTH' } } }], answer('', 'length')],
  ['an end without a reason', [{ type: 'finish' }], answer('')],
  [
    'Anthropic',
    [
      { type: 'content_block_delta', delta: { text: 'Paris' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    ],
    answer('Paris', 'end_turn'),
  ],
  ['a tool of Anthropic', [{ type: 'content_block_start', content_block: block }], answer('', undefined, [block])],
  ['a tool of the server', [{ type: 'content_block_start', content_block: serverBlock }], answer('', undefined, [serverBlock])],
  ['a text block of Anthropic', [{ type: 'content_block_start', content_block: { type: 'text', text: '' } }], answer('')],
  ['a block without a type', [{ type: 'content_block_start' }], answer('')],
  [
    'AG-UI',
    [
      { type: 'TEXT_MESSAGE_CONTENT', delta: 'Pa' },
      { type: 'TEXT_MESSAGE_CONTENT', delta: 'ris' },
    ],
    answer('Paris'),
  ],
  ...['tool-call', 'tool-call-input-streaming-start', 'tool-input-start', 'file', 'TOOL_CALL_START'].map((type) => {
    const chunk = { type }
    return [`a chunk ${type}`, [chunk], answer('', undefined, [chunk])] as const
  }),
  ['LangChain', [message('Pa'), message('ris', { response_metadata: { finish_reason: 'stop' } })], answer('Paris', 'stop')],
  ['LangChain with metadata', [[message('Paris'), { tags: [] }]], answer('Paris')],
  ['events of LangChain', [{ event: 'on_chat_model_stream', data: { chunk: message('Paris') } }], answer('Paris')],
  ['other events of LangChain', [{ event: 'on_chain_stream', data: { chunk: message('Paris') } }], undefined],
  ['a list of the application', [[{ content: 'Paris' }]], undefined],
  ['a tool call of LangChain', [message('', { tool_call_chunks: [langchainCall] })], answer('', undefined, [langchainCall])],
  ['a tool call that is part of the content', [filled], answer('', undefined, [filled])],
  ['a refusal of LangChain', [message('', { additional_kwargs: { refusal: 'No' } })], answer('', 'refusal')],
]

test.each(streams)('the answer of a stream of %s is read', (_, chunks, expected) => {
  expect(answerOfAll(chunks)).toEqual(expected)
})

test('of many tool calls a hundred are kept', () => {
  const chunks = (count: number) => Array.from({ length: count }, () => toolChunk)
  expect(answerOfAll(chunks(99))?.toolCalls).toHaveLength(99)
  expect(answerOfAll(chunks(100))?.toolCalls).toHaveLength(100)
  expect(answerOfAll(chunks(101))?.toolCalls).toHaveLength(100)
})

test('a text of a million characters is an answer, and a longer one is none and takes no more memory', () => {
  const collector = new StreamCollector()
  for (let n = 0; n < 10; n += 1) collector.saw('x'.repeat(100_000))
  expect(collector.answer()?.text).toHaveLength(1_000_000)
  collector.saw('x')
  expect(collector.answer()).toBeUndefined()
})

test.each(['finalMessage', 'finalChatCompletion', 'finalResponse'])('the answer that %s() returns is read', async (method) => {
  const final = { content: [{ type: 'text', text: 'Par' }], stop_reason: 'max_tokens' }
  const helper = {
    [method](this: unknown) {
      expect(this).toBe(helper)
      return final
    },
  }
  expect(await keptAnswer(helper)).toEqual(answer('Par', 'max_tokens'))
  expect(await keptAnswer({ [method]: () => Promise.reject(new Error('aborted')) })).toBeUndefined()
  expect(await keptAnswer({ [method]: async () => ({ ...final, parsed_output: { a: 1 } }) })).toEqual({
    ...answer('Par', 'max_tokens'),
    object: { a: 1 },
  })
  expect(keptAnswer({ [method]: final })).toBeUndefined()
})

test('the answer of a run of OpenAI Agents is read with the reason of its last response', async () => {
  const providerData = { choices: [{ message: { content: 'P' }, finish_reason: 'length' }] }
  const run = { toStream: () => {}, finalOutput: 'P', rawResponses: [{ providerData }] }
  expect(await keptAnswer(run)).toEqual(answer('P', 'length'))
  expect(await keptAnswer({ ...run, finalOutput: { city: 'Paris' } })).toEqual({
    ...answer('', 'length'),
    object: { city: 'Paris' },
  })
  expect(keptAnswer({ ...run, finalOutput: undefined })).toBeUndefined()
  expect(keptAnswer({ ...run, toStream: undefined })).toBeUndefined()
  expect(keptAnswer({})).toBeUndefined()
})
