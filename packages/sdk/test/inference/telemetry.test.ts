import { context, SpanKind, trace, type Attributes } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, getExecutionMetrics, instrumentAgent, instrumentTool, recordInference } from '../../src/index.ts'
import {
  beginInference,
  configureInferences,
  withConversation,
  type InferenceCall,
  type InferenceOptions,
} from '../../src/instrumentation.ts'
import { spanTree } from '../span-tree.ts'

let telemetry: TestTelemetry
let undo = (): void => {}
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => {
  undo()
  return telemetry.shutdown()
})

const configure = (options: InferenceOptions): void => void (undo = configureInferences(options))
const quick = { recovery: { baseDelaySeconds: 0 }, logger: false } as const
let ids = 0
const newId = (): string => `chatcmpl-${(ids += 1)}-telemetry`
const run = <T>(name: string, call: () => T): Promise<T> =>
  instrumentAgent(async () => call(), { name, ...quick })() as Promise<T>

test('a model call is a client span below the attempt, and the run shows its calls, tokens, cost, model and finish reason', async () => {
  configure({ price: ({ usage }) => (usage.inputTokens ?? 0) / 1000 })
  await run('traced', () => {
    const call = beginInference({ source: 'wire', provider: 'openai', serverAddress: 'api.openai.com', serverPort: 443 })
    call.update({ model: 'gpt-6', isStream: true })
    call.end({
      responseId: 'chatcmpl-traced',
      responseModel: 'gpt-6-1',
      usage: { inputTokens: 100, outputTokens: 20, cacheReadInputTokens: 40, cacheWriteInputTokens: 8, reasoningOutputTokens: 5 },
      finishReasons: ['stop'],
      status: 200,
      firstChunkSeconds: 0.25,
    })
  })
  expect(spanTree(telemetry)).toMatchInlineSnapshot(`
    [
      {
        "attributes": {
          "gen_ai.agent.name": "traced",
          "gen_ai.operation.name": "invoke_agent",
          "gen_ai.request.model": "gpt-6",
          "gen_ai.response.finish_reasons": [
            "stop",
          ],
          "gen_ai.usage.input_tokens": 100,
          "gen_ai.usage.output_tokens": 20,
          "swarmwatch.attempt.count": 1,
          "swarmwatch.cost.usd": 0.1,
          "swarmwatch.execution.id": "string",
          "swarmwatch.http.tries": 1,
          "swarmwatch.model.calls": 1,
          "swarmwatch.retry.outcome": "first_try",
        },
        "children": [
          {
            "attributes": {
              "gen_ai.agent.name": "traced",
              "swarmwatch.attempt.number": 1,
              "swarmwatch.http.tries": 1,
            },
            "children": [
              {
                "attributes": {
                  "gen_ai.operation.name": "chat",
                  "gen_ai.provider.name": "openai",
                  "gen_ai.request.model": "gpt-6",
                  "gen_ai.request.stream": true,
                  "gen_ai.response.finish_reasons": [
                    "stop",
                  ],
                  "gen_ai.response.id": "chatcmpl-traced",
                  "gen_ai.response.model": "gpt-6-1",
                  "gen_ai.response.time_to_first_chunk": 0.25,
                  "gen_ai.usage.cache_read.input_tokens": 40,
                  "gen_ai.usage.cache_write.input_tokens": 8,
                  "gen_ai.usage.input_tokens": 100,
                  "gen_ai.usage.output_tokens": 20,
                  "gen_ai.usage.reasoning.output_tokens": 5,
                  "server.address": "api.openai.com",
                  "server.port": 443,
                  "swarmwatch.cost.usd": 0.1,
                },
                "children": [],
                "name": "chat gpt-6",
              },
            ],
            "name": "attempt 1",
          },
        ],
        "name": "invoke_agent traced",
      },
    ]
  `)
  expect(telemetry.spans('chat gpt-6')[0]!.kind).toBe(SpanKind.CLIENT)
  const [record] = getExecutionMetrics({ recent: 1 }).recent
  expect(record).toMatchObject({ modelCalls: 1, httpTries: 1, models: ['gpt-6'], cachedInputTokens: 40, costUsd: 0.1 })
  expect(record!.attempts[0]).toMatchObject({ httpTries: 1 })
})

