import { gzipSync } from 'node:zlib'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { AgentInstrumentation } from '../../src/agent-instrumentation.ts'
import { modelCalls, post, runAsAgent } from './observed-calls.ts'
import { events, eventStream, startScriptedServer, type ScriptedAnswer } from './scripted-server.ts'

const anthropicVersion = { 'anthropic-version': '2023-06-01', 'x-api-key': 'secret-key' }
const usage = { prompt_tokens: 1, completion_tokens: 1 }
const parameters = { type: 'object', properties: { q: { description: 'secret-schema' } } }
let ids = 0
const id = (): string => `content-${(ids += 1)}`

interface Case {
  readonly api: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body: object
  readonly answer: () => ScriptedAnswer
  readonly input: unknown
  readonly output: unknown
  readonly system?: unknown
  readonly tools?: unknown
}

const text = (content: string): object => ({ type: 'text', content })
const call = { type: 'tool_call', id: 'call_1', name: 'look_up', arguments: { q: 'secret-argument' } }
const question = { role: 'user', parts: [text('secret-question')] }
const answered = { role: 'assistant', parts: [text('secret-answer'), call] }
const lookUp = [{ type: 'function', name: 'look_up', parameters }]
const json = (body: object): ScriptedAnswer => ({ pieces: [JSON.stringify(body)] })

