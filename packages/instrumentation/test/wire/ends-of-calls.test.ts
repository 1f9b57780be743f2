import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type AddressInfo } from 'node:net'

import { eventually } from '@swarmwatch/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

import { modelCalls, observeWire, post, runAsAgent } from './observed-calls.ts'
import { events, eventStream, startScriptedServer } from './scripted-server.ts'

const forever = (): Promise<never> => new Promise(() => {})
const chunk = { id: 'ends-1', model: 'm-1', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] }

describe('a failed model call has the error type', () => {
  test.each([
    { error: '429', answer: { status: 429, headers: { 'retry-after': '1' }, pieces: ['{"error":{"type":"rate_limit"}}'] } },
    { error: '500', answer: { status: 500, pieces: ['no JSON'] } },
    {
      error: 'overloaded_error',
      answer: {
        headers: eventStream,
        pieces: [events({ type: 'error', error: { type: 'overloaded_error', message: 'secret' } })],
      },
    },
    {
      error: 'UND_ERR_SOCKET',
      answer: { headers: eventStream, pieces: [events(chunk), (response: { destroy(): void }) => response.destroy()] },
    },
    { error: 'cancelled', answer: { headers: eventStream, pieces: [events(chunk), forever] }, leaves: true },
    { error: 'cancelled', answer: { pieces: [forever] }, aborts: undefined },
    { error: 'cancelled', answer: { pieces: [forever] }, aborts: 'any reason' },
    { error: 'timeout', answer: { pieces: [forever] }, aborts: new DOMException('too slow', 'TimeoutError') },
  ] as const)('$error', async ({ error, answer, ...caller }) => {
    const telemetry = await observeWire()
    const controller = new AbortController()
    const { url } = await startScriptedServer(() => {
      // The request has arrived: a timer could end it before it is sent
      if ('aborts' in caller) controller.abort(caller.aborts)
      return answer
    })
    const { execution } = await runAsAgent(telemetry, async () => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: '{"model":"m","stream":true}',
        signal: controller.signal,
      })
      for await (const _ of response.body!) if ('leaves' in caller) break
    })
    const [call] = await eventually('the call to end', () => modelCalls(telemetry).length > 0 && modelCalls(telemetry))
    expect(call!.attributes['error.type']).toBe(error)
    expect(execution.attributes).toMatchObject({ 'swarmwatch.http.tries': 1, 'swarmwatch.model.calls': 1 })
  })
})

test('a model call that its caller gives up while it connects is cancelled', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ pieces: [forever] })
  const controller = new AbortController()
  const leave = (): void => controller.abort()
  subscribe('undici:client:beforeConnect', leave)
  onTestFinished(() => void unsubscribe('undici:client:beforeConnect', leave))
  const { execution } = await runAsAgent(telemetry, () =>
    fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}', signal: controller.signal }),
  )
  const [call] = await eventually('the call to end', () => modelCalls(telemetry).length > 0 && modelCalls(telemetry))
  expect(call!.attributes['error.type']).toBe('cancelled')
  expect(execution.attributes).toMatchObject({ 'swarmwatch.http.tries': 1, 'swarmwatch.model.calls': 1 })
})

test('a stream that is aborted after its last event has not failed', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ headers: eventStream, pieces: [events(chunk, '[DONE]'), forever] })
  await runAsAgent(telemetry, async () => {
    const controller = new AbortController()
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: '{"model":"m"}',
      signal: controller.signal,
    })
    await response.body!.getReader().read()
    controller.abort()
  })
  const [call] = await eventually('the call to end', () => modelCalls(telemetry).length > 0 && modelCalls(telemetry))
  expect(call!.attributes).not.toHaveProperty('error.type')
})

test('a repeated request of one attempt is a further try of the same model call', async () => {
  const telemetry = await observeWire()
  let tries = 0
  const { url } = await startScriptedServer(() => {
    tries += 1
    return tries < 3
      ? { status: 503, pieces: ['{}'] }
      : { pieces: [JSON.stringify({ ...chunk, id: 'ends-2', usage: { prompt_tokens: 1 } })] }
  })
  const { execution, calls } = await runAsAgent(telemetry, async () => {
    for (let sent = 0; sent < 3; sent += 1) await post(`${url}/v1/chat/completions`, { model: 'm' })
  })
  expect(execution.attributes).toMatchObject({ 'swarmwatch.http.tries': 3, 'swarmwatch.model.calls': 1 })
  expect(calls.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2])
})

describe('requests that fail before their body is sent', () => {
  test('are calls of their own, with bodies of different lengths', async () => {
    const telemetry = await observeWire()
    const { url } = await closedServer()
    const { execution } = await runAsAgent(telemetry, async () => {
      for (const question of ['a', 'bb', 'ccc'])
        await post(`${url}/v1/chat/completions`, { model: 'm', question }).catch(() => {})
    })
    expect(execution.attributes).toMatchObject({ 'swarmwatch.http.tries': 3, 'swarmwatch.model.calls': 3 })
  })

  test('are tries of one call, with the same body', async () => {
    const telemetry = await observeWire()
    const { url, port } = await closedServer()
    const { execution } = await runAsAgent(telemetry, async () => {
      const send = (): Promise<string> => post(`${url}/v1/chat/completions`, { model: 'm' })
      await send().catch(() => {})
      await send().catch(() => {})
      await startScriptedServer({ pieces: [JSON.stringify({ ...chunk, usage: { prompt_tokens: 1 } })] }, port)
      await send()
    })
    expect(execution.tokens).toMatchObject({ input: 1 })
    expect(execution.attributes).toMatchObject({ 'swarmwatch.http.tries': 3, 'swarmwatch.model.calls': 1 })
  })
})

