import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'

import { instrumentAgent } from '@swarmwatch/sdk'
import { Agent, Client, H2CClient, fetch as undiciFetch, interceptors, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'

import { modelCalls, observeWire, runAsAgent } from './observed-calls.ts'
import { startScriptedServer, type ScriptedAnswer } from './scripted-server.ts'

let ids = 0
const completion = (): string =>
  JSON.stringify({
    id: `client-${(ids += 1)}`,
    model: 'm-1',
    choices: [{ index: 0, message: { content: 'hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 3 },
  })
const answered = (): ScriptedAnswer => ({ pieces: [completion()] })
const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":"m","messages":[]}' } as const

const clients = {
  'fetch of Node': async (url: string) => (await fetch(url, post)).text(),
  'fetch of the undici package': async (url: string) => (await undiciFetch(url, post)).text(),
  'request() of the undici package': async (url: string) => (await request(url, post)).body.text(),
  'a client of the undici package': async (url: string) => {
    const { origin, pathname } = new URL(url)
    const client = new Client(origin)
    try {
      return await (await client.request({ ...post, path: pathname })).body.text()
    } finally {
      await client.close()
    }
  },
  'a dispatcher of the undici package that retries': async (url: string) => {
    const dispatcher = new Agent().compose(interceptors.retry({ methods: ['POST'], minTimeout: 1 }))
    try {
      return await (await request(url, { ...post, dispatcher })).body.text()
    } finally {
      await dispatcher.close()
    }
  },
}

test.each(Object.entries(clients))('counts the tokens of a call by %s', async (_, send) => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer(answered)
  const { execution, calls } = await runAsAgent(telemetry, () => send(`${url}/v1/chat/completions`))
  expect(calls.map(({ name }) => name)).toEqual(['chat m'])
  expect(execution.tokens).toMatchObject({ input: 12, output: 3 })
})

test('each try of a dispatcher that retries is a call of the run that sent it, also on a connection of another run', async () => {
  const telemetry = await observeWire()
  const dispatcher = new Agent({ connections: 1 }).compose(interceptors.retry({ methods: ['POST'], minTimeout: 1 }))
  onTestFinished(() => dispatcher.close())
  const failed = new Set<string>()
  const { url } = await startScriptedServer(({ body }) => {
    if (failed.has(body)) return answered()
    failed.add(body)
    return { status: 503, pieces: ['{}'] }
  })
  const agent = instrumentAgent(
    async (text: string) => {
      const { body } = await request(`${url}/v1/chat/completions`, { ...post, body: `{"model":"${text}"}`, dispatcher })
      return body.text()
    },
    { name: 'caller', logger: false, recovery: false },
  )
  const models = ['a', 'b', 'c', 'd']
  await Promise.all(models.map((model) => agent(model)))
  expect(
    modelCalls(telemetry)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(models.flatMap((model) => [`chat ${model}`, `chat ${model}`]))
  expect(telemetry.executions('caller').map(({ tokens }) => tokens)).toEqual(
    models.map(() => expect.objectContaining({ input: 12, output: 3 }) as unknown),
  )
})

test('counts the tokens of calls over HTTP/2', async () => {
  const telemetry = await observeWire()
  const server = createServer((message, response) => {
    message.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(completion())
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const client = new H2CClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  const send = async (): Promise<unknown> => (await client.request({ ...post, path: '/v1/chat/completions' })).body.json()
  const { execution, calls } = await runAsAgent(telemetry, () => Promise.all([send(), send(), send()]))
  expect(calls).toHaveLength(3)
  expect(execution.tokens).toMatchObject({ input: 36, output: 9 })
})

test('200 runs at the same time on shared connections count their own tokens', async () => {
  const telemetry = await observeWire()
  const dispatcher = new Agent({ connections: 4 })
  onTestFinished(() => dispatcher.close())
  const { url } = await startScriptedServer(({ body }) => {
    const { tokens } = JSON.parse(body) as { tokens: number }
    return {
      pieces: [JSON.stringify({ id: `shared-${tokens}`, model: 'm', usage: { prompt_tokens: tokens, completion_tokens: 1 } })],
    }
  })
  const agent = instrumentAgent(
    async (tokens: number) => {
      const body = JSON.stringify({ model: 'm', tokens })
      await (await undiciFetch(`${url}/v1/chat/completions`, { ...post, body, dispatcher })).text()
    },
    { name: 'caller', logger: false },
  )
  const counts = Array.from({ length: 200 }, (_, at) => at + 1)
  await Promise.all(counts.map((count) => agent(count)))
  expect(
    telemetry
      .executions('caller')
      .map(({ tokens }) => tokens.input)
      .toSorted((a, b) => a - b),
  ).toEqual(counts)
})
