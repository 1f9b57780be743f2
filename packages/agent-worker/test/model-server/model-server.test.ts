import { expect, onTestFinished, test } from 'vitest'

import { type Fault, listedFaults } from '../../src/model-server/fault-plan.ts'
import { type ModelServer, type ModelServerOptions, startModelServer } from '../../src/model-server/start-model-server.ts'

const builderRequest = {
  model: 'scripted-1',
  messages: [
    { role: 'system', content: 'You are rapid-builder, an agent.' },
    { role: 'user', content: 'Task 1: build item B-1 (Order history). Its files are in folder b-1.' },
  ],
}

async function start(options: ModelServerOptions = {}): Promise<ModelServer> {
  const server = await startModelServer({ now: () => 1_700_000_000_000, ...options })
  onTestFinished(() => server.close())
  return server
}

const startWith = (fault: Fault): Promise<ModelServer> => start({ plan: listedFaults([fault]) })

function post(server: ModelServer, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body: text, headers })
}

interface Completion {
  choices: {
    message: { content: string | null; tool_calls?: { function: { name: string; arguments: string } }[] }
    finish_reason: string
  }[]
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

test("the model server answers with a tool call in OpenAI's format, with its usage", async () => {
  const response = await post(await start(), builderRequest)
  expect(response.status).toBe(200)
  const { choices, usage, ...rest } = (await response.json()) as Completion
  expect(rest).toEqual({
    id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/),
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'scripted-1',
  })
  expect(choices[0]?.finish_reason).toBe('tool_calls')
  expect(choices[0]?.message.tool_calls?.[0]?.function.name).toBe('write_file')
  expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
})

test('the model server continues with the next step after a tool result, until the work is finished', async () => {
  const server = await start()
  const wrote = (id: string, path: string): object[] => [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'write_file', arguments: JSON.stringify({ path }) } }],
    },
    { role: 'tool', tool_call_id: id, content: JSON.stringify({ path, bytes: 1 }) },
  ]
  const messages = [...builderRequest.messages, ...wrote('a', 'b-1/feature.ts'), ...wrote('b', 'b-1/feature.test.ts')]
  const response = await post(server, { ...builderRequest, messages })
  const { choices } = (await response.json()) as Completion
  expect(choices).toEqual([
    {
      index: 0,
      message: { role: 'assistant', content: 'Built B-1: b-1/feature.ts holds the feature, b-1/feature.test.ts its test.' },
      finish_reason: 'stop',
    },
  ])
})

test('the model server repeats a failed tool call', async () => {
  const messages = [
    ...builderRequest.messages,
    { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'write_file', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'a', content: 'Invalid input for tool write_file' },
  ]
  const response = await post(await start(), { ...builderRequest, messages })
  const { choices } = (await response.json()) as Completion
  expect(JSON.parse(choices[0]?.message.tool_calls?.[0]?.function.arguments ?? '')).toMatchObject({ path: 'b-1/feature.ts' })
})

test('the model server streams the same answer as server-sent events that end with [DONE]', async () => {
  const server = await start()
  const response = await post(server, { ...builderRequest, stream: true, stream_options: { include_usage: true } })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = (await response.text()).trimEnd().split('\n\n')
  expect(events.at(-1)).toBe('data: [DONE]')
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')) as StreamChunk)
  const written = chunks.map((chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.function.arguments ?? '').join('')
  expect(JSON.parse(written)).toMatchObject({ path: 'b-1/feature.ts' })
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls')
  expect(chunks.at(-1)?.usage).toEqual(server.log.requests[0]?.billed)
})

interface StreamChunk {
  choices: { delta: { tool_calls?: { function: { arguments: string } }[] }; finish_reason: string | null }[]
  usage?: unknown
}

test('a stream contains the usage only if the request asks for it', async () => {
  const response = await post(await start(), { ...builderRequest, stream: true })
  expect(await response.text()).not.toContain('usage')
})

test('a planned 429 carries Retry-After and an OpenAI error', async () => {
  const response = await post(await startWith({ kind: 'rate-limited', retryAfterSeconds: 7 }), builderRequest)
  expect({ status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }).toEqual({
    status: 429,
    retryAfter: '7',
    body: { error: { message: 'Rate limit reached for requests.', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
  })
})

test('a planned 500 is a server error', async () => {
  const response = await post(await startWith({ kind: 'server-error' }), builderRequest)
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({ error: { type: 'server_error' } })
})

test('a planned reset breaks the connection without an answer', async () => {
  const error = await post(await startWith({ kind: 'reset' }), builderRequest).catch((reason: unknown) => reason)
  expect((error as Error).cause).toMatchObject({ code: 'ECONNRESET' })
})

test('a planned slow answer is late but correct', async () => {
  const server = await startWith({ kind: 'slow', delayMs: 150 })
  const startedMs = performance.now()
  const response = await post(server, builderRequest)
  // Timers may fire a millisecond early
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(149)
  expect(response.status).toBe(200)
})

test('planned malformed arguments are not JSON', async () => {
  const response = await post(await startWith({ kind: 'malformed-arguments' }), builderRequest)
  const { choices } = (await response.json()) as Completion
  const written = choices[0]?.message.tool_calls?.[0]?.function.arguments ?? ''
  expect(written).toMatch(/^\{"path":/)
  expect(() => JSON.parse(written) as unknown).toThrow(SyntaxError)
})

test('the model server has no faults after the end of the list', async () => {
  const server = await startWith({ kind: 'server-error' })
  await (await post(server, builderRequest)).body?.cancel()
  expect((await post(server, builderRequest)).status).toBe(200)
})

test('the log keeps trace context and fault of a bounded number of requests, and bills only complete answers', async () => {
  const server = await start({ rememberedRequests: 2, plan: listedFaults([undefined, { kind: 'server-error' }]) })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  for (const _ of [1, 2, 3]) await (await post(server, builderRequest, { traceparent })).text()
  expect(server.log.requests.map(({ number, fault, billed }) => ({ number, fault, isBilled: billed !== undefined }))).toEqual([
    { number: 2, fault: 'server-error', isBilled: false },
    { number: 3, fault: undefined, isBilled: true },
  ])
  expect(server.log.requests[0]?.traceparent).toBe(traceparent)
  expect(server.log.billed.answers).toBe(2)
})

test.each([
  ['no JSON', 'nonsense', 400],
  ['no messages', { model: 'm' }, 400],
  ['an unknown role', { model: 'm', messages: [{ role: 'robot', content: 'x' }] }, 400],
  ['a body beyond the limit', { ...builderRequest, user: 'x'.repeat(2000) }, 413],
])("the model server refuses %s with an error in OpenAI's format that does not quote the request", async (_, body, status) => {
  const response = await post(await start({ maxBodyBytes: 1000 }), body)
  const text = await response.text()
  expect(response.status).toBe(status)
  expect(JSON.parse(text)).toMatchObject({ error: { type: 'invalid_request_error', code: null } })
  expect(text).not.toMatch(/nonsense|robot|xxx/)
})

test('the model server refuses unknown paths and methods', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/v1/models`)).status).toBe(404)
  expect((await fetch(`${url}/v1/chat/completions`)).status).toBe(405)
})

test('the model server answers with a text if there is no script for the agent', async () => {
  const response = await post(await start(), {
    model: 'scripted-1',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
  })
  const { choices } = (await response.json()) as Completion
  expect(choices[0]?.message.content).toBe('There is no script for this conversation.')
})
