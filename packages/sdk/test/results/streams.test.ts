import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { z } from 'zod'

import {
  emptyAnswer,
  type FailIf,
  instrumentAgent,
  refusal,
  ResultRejectedError,
  schema,
  type StreamAnswer,
  truncated,
} from '../../src/index.ts'
import { keptLines } from '../kept-lines.ts'
import { outcomeOf } from '../run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { recovery: { baseDelaySeconds: 0 }, logger: false } as const
const checks = [emptyAnswer, refusal, truncated]

/** Reads an agent's stream of these chunks to its end. */
async function read(chunks: readonly unknown[], failIf: FailIf<StreamAnswer> | FailIf<StreamAnswer>[] = checks) {
  let calls = 0
  async function* stream(): AsyncGenerator<unknown> {
    calls += 1
    yield* chunks
  }
  const agent = instrumentAgent(stream, { name: 'streamed', failIf, ...quick })
  const got: unknown[] = []
  let error: unknown
  try {
    for await (const chunk of agent()) got.push(chunk)
  } catch (thrown) {
    error = thrown
  }
  return { got, error, calls, outcome: await outcomeOf(telemetry) }
}

const completion = (delta: object, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  choices: [{ delta, finish_reason }],
})
const langchain = (content: string, metadata: object = {}) => ({ getType: () => 'ai', content, response_metadata: metadata })

/** Chunks of libraries: an answer, and one that is cut at the token limit. */
const libraries: Record<string, readonly [answer: readonly unknown[], cut: readonly unknown[]]> = {
  'OpenAI chat completions': [
    [completion({ role: 'assistant' }), completion({ content: 'Paris' }), completion({}, 'stop')],
    [completion({ content: 'Par' }), completion({}, 'length')],
  ],
  'OpenAI responses': [
    [
      { type: 'response.output_text.delta', delta: 'Paris' },
      {
        type: 'response.completed',
        response: { object: 'response', output: [{ type: 'message', content: [{ type: 'output_text', text: 'Paris' }] }] },
      },
    ],
    [
      { type: 'response.output_text.delta', delta: 'Par' },
      {
        type: 'response.incomplete',
        response: {
          object: 'response',
          incomplete_details: { reason: 'max_output_tokens' },
          output: [{ type: 'message', content: [{ type: 'output_text', text: 'Par' }] }],
        },
      },
    ],
  ],
  Anthropic: [
    [
      { type: 'message_start', message: {} },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Paris' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ],
    [
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Par' } },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens' } },
    ],
  ],
  'the AI SDK': [
    [{ type: 'start' }, { type: 'text-delta', id: '1', text: 'Paris' }, { type: 'finish', finishReason: 'stop' }],
    [
      { type: 'text-delta', id: '1', text: 'Par' },
      { type: 'finish', finishReason: 'length' },
    ],
  ],
  Mastra: [
    [
      { type: 'text-delta', payload: { text: 'Paris' } },
      { type: 'finish', payload: { stepResult: { reason: 'stop' } } },
    ],
    [
      { type: 'text-delta', payload: { text: 'Par' } },
      { type: 'finish', payload: { stepResult: { reason: 'length' } } },
    ],
  ],
  Gemini: [
    [
      { candidates: [{ content: { parts: [{ text: 'Pa' }] } }] },
      { candidates: [{ content: { parts: [{ text: 'ris' }] }, finishReason: 'STOP' }] },
    ],
    [{ candidates: [{ content: { parts: [{ text: 'Par' }] }, finishReason: 'MAX_TOKENS' }] }],
  ],
  LangChain: [[langchain('Pa'), langchain('ris', { finish_reason: 'stop' })], [langchain('Par', { finish_reason: 'length' })]],
  'the Claude Agent SDK': [
    [{ type: 'result', subtype: 'success', is_error: false, result: 'Paris', stop_reason: 'end_turn' }],
    [{ type: 'result', subtype: 'success', is_error: false, result: 'Par', stop_reason: 'max_tokens' }],
  ],
}

describe.each(Object.entries(libraries))('a stream of %s', (_, [answer, cut]) => {
  test('is judged by its whole answer, and succeeds', async () => {
    const answers: StreamAnswer[] = []
    const { got, outcome } = await read(answer, [...checks, (each) => void answers.push(each)])
    expect(got).toEqual(answer)
    expect(answers.map(({ text }) => text)).toEqual(['Paris'])
    expect(outcome).toBe('success first_try (unset), attempts: unset')
  })

  test('that the token limit cut is a failure, which its reader does not notice and which is not retried', async () => {
    const { got, error, calls, outcome } = await read(cut)
    expect({ got, error, calls }).toEqual({ got: cut, error: undefined, calls: 1 })
    expect(outcome).toBe('failure not_retryable (truncated), attempts: truncated')
  })
})

