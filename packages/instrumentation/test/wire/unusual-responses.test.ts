import { describe, expect, test } from 'vitest'

import { WireInstrumentation } from '../../src/sources/wire/wire-instrumentation.ts'
import { observeWire, post, runAsAgent } from './observed-calls.ts'
import { events, eventStream, startScriptedServer, type ScriptedAnswer } from './scripted-server.ts'

const chatPath = '/v1/chat/completions'
const usage = { prompt_tokens: 120, completion_tokens: 40, total_tokens: 160 }
const chat = (changes: object): ScriptedAnswer => ({
  pieces: [JSON.stringify({ id: 'chatcmpl-1', model: 'm-1', choices: [{ index: 0, finish_reason: 'stop' }], ...changes })],
})

/** Calls the model once and returns what was recorded. */
async function called(answer: ScriptedAnswer, path = chatPath): ReturnType<typeof runAsAgent> {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer(answer)
  return runAsAgent(telemetry, () => post(url + path, { model: 'm' }))
}

describe('an error in an answer with status 200 has the error type', () => {
  test.each([
    ['error', 'without a type', { error: { message: 'secret_text', type: null, code: null } }],
    ['error', 'that is a text', { error: 'secret_text' }],
    ['429', 'with a code', { error: { message: 'secret_text', code: 429 } }],
  ])('%s, %s', async (errorType, _, body) => {
    const { calls } = await called({ pieces: [JSON.stringify(body)] })
    expect(calls[0]!.attributes['error.type']).toBe(errorType)
    expect(JSON.stringify(calls)).not.toContain('secret_text')
  })
})

describe('an event of a streamed response', () => {
  const created = { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } }
  const interpreted = { type: 'response.code_interpreter_call_code.done', code: 'secret_code' }

  test('with the code that an interpreter runs is no error, and the code is not recorded', async () => {
    const completed = { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } }
    const answer = { headers: eventStream, pieces: [events(created, interpreted, completed)] }
    const { calls } = await called(answer, '/v1/responses')
    expect(calls[0]!.attributes).not.toHaveProperty('error.type')
  })

  test.each([
    [{ type: 'error', code: 'server_error', message: 'm' }, 'server_error'],
    [{ type: 'error', code: null, message: 'm' }, 'error'],
  ])('%j is an error', async (failed, errorType) => {
    const answer = { headers: eventStream, pieces: [events(created, interpreted, failed)] }
    const { calls } = await called(answer, '/v1/responses')
    expect(calls[0]!.attributes['error.type']).toBe(errorType)
  })
})

describe('each choice has its finish reason, in the order of the choices', () => {
  const finishReasons = ['stop', 'length', 'stop', 'tool_calls']
  const inOrder = finishReasons.map((reason, index) => ({ index, message: {}, finish_reason: reason }))
  const candidates = finishReasons.map((finishReason, index) => ({ content: {}, finishReason, ...(index > 0 && { index }) }))

  test.each<[string, string, ScriptedAnswer]>([
    ['of a completion', chatPath, chat({ choices: inOrder, usage })],
    [
      'of a stream',
      chatPath,
      { headers: eventStream, pieces: [events(...inOrder.toReversed().map((choice) => ({ choices: [choice] })), '[DONE]')] },
    ],
    ['of Gemini', '/v1beta/models/m:generateContent', { pieces: [JSON.stringify({ candidates })] }],
  ])('%s', async (_, path, answer) => {
    const { calls } = await called(answer, path)
    expect(calls[0]!.attributes['gen_ai.response.finish_reasons']).toEqual(finishReasons)
  })
})

test.each([-5, 1e300, Number.MAX_SAFE_INTEGER * 4])('%d is no number of tokens', async (tokens) => {
  const { execution } = await called(chat({ usage: { prompt_tokens: tokens, completion_tokens: 7 } }))
  expect(execution.tokens).toMatchObject({ input: 0, output: 7 })
})

test('a stream with a byte order mark has its tokens counted', async () => {
  const { execution } = await called({ headers: eventStream, pieces: [`\ufeff${events({ choices: [], usage }, '[DONE]')}`] })
  expect(execution.tokens).toMatchObject({ input: 120, output: 40 })
})

test('embeddings that have only a total have it as input', async () => {
  const { execution } = await called({ pieces: ['{"model":"v","usage":{"total_tokens":8}}'] }, '/v1/embeddings')
  expect(execution.tokens).toMatchObject({ input: 8, output: 0 })
})

test('thoughts that only the total of an OpenAI-compatible Gemini shows are output', async () => {
  const thought = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 }
  const { execution, calls } = await called(chat({ model: 'gemini-2.5-flash', usage: thought }))
  expect(execution.tokens).toMatchObject({ input: 20, output: 603 })
  expect(calls[0]!.attributes['gen_ai.usage.reasoning.output_tokens']).toBe(405)
})

describe('tokens of a compaction, which an Anthropic message lists only as an iteration, are counted', () => {
  const compaction = { type: 'compaction', input_tokens: 180_000, output_tokens: 3500, cache_read_input_tokens: 20 }
  const message = { type: 'message', input_tokens: 23_000, output_tokens: 1000 }
  const usageOf = (output: number): object => ({ input_tokens: 23_000, output_tokens: output, iterations: [compaction, message] })
  const start = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 23_000, output_tokens: 1 } } }
  const deltas = [900, 1000].map((output) => ({ type: 'message_delta', usage: usageOf(output) }))

  test.each<[string, ScriptedAnswer]>([
    ['as JSON', { pieces: [JSON.stringify({ id: 'msg_1', type: 'message', usage: usageOf(1000) })] }],
    ['as a stream', { headers: eventStream, pieces: [events(start, ...deltas, { type: 'message_stop' })] }],
  ])('%s', async (_, answer) => {
    const telemetry = await observeWire()
    const { url } = await startScriptedServer(answer)
    const { execution } = await runAsAgent(telemetry, () =>
      post(`${url}/v1/messages`, { model: 'm' }, { 'anthropic-version': '2023-06-01' }),
    )
    expect(execution.tokens).toMatchObject({ input: 203_020, output: 4500 })
    expect(execution.cachedInputTokens).toBe(20)
  })
})

test('thinking of Anthropic is reasoning', async () => {
  const thought = { input_tokens: 5, output_tokens: 90, output_tokens_details: { thinking_tokens: 60 } }
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ pieces: [JSON.stringify({ id: 'msg_1', usage: thought })] })
  const { calls } = await runAsAgent(telemetry, () =>
    post(`${url}/v1/messages`, { model: 'm' }, { 'anthropic-version': '2023-06-01' }),
  )
  expect(calls[0]!.attributes).toMatchObject({
    'gen_ai.usage.output_tokens': 90,
    'gen_ai.usage.reasoning.output_tokens': 60,
  })
})

test('the totals of other models change nothing', async () => {
  const { execution } = await called(chat({ usage: { ...usage, total_tokens: 500 } }))
  expect(execution.tokens).toMatchObject({ input: 120, output: 40 })
})

test('a call that two instrumentations observe has its bytes read once', async () => {
  const other = new WireInstrumentation()
  const body = JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, message: {}, finish_reason: 'stop' }], usage })
  const { execution, calls } = await called({ pieces: body.split(/(?=[:,])/) }).finally(() => other.disable())
  expect(calls).toHaveLength(1)
  expect(execution.tokens).toMatchObject({ input: 120, output: 40 })
})
