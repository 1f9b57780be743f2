import { expect, test } from 'vitest'
import { z } from 'zod'

import { emptyAnswer, refusal, schema, truncated } from '../../src/index.ts'

/** Results as the packages return them, reduced to what is read: an answer, an empty one, a refused one, one that was cut. */
const completion = (message: object, finish_reason = 'stop') => ({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, finish_reason }],
})
const response = (output: object[], rest: object = {}) => ({
  object: 'response',
  status: 'completed',
  incomplete_details: null,
  ...rest,
  output,
})
const anthropic = (content: object[], stop_reason = 'end_turn') => ({ type: 'message', role: 'assistant', content, stop_reason })
const gemini = (parts: object[], finishReason = 'STOP') => ({ candidates: [{ content: { role: 'model', parts }, finishReason }] })
const langchain = (content: unknown, finish_reason = 'stop', rest: object = {}) => ({
  content,
  tool_calls: [],
  additional_kwargs: {},
  response_metadata: { finish_reason },
  getType: () => 'ai',
  ...rest,
})
/** Its properties are getters of a class, and `output` throws without an answer. */
class AiSdkResult {
  readonly #text: string
  readonly #reason: string
  readonly #calls: object[]
  constructor(text: string, reason = 'stop', calls: object[] = []) {
    this.#text = text
    this.#reason = reason
    this.#calls = calls
  }
  get text(): string {
    return this.#text
  }
  get finishReason(): string {
    return this.#reason
  }
  get toolCalls(): object[] {
    return this.#calls
  }
  get output(): unknown {
    if (this.#text === '') throw new Error('No output generated')
    return this.#text
  }
}

const text = '{"city":"Paris"}'
const shapes = {
  'a string': { answer: text, empty: ' \n' },
  nothing: { empty: undefined },
  'the AI SDK': {
    answer: new AiSdkResult(text),
    empty: new AiSdkResult(''),
    refused: new AiSdkResult('', 'content-filter'),
    cut: new AiSdkResult('{"ci', 'length'),
    called: new AiSdkResult('', 'tool-calls', [{ toolName: 'search' }]),
  },
  'an object of the AI SDK': { answer: { object: { city: 'Paris' }, finishReason: 'stop' } },
  'a chat completion of OpenAI': {
    answer: completion({ content: text }),
    empty: completion({ content: null }),
    refused: completion({ content: null, refusal: 'I cannot' }),
    cut: completion({ content: '{"ci' }, 'length'),
    called: completion({ content: null, tool_calls: [{ id: '1' }] }, 'tool_calls'),
  },
  'a response of OpenAI': {
    answer: response([{ type: 'reasoning' }, { type: 'message', content: [{ type: 'output_text', text }] }]),
    empty: response([{ type: 'reasoning' }]),
    refused: response([{ type: 'message', content: [{ type: 'refusal', refusal: 'I cannot' }] }]),
    cut: response([], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
    called: response([{ type: 'function_call', name: 'search' }]),
  },
  'OpenAI Agents': { answer: { finalOutput: text, history: [] }, empty: { finalOutput: undefined, history: [] } },
  Anthropic: {
    answer: anthropic([{ type: 'text', text }]),
    empty: anthropic([]),
    refused: anthropic([], 'refusal'),
    cut: anthropic([{ type: 'text', text: '{"ci' }], 'max_tokens'),
    called: anthropic([{ type: 'tool_use', name: 'search' }], 'tool_use'),
  },
  'a message of LangChain': {
    answer: langchain(text),
    empty: langchain([{ type: 'text', text: '' }]),
    refused: langchain('', 'content_filter'),
    cut: langchain('{"ci', 'length'),
    called: langchain('', 'tool_calls', { tool_calls: [{ name: 'search' }] }),
  },
  'an agent of LangChain': { answer: { messages: [langchain('?'), langchain(text)] }, empty: { messages: [langchain('')] } },
  Gemini: {
    answer: gemini([{ text: 'hm', thought: true }, { text }]),
    empty: gemini([{ text: 'hm', thought: true }]),
    refused: { promptFeedback: { blockReason: 'SAFETY' } },
    cut: gemini([{ text: '{"ci' }], 'MAX_TOKENS'),
    called: gemini([{ functionCall: { name: 'search' } }]),
  },
  'the Claude Agent SDK': {
    answer: { type: 'result', subtype: 'success', is_error: false, result: text },
    empty: { type: 'result', subtype: 'success', is_error: false, result: '' },
  },
  'an object of the application': { answer: { city: 'Paris' }, empty: { city: null, sources: [] } },
} as const
const isCity = schema(z.object({ city: z.string() }))

test.each(Object.entries(shapes))('emptyAnswer, refusal, truncated and schema read the result of %s', (_, shape) => {
  const { answer, empty, refused, cut, called } = {
    answer: text,
    refused: undefined,
    cut: undefined,
    called: 'x',
    ...shape,
  } as Record<string, unknown>
  const codes = (result: unknown): unknown[] =>
    [emptyAnswer, refusal, truncated, isCity].map((check) => (check(result) as { code?: string }).code ?? false)
  expect(codes(answer)).toEqual([false, false, false, false])
  if ('empty' in shape) expect(codes(empty)).toEqual(['empty_answer', false, false, 'schema_mismatch'])
  if (refused !== undefined)
    for (const check of [refusal, emptyAnswer]) expect(check(refused)).toMatchObject({ code: 'refusal', isRetryable: false })
  if (cut !== undefined) expect(truncated(cut)).toMatchObject({ code: 'truncated', isRetryable: false })
  expect(emptyAnswer(called)).toBe(false)
})

test('schema reads JSON in a code block, and its error names the path and not the value', () => {
  expect(isCity('```json\n{"city":"Paris"}\n```')).toBe(false)
  const error = isCity('{"city":4711}') as Error
  expect(error.message).toMatch(/^the result does not match its schema: city: /)
  expect(error.message).not.toContain('4711')
})

test.each([
  ['Invalid type: Expected number but received "4711 Main St"', 'Invalid type: Expected number'],
  ['Invalid email: Received "4711"', 'Invalid email'],
  ['must be more than 5000 (was 4711)', 'must be more than 5000'],
  ["Invalid enum value. Expected 'a' | 'b', received '4711'", "Invalid enum value. Expected 'a' | 'b'"],
  ['Invalid input: expected string, received number', 'Invalid input: expected string, received number'],
])('the error of schema does not have the value in the message %j', (message, shown) => {
  const standard = { '~standard': { validate: () => ({ issues: [{ message, path: ['a'] }] }) } }
  expect(schema(standard)({ a: '4711' })).toMatchObject({ message: `the result does not match its schema: a: ${shown}` })
})

test('schema accepts a text that matches a schema of strings', () => {
  expect(schema(z.string().min(2))('Paris')).toBe(false)
})

test('schema rejects a value that is no Standard Schema at once', () => {
  expect(() => schema({} as never)).toThrow('schema() needs a Standard Schema')
})

test.each([Proxy.revocable({}, {}), Proxy.revocable([], {})])('a hostile result is neither empty nor an error', (revocable) => {
  revocable.revoke()
  for (const check of [refusal, truncated]) expect(check(revocable.proxy)).toBe(false)
})