test('a stream of texts is judged, by a schema too', async () => {
  const city = schema(z.object({ city: z.string() }))
  expect((await read(['{"city":', '"Paris"}'], [city])).outcome).toMatch(/^success/)
  await telemetry.shutdown()
  telemetry = await startTestTelemetry()
  expect((await read(['{"town":', '"Paris"}'], [city])).outcome).toBe(
    'failure not_retryable (schema_mismatch), attempts: schema_mismatch',
  )
})

test('a refusal in a stream, and a filtered one, are failures', async () => {
  expect((await read([completion({ refusal: 'No.' }), completion({}, 'stop')])).outcome).toMatch(/\(refusal\)/)
  await telemetry.shutdown()
  telemetry = await startTestTelemetry()
  expect((await read([{ type: 'finish', finishReason: 'content-filter' }])).outcome).toMatch(/\(refusal\)/)
})

test('a stream with only a tool call is not empty', async () => {
  const call = completion({ tool_calls: [{ index: 0, function: { name: 'search' } }] })
  expect((await read([call, completion({}, 'tool_calls')])).outcome).toMatch(/^success/)
})

test('a stream that ends without any chunk is retried, and its reader gets the next one', async () => {
  let calls = 0
  const agent = instrumentAgent(
    async function* () {
      calls += 1
      if (calls > 1) yield 'Paris'
    },
    { name: 'streamed', failIf: emptyAnswer, ...quick },
  )
  const got: string[] = []
  for await (const chunk of agent()) got.push(chunk)
  expect({ got, calls }).toEqual({ got: ['Paris'], calls: 2 })
  expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: empty_answer unset')
})

test('after the fourth empty stream the reader gets the error', async () => {
  const { error, calls, outcome } = await read([])
  expect(error).toBeInstanceOf(ResultRejectedError)
  expect(calls).toBe(4)
  expect(outcome).toMatch(/^failure exhausted \(empty_answer\)/)
})

test('a stream of objects of the application is not judged, nor one that its reader leaves', async () => {
  const failIf = vi.fn<FailIf<StreamAnswer>>(() => true)
  expect((await read([{ step: 1 }, { step: 2 }], failIf)).outcome).toMatch(/^success/)
  await telemetry.shutdown()
  telemetry = await startTestTelemetry()
  const agent = instrumentAgent(
    async function* () {
      yield* ['a', 'b']
    },
    { name: 'left', failIf, ...quick },
  )
  for await (const _ of agent()) break
  expect(await outcomeOf(telemetry)).toMatch(/^cancelled/)
  expect(failIf).not.toHaveBeenCalled()
})

test('a text of more than a million characters is not judged', async () => {
  const failIf = vi.fn<FailIf<StreamAnswer>>(() => true)
  expect(
    (
      await read(
        Array.from({ length: 11 }, () => 'x'.repeat(100_000)),
        failIf,
      )
    ).outcome,
  ).toMatch(/^success/)
  expect(failIf).not.toHaveBeenCalled()
})

test('the answer that a helper keeps is judged, however it is read', async () => {
  const helper = Object.assign(
    (async function* () {
      yield { type: 'unknown' }
    })(),
    { finalMessage: async () => ({ content: [{ type: 'text', text: 'Par' }], stop_reason: 'max_tokens' }) },
  )
  const agent = instrumentAgent(async () => helper, { name: 'helper', failIf: truncated, ...quick })
  for await (const _ of await agent());
  await vi.waitFor(async () => expect(await outcomeOf(telemetry)).toBe('failure not_retryable (truncated), attempts: truncated'))
})

test('the log line explains why a rejected stream is not retried', async () => {
  const { lines, logger } = keptLines()
  const agent = instrumentAgent(
    async function* () {
      yield 'no'
    },
    { name: 'streamed', failIf: () => 'no_sources', logger },
  )
  for await (const _ of agent());
  expect(lines.map((line) => line.replace(/[\d.]+ s /, 'N s '))).toEqual([
    '[FAILED] streamed gave up after 1 attempt, N s (no_sources): failIf rejected the result: no_sources; its reader already has the answer',
  ])
})

test('failIf of a stream has the type of its answer, and otherwise that of the result', () => {
  instrumentAgent(
    async function* () {
      yield 1
    },
    { name: 'a', failIf: (answer) => (expectTypeOf(answer).toEqualTypeOf<StreamAnswer>(), false) },
  )
  instrumentAgent(async () => new ReadableStream<string>(), {
    name: 'b',
    failIf: (answer) => (expectTypeOf(answer).toEqualTypeOf<StreamAnswer>(), false),
  })
  instrumentAgent(async () => ({ city: 'Paris' }), {
    name: 'c',
    failIf: (answer) => (expectTypeOf(answer).toEqualTypeOf<{ city: string }>(), false),
  })
})