const cases: readonly Case[] = [
  {
    api: 'chat completions',
    path: '/v1/chat/completions?key=secret-key',
    body: {
      model: 'm',
      messages: [
        { role: 'system', content: 'secret-system' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'secret-question' },
            { type: 'image_url', image_url: { url: 'secret-url' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_0', content: 'secret-result' },
      ],
      tools: [{ type: 'function', function: { name: 'look_up', parameters } }],
    },
    answer: () =>
      json({
        id: id(),
        model: 'm',
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            message: {
              role: 'assistant',
              content: 'secret-answer',
              tool_calls: [{ id: 'call_1', function: { name: 'look_up', arguments: '{"q":"secret-argument"}' } }],
            },
          },
        ],
        usage,
      }),
    input: [
      { role: 'system', parts: [text('secret-system')] },
      { role: 'user', parts: [text('secret-question'), { type: 'image_url' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_0', response: 'secret-result' }] },
    ],
    output: [{ ...answered, finish_reason: 'tool_calls' }],
    tools: lookUp,
  },
  {
    api: 'streamed chat completions, compressed',
    path: '/v1/chat/completions',
    body: { model: 'm', stream: true, messages: [{ role: 'user', content: 'secret-question' }] },
    answer: () => {
      const delta = (of: object): object => ({ id: `content-${ids}`, choices: [{ index: 0, delta: of, finish_reason: null }] })
      ids += 1
      const documents = [
        delta({ content: 'secret-' }),
        delta({ content: 'answer' }),
        delta({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'look_up', arguments: '{"q":"sec' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: 'ret-argument"}' } }] }),
        { id: `content-${ids}`, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage },
        '[DONE]',
      ]
      return { headers: { ...eventStream, 'content-encoding': 'gzip' }, pieces: [gzipSync(events(...documents))] }
    },
    input: [question],
    output: [{ ...answered, finish_reason: 'stop' }],
  },
  {
    api: 'responses',
    path: '/v1/responses',
    body: {
      model: 'm',
      instructions: 'secret-system',
      input: 'secret-question',
      tools: [{ type: 'function', name: 'look_up', parameters }],
    },
    answer: () =>
      json({
        id: id(),
        model: 'm',
        status: 'completed',
        output: [
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'secret-answer' }] },
          { type: 'function_call', call_id: 'call_1', name: 'look_up', arguments: '{"q":"secret-argument"}' },
        ],
      }),
    input: [question],
    output: [
      { role: 'assistant', parts: [text('secret-answer')] },
      { role: 'assistant', parts: [call] },
    ],
    system: [text('secret-system')],
    tools: lookUp,
  },
  {
    api: 'streamed messages of Anthropic',
    path: '/v1/messages',
    headers: anthropicVersion,
    body: {
      model: 'm',
      stream: true,
      system: 'secret-system',
      messages: [{ role: 'user', content: 'secret-question' }],
      tools: [{ name: 'look_up', input_schema: parameters }],
    },
    answer: () => ({
      headers: eventStream,
      pieces: [
        events(
          { type: 'message_start', message: { id: id(), model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
          { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
          { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'secret-answer' } },
          {
            type: 'content_block_start',
            index: 1,
            content_block: { type: 'tool_use', id: 'call_1', name: 'look_up', input: {} },
          },
          { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"q":"secret-argument"}' } },
          { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
          { type: 'message_stop' },
        ),
      ],
    }),
    input: [question],
    output: [{ ...answered, finish_reason: 'tool_use' }],
    system: [text('secret-system')],
    tools: lookUp,
  },
  {
    api: 'streamed content of Gemini',
    path: '/v1beta/models/m:streamGenerateContent?alt=sse&key=secret-key',
    body: {
      systemInstruction: { parts: [{ text: 'secret-system' }] },
      contents: [{ role: 'user', parts: [{ text: 'secret-question' }] }],
      tools: [{ functionDeclarations: [{ name: 'look_up', parameters }] }],
    },
    answer: () => ({
      headers: eventStream,
      pieces: [
        events(
          { candidates: [{ content: { parts: [{ text: 'secret-' }] } }], responseId: `gemini-${(ids += 1)}` },
          { candidates: [{ content: { parts: [{ text: 'answer' }] } }] },
          {
            candidates: [
              {
                content: { parts: [{ functionCall: { id: 'call_1', name: 'look_up', args: { q: 'secret-argument' } } }] },
                finishReason: 'STOP',
              },
            ],
            usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
          },
        ),
      ],
    }),
    input: [question],
    output: [{ ...answered, finish_reason: 'STOP' }],
    system: [text('secret-system')],
    tools: lookUp,
  },
]

async function observe(captureContent: boolean | undefined): Promise<{ telemetry: TestTelemetry; lines: string[] }> {
  const lines: string[] = []
  const telemetry = await startTestTelemetry()
  const agents = new AgentInstrumentation({
    frameworks: ['wire'],
    warn: (line) => void lines.push(line),
    ...(captureContent !== undefined && { captureContent }),
  })
  onTestFinished(async () => {
    agents.disable()
    await telemetry.shutdown()
  })
  return { telemetry, lines }
}

describe('on request, messages are recorded in the schema of the conventions', () => {
  test.each(cases)('$api', async ({ path, headers = {}, body, answer, input, output, system, tools }) => {
    const { telemetry } = await observe(true)
    const { url } = await startScriptedServer(answer)
    const { calls } = await runAsAgent(telemetry, () => post(url + path, body, headers))
    const recorded = (name: string): unknown => {
      const value = calls[0]!.attributes[name]
      return typeof value === 'string' ? JSON.parse(value) : undefined
    }
    expect(recorded('gen_ai.input.messages')).toEqual(input)
    expect(recorded('gen_ai.output.messages')).toEqual(output)
    expect(recorded('gen_ai.system_instructions')).toEqual(system)
    expect(recorded('gen_ai.tool.definitions')).toEqual(tools)
  })
})

test('no prompt, answer, argument, result or key is in any span, metric or warning by default', async () => {
  const { telemetry, lines } = await observe(undefined)
  for (const { path, headers = {}, body, answer } of cases) {
    const { url } = await startScriptedServer(answer)
    await runAsAgent(telemetry, () => post(url + path, body, headers))
    const failing = await startScriptedServer({
      status: 400,
      pieces: ['{"error":{"type":"secret type","message":"secret-message"}}'],
    })
    await runAsAgent(telemetry, () => post(failing.url + path, body, headers))
  }
  expect(modelCalls(telemetry)).toHaveLength(2 * cases.length)
  const exported = JSON.stringify([
    telemetry
      .spans()
      .map(({ name, attributes, events: recorded, status, links }) => ({ name, attributes, recorded, status, links })),
    await telemetry.metrics(),
    telemetry.executions(),
    lines,
  ])
  expect(exported).toContain('gen_ai.request.model')
  expect(exported).not.toContain('secret')
})