test('a run with two models names none on its root span, and its record names both', async () => {
  await run('two-models', () => {
    for (const model of ['a', 'b', 'a']) beginInference({ source: 'wire', model }).end({ responseId: newId(), status: 200 })
  })
  expect(telemetry.spans('invoke_agent two-models')[0]!.attributes).not.toHaveProperty('gen_ai.request.model')
  expect(getExecutionMetrics({ recent: 1 }).recent[0]!.models).toEqual(['a', 'b'])
})

test('below the model span of another library no second span is made, and everything is counted', async () => {
  await run('beside', () => {
    const foreign = trace.getTracer('com.anthropic.sdk.typescript').startSpan('chat claude', {
      kind: SpanKind.CLIENT,
      attributes: { 'gen_ai.operation.name': 'chat' },
    })
    context.with(trace.setSpan(context.active(), foreign), () => {
      beginInference({ source: 'wire', model: 'claude' }).end({ responseId: newId(), status: 200, usage: { inputTokens: 5 } })
    })
    foreign.end()
  })
  expect(telemetry.spans('chat claude')).toHaveLength(1)
  expect(await telemetry.sum('agent.tokens', { 'agent.name': 'beside' })).toBe(5)
  expect(await telemetry.sum('agent.model.calls', { 'agent.name': 'beside' })).toBe(1)
})

test('a call that a hook learns of at its end has a span with the times of the call', async () => {
  const startedAt = Date.now() - 3_000
  await run('late', () => beginInference({ source: 'langchain', model: 'm', startedAt }).end({ endedAt: startedAt + 2_000 }))
  expect(telemetry.spans('chat m')[0]!.duration).toEqual([2, 0])
  expect(await telemetry.sum('agent.model.requests')).toBe(0)
})

test('a failed call counts with its status, without tokens and without a price', async () => {
  configure({ price: () => undefined })
  recordInference({ model: 'm', provider: 'openai', status: 429 })
  recordInference({ model: 'm', provider: 'openai', error: new DOMException('x', 'TimeoutError') })
  expect(await telemetry.sum('gen_ai.client.inference.duration', { 'error.type': '429' })).toBe(1)
  expect(await telemetry.sum('gen_ai.client.inference.duration', { 'error.type': 'timeout' })).toBe(1)
  expect(await telemetry.points('gen_ai.client.inference.usage.input_tokens')).toMatchObject([{ value: 0 }])
  expect(await telemetry.points('swarmwatch.price.unknown')).toEqual([])
  expect(telemetry.spans('chat m').map(({ attributes }) => attributes['error.type'])).toEqual(['429', 'timeout'])
})

test('a price that is unknown, or throws, is counted and never guessed; a cost that the provider sent needs none', async () => {
  configure({
    price: () => {
      throw new Error('no')
    },
  })
  await run('priced', () => {
    for (const costUsd of [undefined, 0.25])
      beginInference({ source: 'wire', model: 'new' }).end({
        responseId: newId(),
        status: 200,
        usage: { outputTokens: 9 },
        costUsd,
      })
  })
  expect(await telemetry.sum('swarmwatch.price.unknown', { 'gen_ai.request.model': 'new' })).toBe(1)
  expect(await telemetry.sum('agent.cost.usd', { 'agent.name': 'priced' })).toBe(0.25)
})