test('failed requests that are equal and made at the same time are repeated once each', async () => {
  const telemetry = await observeWire()
  const tries: (() => void)[] = []
  const { url } = await startScriptedServer(async () => {
    const isFirst = tries.length < 2
    if (isFirst) await new Promise<void>((resolve) => tries.push(resolve) === 2 && tries.forEach((answer) => answer()))
    return isFirst ? { status: 429, pieces: ['{}'] } : { pieces: [JSON.stringify({ ...chunk, usage: { prompt_tokens: 1 } })] }
  })
  const send = (): Promise<string> => post(`${url}/v1/chat/completions`, { model: 'm' })
  const { execution } = await runAsAgent(telemetry, async () => {
    await Promise.all([send(), send()])
    await send()
    await send()
  })
  expect(execution.attributes).toMatchObject({ 'swarmwatch.http.tries': 4, 'swarmwatch.model.calls': 2 })
})

test('tokens of a stream that outlives its run are counted to its end', async () => {
  const telemetry = await observeWire()
  let goOn = (): void => {}
  const isOver = new Promise<void>((resolve) => (goOn = resolve))
  const start = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 1000, output_tokens: 1 } } }
  const { url } = await startScriptedServer({
    headers: eventStream,
    pieces: [
      events(start),
      () => isOver,
      events({ type: 'message_delta', usage: { output_tokens: 101 } }, { type: 'message_stop' }),
    ],
  })
  let rest: Promise<unknown> | undefined
  const { execution } = await runAsAgent(telemetry, async () => {
    const headers = { 'anthropic-version': '2023-06-01' }
    const response = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: '{"model":"m","stream":true}' })
    const reader = response.body!.getReader()
    await reader.read()
    rest = (async () => {
      while (!(await reader.read()).done);
    })()
  })
  goOn()
  await rest
  expect(execution.tokens).toMatchObject({ input: 1000, output: 1 })
  await eventually(
    'the rest to be counted',
    async () => (await telemetry.sum('gen_ai.client.inference.usage.output_tokens')) === 101,
  )
  expect(await telemetry.sum('gen_ai.client.inference.usage.input_tokens')).toBe(1000)
})

test('a deployment has its model in the address', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ pieces: ['{"usage":{"prompt_tokens":8}}'] })
  const { execution } = await runAsAgent(telemetry, () => post(`${url}/openai/deployments/embed/embeddings`, { input: 'x' }))
  expect(execution.tokens).toMatchObject({ input: 8 })
})

test('a request that asks for no model is no model call, whatever its path', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ pieces: ['{"id":"survey-1"}'] })
  const { execution, calls } = await runAsAgent(telemetry, async () => {
    for (const path of ['/v1/responses', '/v1/embeddings', '/completions']) await post(url + path, { answers: [1, 2] })
  })
  expect(calls).toEqual([])
  expect(execution.attributes).not.toHaveProperty('swarmwatch.model.calls')
})

test('a background response of OpenAI is one model call, whose tokens are counted by the poll that shows them', async () => {
  const telemetry = await observeWire()
  const response = { id: 'resp_background', model: 'm-1', output: [] }
  let polls = 0
  const { url } = await startScriptedServer(({ path }) => {
    if (path === '/v1/responses') return { pieces: [JSON.stringify({ ...response, status: 'queued', usage: null })] }
    polls += 1
    const isCompleted = polls > 1
    return {
      pieces: [
        JSON.stringify({
          ...response,
          status: isCompleted ? 'completed' : 'in_progress',
          usage: isCompleted ? { input_tokens: 20, output_tokens: 6 } : null,
        }),
      ],
    }
  })
  const { execution, calls } = await runAsAgent(telemetry, async () => {
    await post(`${url}/v1/responses`, { model: 'm', background: true })
    for (let poll = 0; poll < 4; poll += 1) await fetch(`${url}/v1/responses/resp_background`).then((polled) => polled.text())
    await fetch(`${url}/v1/responses/resp_of_another_process`).then((polled) => polled.text())
  })
  expect(calls.map(({ name }) => name)).toEqual(['chat m'])
  expect(execution.tokens).toMatchObject({ input: 20, output: 6 })
  expect(execution.attributes).toMatchObject({ 'swarmwatch.model.calls': 1, 'swarmwatch.http.tries': 1 })
  expect(await telemetry.sum('swarmwatch.inference.usage_missing')).toBe(0)
})

test('nothing is observed after disable()', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ pieces: [JSON.stringify({ ...chunk, id: 'ends-3' })] })
  telemetry.wire.disable()
  const { calls } = await runAsAgent(telemetry, () => post(`${url}/v1/chat/completions`, { model: 'm' }))
  expect(calls).toEqual([])
})

/** The address of a server that does not listen yet. */
async function closedServer(): Promise<{ readonly url: string; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return { url: `http://127.0.0.1:${port}`, port }
}
