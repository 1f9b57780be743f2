import { expect, test } from 'vitest'

import { type Answer, answerOf } from '../../src/results/answer-of.ts'

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const completion = (message: object, finish_reason: unknown = 'stop') => ({
  choices: [{ message, finish_reason }, { message: {} }],
})
const response = (output: unknown, rest: object = {}) => ({ object: 'response', output, ...rest })
const message = (type: string, ...content: unknown[]) => ({ type, content })
const gemini = (parts: unknown, finishReason: unknown = 'STOP') => ({ candidates: [{ content: { parts }, finishReason }] })
const plain: Answer = { object: undefined, isRefusal: false, hasOther: false }

const cases: readonly (readonly [what: string, result: unknown, answer: Answer])[] = [
  ['nothing', undefined, { text: '' }],
  ['null', null, { text: '' }],
  ['a text', 'Paris', { text: 'Paris' }],
  ['a number', 5, { hasOther: true }],
  ['a function', () => {}, { hasOther: true }],
  ['an object of the application', { city: 'Paris' }, {}],
  ['an object that cannot be read', revoked(), {}],

  ['a completion', completion({ content: 'Paris' }), { ...plain, text: 'Paris', finishReason: 'stop' }],
  [
    'a completion in parts',
    completion({ content: [{ text: 'Pa' }, 'r', { text: 5 }, { type: 'image' }, { text: 'is' }] }, 'content-filter'),
    { ...plain, text: 'Paris', finishReason: 'content_filter' },
  ],
  [
    'a parsed completion',
    completion({ content: '{}', parsed: { a: 1 } }, 'LENGTH'),
    { ...plain, text: '{}', object: { a: 1 }, finishReason: 'length' },
  ],
  [
    'a completion without content',
    completion({ content: null, parsed: null }, null),
    { ...plain, text: '', finishReason: undefined },
  ],
  ['a refused completion', completion({ refusal: 'no' }), { ...plain, text: '', finishReason: 'stop', isRefusal: true }],
  ['an empty refusal', completion({ refusal: '' }), { ...plain, text: '', finishReason: 'stop' }],
  ['a refusal that is no text', completion({ refusal: {} }), { ...plain, text: '', finishReason: 'stop' }],
  [
    'a completion that calls a tool',
    completion({ tool_calls: [{}] }),
    { ...plain, text: '', finishReason: 'stop', hasOther: true },
  ],
  ['a completion with no tool calls', completion({ tool_calls: [] }), { ...plain, text: '', finishReason: 'stop' }],
  [
    'a completion that calls a function',
    completion({ function_call: {} }),
    { ...plain, text: '', finishReason: 'stop', hasOther: true },
  ],
  ['a completion that speaks', completion({ audio: { id: '1' } }), { ...plain, text: '', finishReason: 'stop', hasOther: true }],
  ['choices without a message', { choices: [{ text: 'x' }] }, {}],
  ['choices that are no list', { choices: { 0: { message: {} } } }, {}],

  [
    'Gemini',
    gemini([{ text: 'Pa' }, { text: 'ris' }]),
    { text: 'Paris', finishReason: 'stop', isRefusal: false, hasOther: false },
  ],
  [
    'Gemini that thinks',
    gemini([
      { text: 'hm', thought: true },
      { text: 'Paris', thought: false },
    ]),
    { text: 'Paris', finishReason: 'stop', isRefusal: false, hasOther: false },
  ],
  [
    'Gemini that calls a function',
    gemini([{ functionCall: {} }], 'MAX_TOKENS'),
    { text: '', finishReason: 'max_tokens', isRefusal: false, hasOther: true },
  ],
  ['Gemini without an answer', { candidates: [] }, { text: '', finishReason: undefined, isRefusal: false, hasOther: false }],
  [
    'a blocked prompt of Gemini',
    { promptFeedback: { blockReason: 'SAFETY' } },
    { text: '', finishReason: undefined, isRefusal: true, hasOther: false },
  ],
  ['candidates that are no list', { candidates: 'x' }, {}],

  [
    'a response',
    response([
      { type: 'reasoning' },
      message('message', { type: 'output_text', text: 'Pa' }, { type: 'output_text', text: 'ris' }),
    ]),
    { ...plain, text: 'Paris', finishReason: undefined },
  ],
  [
    'a response with other parts',
    response([message('message', { type: 'x', text: 'y' }, { type: 'output_text', text: 'Paris' })], { output_parsed: { a: 1 } }),
    { ...plain, text: 'Paris', object: { a: 1 }, finishReason: undefined },
  ],
  [
    'a refused response',
    response([message('message', { type: 'output_text', text: '' }, { type: 'refusal', refusal: 'no' })]),
    { ...plain, text: '', finishReason: undefined, isRefusal: true },
  ],
  [
    'a response that calls a function, after a message',
    response([message('message'), { type: 'function_call' }], { output_parsed: null }),
    { ...plain, text: '', finishReason: undefined, hasOther: true },
  ],
  [
    'a response that was cut',
    response([], { incomplete_details: { reason: 'max_output_tokens' } }),
    { ...plain, text: '', finishReason: 'max_output_tokens' },
  ],
  ['an output of something else', { output: [message('message', { type: 'output_text', text: 'x' })] }, {}],
  ['a response whose output is no list', response('x'), {}],

  [
    'the AI SDK',
    { text: 'Paris', finishReason: 'stop' },
    { text: 'Paris', object: undefined, finishReason: 'stop', hasOther: false },
  ],
  [
    'an object of the AI SDK',
    { object: { a: 1 }, output: { b: 2 }, finishReason: 'tool-calls' },
    { object: { a: 1 }, finishReason: 'tool_calls', hasOther: false },
  ],
  [
    'an output of the AI SDK',
    { text: '{}', output: { b: 2 }, finishReason: 'stop' },
    { text: '{}', object: { b: 2 }, finishReason: 'stop', hasOther: false },
  ],
  [
    'an output of the AI SDK that is the text again',
    { text: 'Paris', output: 'Paris', finishReason: undefined },
    { text: 'Paris', object: undefined, finishReason: undefined, hasOther: false },
  ],
  [
    'tool calls of the AI SDK',
    { finishReason: 'stop', toolCalls: [{}] },
    { object: undefined, finishReason: 'stop', hasOther: true },
  ],
  ['files of the AI SDK', { finishReason: 'stop', files: [{}] }, { object: undefined, finishReason: 'stop', hasOther: true }],
  [
    'the AI SDK with empty lists',
    { finishReason: 'stop', toolCalls: [], files: [] },
    { object: undefined, finishReason: 'stop', hasOther: false },
  ],

  ['OpenAI Agents', { finalOutput: 'Paris' }, { text: 'Paris', finishReason: undefined }],
  ['OpenAI Agents without an answer', { finalOutput: undefined }, { text: '', finishReason: undefined }],
  ['OpenAI Agents with an object', { finalOutput: { a: 1 } }, { object: { a: 1 }, finishReason: undefined }],
  [
    'OpenAI Agents with the completion of its provider',
    { finalOutput: 'Pa', rawResponses: [{ providerData: completion({}) }, { providerData: completion({}, 'length') }] },
    { text: 'Pa', finishReason: 'length' },
  ],
  [
    'OpenAI Agents with the response of its provider',
    { finalOutput: 'Pa', rawResponses: [{ providerData: response([], { incomplete_details: { reason: 'content_filter' } }) }] },
    { text: 'Pa', finishReason: 'content_filter' },
  ],
  [
    'OpenAI Agents with unknown data',
    { finalOutput: 'x', rawResponses: [{ providerData: {} }] },
    { text: 'x', finishReason: undefined },
  ],
  ['OpenAI Agents with no list', { finalOutput: 'x', rawResponses: {} }, { text: 'x', finishReason: undefined }],

  [
    'the Claude Agent SDK',
    { type: 'result', is_error: false, result: 'Paris', structured_output: { a: 1 }, stop_reason: 'end_turn' },
    { text: 'Paris', object: { a: 1 }, finishReason: 'end_turn' },
  ],
  [
    'the Claude Agent SDK without an object',
    { type: 'result', is_error: false, result: 'Paris', structured_output: null },
    { text: 'Paris', object: undefined, finishReason: undefined },
  ],
  ['a result of something else', { type: 'result', result: 'x' }, {}],
  ['an is_error of something else', { type: 'x', is_error: false, result: 'x' }, {}],

  [
    'Anthropic',
    { content: [{ type: 'text', text: 'Pa' }, { type: 'thinking' }, { type: 'text', text: 'ris' }], stop_reason: 'end_turn' },
    { ...plain, text: 'Paris', finishReason: 'end_turn' },
  ],
  [
    'Anthropic that reasons',
    { content: [{ type: 'redacted_thinking' }, { type: 'reasoning' }], stop_reason: null, parsed_output: { a: 1 } },
    { ...plain, text: '', object: { a: 1 }, finishReason: undefined },
  ],
  [
    'Anthropic that calls a tool',
    { content: [{ type: 'text', text: '' }, { type: 'tool_use' }], stop_reason: 'tool_use', parsed_output: null },
    { ...plain, text: '', finishReason: 'tool_use', hasOther: true },
  ],
  ['a stop reason without content', { stop_reason: 'end_turn' }, {}],
  ['content of something else', { content: 'x' }, {}],
  ['content with a response_metadata that is no object', { content: 'x', response_metadata: 'y' }, {}],
  ['content with a getType that is no function', { content: 'x', getType: 'ai' }, {}],

  ...['finish_reason', 'finishReason', 'stop_reason'].map(
    (key) =>
      [
        `a message of LangChain with ${key}`,
        { content: 'Paris', response_metadata: { [key]: 'LENGTH' } },
        { ...plain, text: 'Paris', finishReason: 'length' },
      ] as const,
  ),
  ['a message of LangChain by its type', { content: 'x', getType: () => 'ai' }, { ...plain, text: 'x', finishReason: undefined }],
  [
    'a refused message of LangChain that calls a tool',
    { content: [], response_metadata: {}, additional_kwargs: { refusal: 'no' }, tool_calls: [{}] },
    { ...plain, text: '', finishReason: undefined, isRefusal: true, hasOther: true },
  ],
  [
    'a message of LangChain of texts',
    { content: ['Pa', 'ris'], response_metadata: {}, tool_calls: [] },
    { ...plain, text: 'Paris', finishReason: undefined },
  ],
  [
    'an agent of LangChain',
    {
      messages: [
        { content: '?', response_metadata: {} },
        { content: 'Paris', response_metadata: {} },
      ],
      structuredResponse: { a: 1 },
    },
    { ...plain, text: 'Paris', object: { a: 1 }, finishReason: undefined },
  ],
  [
    'an agent of LangChain without an object',
    { messages: [{ content: 'Paris', response_metadata: {} }], structuredResponse: null },
    { ...plain, text: 'Paris', finishReason: undefined },
  ],
  ['an agent of LangChain without a message', { messages: [] }, {}],
  ['messages that are no list', { messages: 'x' }, {}],
]

test.each(cases)('the parts of %s are read', (_, result, answer) => {
  expect(answerOf(result)).toStrictEqual(answer)
})

test('of a very long list of parts, a thousand are read', () => {
  const parts = Array.from({ length: 1_001 }, (_, n) => ({ text: n === 1_000 ? 'last' : 'x' }))
  expect(answerOf(gemini(parts)).text).toBe('x'.repeat(1_000))
})