test('a call without a price or without usage is an unpriced call of its run until its cost is sent', async () => {
  configure({ price: ({ model, usage }) => (model === 'priced' ? usage.outputTokens : undefined) })
  const answered = (model: string, usage?: { outputTokens: number }): string => {
    const responseId = newId()
    beginInference({ source: 'wire', model }).end({ responseId, status: 200, ...(usage && { usage }) })
    return responseId
  }
  const unpriced = async (call: () => unknown): Promise<unknown[]> => {
    await run('unpriced-calls', call)
    const { unpricedCalls, costUsd } = getExecutionMetrics({ recent: 1 }).recent[0]!
    return [unpricedCalls, costUsd]
  }
  const before = getExecutionMetrics().unpricedCalls
  expect(await unpriced(() => answered('priced', { outputTokens: 2 }))).toEqual([0, 2])
  expect(await unpriced(() => answered('new', { outputTokens: 9 }))).toEqual([1, 0])
  expect(
    await unpriced(() => {
      answered('new', { outputTokens: 9 })
      answered('priced')
      answered('priced', { outputTokens: 3 })
      recordInference({ model: 'priced', status: 500 })
    }),
  ).toEqual([2, 3])
  expect(
    await unpriced(() => {
      for (const id of [answered('new', { outputTokens: 9 }), answered('priced')])
        currentExecution()!.addCost(0.25, { responseId: id })
    }),
  ).toEqual([0, 0.5])
  expect(getExecutionMetrics().unpricedCalls - before).toBe(3)
})

test('an answer without usage is counted, and a stream without it is reported once with the cure', async () => {
  const lines: string[] = []
  configure({ warn: (line) => lines.push(line) })
  await run('unknown-usage', () => {
    for (const isStream of [true, true, false])
      beginInference({ source: 'wire', provider: 'vllm', model: 'm', isStream }).end({ responseId: newId(), status: 200 })
  })
  expect(await telemetry.sum('swarmwatch.inference.usage_missing', { 'gen_ai.provider.name': 'vllm' })).toBe(3)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('stream_options: { include_usage: true }')
})

test('retries of a client are reported once for each provider, with the client and the cure', async () => {
  const lines: string[] = []
  configure({ warn: (line) => lines.push(line) })
  await run('hidden-retries', () => {
    for (let time = 0; time < 6; time += 1)
      beginInference({ source: 'wire', provider: 'groq', model: 'm', client: 'OpenAI/JS 7.59.0' }).end({
        status: 503,
        requestFingerprint: `f${time % 2}`,
      })
  })
  expect(lines).toEqual([
    'OpenAI/JS 7.59.0 (groq) repeated a failed request by itself: 2 HTTP requests for one model call in one attempt of hidden-retries. ' +
      'Its retries multiply with those of Swarmwatch; set maxRetries: 0 in the client (Gemini: retryOptions.attempts: 1)',
  ])
})

test('a conversation is on the spans of its model calls and of the run', async () => {
  await run('talking', () =>
    withConversation('thread-7', () => {
      beginInference({ source: 'wire', model: 'm' }).end({ responseId: newId(), status: 200 })
    }),
  )
  const conversations = telemetry.spans().map(({ name, attributes }) => [name, attributes['gen_ai.conversation.id']])
  expect(conversations).toEqual([
    ['chat m', 'thread-7'],
    ['attempt 1', undefined],
    ['invoke_agent talking', 'thread-7'],
  ])
})

test('messages are recorded only on request: without secrets, cut, the newest if they are too long', async () => {
  const input = [{ role: 'user', parts: [{ type: 'text', content: 'key sk-abcdefghijklmnop' }] }]
  const output = Array.from({ length: 100 }, (_, n) => ({
    role: 'assistant',
    parts: [{ type: 'text', content: `${n} ${'x'.repeat(9_000)}` }],
  }))
  const record = (): Attributes => {
    recordInference({ model: 'm', input, output })
    return telemetry.spans('chat m').at(-1)!.attributes
  }
  expect(record()).not.toHaveProperty('gen_ai.input.messages')
  configure({ captureContent: true })
  const shown = record()
  expect(shown['gen_ai.input.messages']).toBe('[{"role":"user","parts":[{"type":"text","content":"key ***"}]}]')
  const text = shown['gen_ai.output.messages'] as string
  expect(text.length).toBeLessThan(65_537)
  expect((JSON.parse(text) as { parts: { content: string }[] }[]).at(-1)!.parts[0]!.content).toMatch(/^99 x+$/)
})

