import { answer, brokenStream, cut, failure, held, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { expect, test } from 'vitest'

const post = (url: string, body: object): Promise<Response> => fetch(url, { method: 'POST', body: JSON.stringify(body) })

/** The `data:` of all events. */
const eventsOf = (text: string): unknown[] =>
  [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json) as unknown)

const paths = [
  ['openai-chat', '/v1/chat/completions', { model: 'm' }, { model: 'm', stream: true, stream_options: { include_usage: true } }],
  ['openai-responses', '/v1/responses', { model: 'm' }, { model: 'm', stream: true }],
  ['anthropic-messages', '/v1/messages', { model: 'm' }, { model: 'm', stream: true }],
  ['gemini-content', '/v1beta/models/m:generateContent', {}, {}],
] as const

test.for(paths)('%s: a provider answers and bills a plain request and a stream', async ([name, path, plain, stream]) => {
  await using provider = await openModelProvider()
  const body = await (await post(provider.url + path, plain)).text()
  expect(body).toContain('answer-marker')
  const streamPath = path.replace(':generateContent', ':streamGenerateContent?alt=sse')
  const text = await (await post(provider.url + streamPath, stream)).text()
  const received = JSON.stringify(eventsOf(text))
  for (const piece of ['"answer"', '"-"', '"marker"']) expect(received).toContain(piece)
  expect(provider.requests).toMatchObject([
    { protocol: name, number: 1, model: 'm', isStream: false, billed: { inputTokens: 1_001, outputTokens: 101 } },
    { protocol: name, number: 2, model: 'm', isStream: true, billed: { inputTokens: 1_002, outputTokens: 102 } },
  ])
  expect(received).toContain(provider.requests[1]!.responseId)
  expect(provider.billed()).toMatchObject({ answers: 2, inputTokens: 2_003, outputTokens: 203, cacheReadInputTokens: 600 })
})

test.for(paths)('%s: a failure is sent with its status and bills nothing', async ([, path, plain]) => {
  await using provider = await openModelProvider([
    failure(429, { retryAfterSeconds: 0 }),
    toolCalls({ name: 'look', input: { at: 1 } }),
  ])
  const failed = await post(provider.url + path, plain)
  expect([failed.status, failed.headers.get('retry-after'), provider.billed().answers]).toEqual([429, '0', 0])
  expect(await (await post(provider.url + path, plain)).text()).toContain('look')
})

test('a stream can be cut, and end with an error event, after some of its content', async () => {
  await using provider = await openModelProvider([cut(2), brokenStream(1)])
  const [, path, , stream] = paths[2]
  const response = await post(provider.url + path, stream)
  const read: string[] = []
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) read.push(chunk)
  })()
  await expect(reading).rejects.toThrow()
  expect(read.join('')).toContain('"-"')
  expect(read.join('')).not.toContain('marker')
  expect(await (await post(provider.url + path, stream)).text()).toContain('overloaded_error')
  expect(provider.requests).toMatchObject([
    { end: 'cut', billed: { inputTokens: 1_001, outputTokens: 1 } },
    { billed: { inputTokens: 1_002, outputTokens: 1 } },
  ])
})

test('a held stream notices that its client disconnected, and an answer can have other numbers', async () => {
  await using provider = await openModelProvider([held(1), answer('x', { bill: { costUsd: 0.5 }, responseId: 'mine' })])
  const [, path, plain, stream] = paths[0]
  const leaving = new AbortController()
  const response = await fetch(provider.url + path, { method: 'POST', body: JSON.stringify(stream), signal: leaving.signal })
  expect(new TextDecoder().decode((await response.body!.getReader().read()).value)).toContain('chat.completion.chunk')
  leaving.abort()
  await expect.poll(() => provider.requests[0]?.end).toBe('left')
  expect(await (await post(provider.url + path, plain)).json()).toMatchObject({ id: 'mine', usage: { cost: 0.5 } })
})

test('embeddings are billed by their input only and have no id', async () => {
  await using provider = await openModelProvider()
  const body = await (await post(`${provider.openaiUrl}/embeddings`, { model: 'e', input: ['a', 'b'] })).json()
  expect(body).toMatchObject({ data: [{ embedding: [0.25, 0.5, 0.75] }, { index: 1 }], usage: { prompt_tokens: 1_001 } })
  expect(provider.requests).toMatchObject([{ responseId: undefined, billed: { inputTokens: 1_001, outputTokens: 0 } }])
})