test('the chunks of a stream that continues after its run are recorded once', async () => {
  const name = 'gen_ai.client.inference.time_per_output_chunk'
  const chunkSeconds = [0.1, 0.2]
  let call: InferenceCall | undefined
  await run('left', () => {
    call = beginInference({ source: 'wire', model: 'm', known: () => ({ status: 200, chunkSeconds }) })
  })
  expect(await telemetry.sum(name)).toBe(2)
  call?.end({ status: 200, chunkSeconds: [...chunkSeconds, 0.3] })
  expect(await telemetry.sum(name)).toBe(3)
})

test('the names of version 1.41 of the conventions are sent in addition to the current ones on request', async () => {
  const call = () =>
    recordInference({ model: 'm', usage: { inputTokens: 5, outputTokens: 3, cacheWriteInputTokens: 2 }, firstChunkSeconds: 0.1 })
  call()
  expect((await telemetry.metrics()).map(({ name }) => name)).not.toContain('gen_ai.client.token.usage')
  configure({ semconv: 'latest+1.41' })
  call()
  expect(await telemetry.sum('gen_ai.client.token.usage', { 'gen_ai.token.type': 'input' })).toBe(1)
  expect(await telemetry.sum('gen_ai.client.operation.duration')).toBe(1)
  expect(await telemetry.sum('gen_ai.client.operation.time_to_first_chunk')).toBe(1)
  expect(await telemetry.sum('gen_ai.client.inference.duration')).toBe(2)
  expect(telemetry.spans('chat m').at(-1)!.attributes).toMatchObject({
    'gen_ai.usage.cache_creation.input_tokens': 2,
    'gen_ai.usage.cache_write.input_tokens': 2,
  })
})

test('labels stay bounded, whatever names the models, providers and servers have', async () => {
  for (let n = 0; n < 120; n += 1)
    recordInference({
      model: `model-${n}`,
      provider: `p-${n}`,
      responseModel: `r-${n}`,
      serverAddress: `host-${n}`,
      serverPort: n,
      operation: `o-${n}`,
    })
  const points = await telemetry.points('gen_ai.client.inference.duration')
  const values = (key: string) => new Set(points.map(({ attributes }) => attributes[key])).size
  expect(values('gen_ai.request.model')).toBeLessThanOrEqual(51)
  expect(values('gen_ai.provider.name')).toBeLessThanOrEqual(31)
  expect(values('gen_ai.response.model')).toBeLessThanOrEqual(51)
  expect(values('server.address')).toBeLessThanOrEqual(51)
  expect(values('gen_ai.operation.name')).toBeLessThanOrEqual(21)
})

test('a workflow is a root span and a label of its own', async () => {
  await instrumentAgent(async () => 1, { name: 'pipeline', kind: 'workflow', ...quick })()
  expect(telemetry.spans('invoke_workflow pipeline')[0]!.attributes).toMatchObject({
    'gen_ai.operation.name': 'invoke_workflow',
    'gen_ai.agent.name': 'pipeline',
  })
  expect(await telemetry.sum('gen_ai.invoke_agent.duration', { 'gen_ai.operation.name': 'invoke_workflow' })).toBe(1)
})

test('errors of what an instrumentation reports are swallowed and counted', async () => {
  const result = await run('hostile', () => {
    beginInference({
      source: 'wire',
      known: () => {
        throw new Error('no')
      },
    })
    beginInference({ source: 'wire' }).end({
      responseId: newId(),
      status: 200,
      usage: { inputTokens: Number.NaN, outputTokens: -1 },
    })
    return 'fine'
  })
  expect(result).toBe('fine')
  expect(await telemetry.sum('swarmwatch.guard.trips', { where: 'framework' })).toBe(3)
  expect(await telemetry.sum('agent.tokens')).toBe(0)
})

test('tool calls of a run are recorded from the first tool call of the agent on, 0 included', async () => {
  const tool = instrumentTool(() => 1, { name: 'once' })
  const agent = instrumentAgent(async (calls: number) => void Array.from({ length: calls }, tool), {
    name: 'with-tools',
    ...quick,
  })
  for (const calls of [0, 3, 0]) await agent(calls)
  const [point] = await telemetry.points('gen_ai.invoke_agent.tool_calls', 'with-tools')
  expect(point!.value).toMatchObject({ count: 2, sum: 3 })
})
