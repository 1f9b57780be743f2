import type { Transform } from 'node:stream'
import {
  brotliCompressSync,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'

import { eventually } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { modelCalls, observeWire, post, runAsAgent } from './observed-calls.ts'
import { events, eventStream, startScriptedServer } from './scripted-server.ts'

let ids = 0
const completion = (more: object = {}): string =>
  JSON.stringify({
    id: `broken-${(ids += 1)}`,
    model: 'm-1',
    choices: [{ index: 0, message: { content: 'the answer' }, finish_reason: 'stop' }],
    ...more,
    usage: { prompt_tokens: 12, completion_tokens: 3 },
  })
const chunks = (): readonly object[] => {
  const id = `broken-${(ids += 1)}`
  return [
    { id, model: 'm-1', choices: [{ index: 0, delta: { content: 'the' }, finish_reason: null }] },
    { id, model: 'm-1', choices: [{ index: 0, delta: { content: ' answer' }, finish_reason: 'stop' }] },
    { id, model: 'm-1', choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } },
  ]
}

const encodings = {
  gzip: [gzipSync, createGzip],
  deflate: [deflateSync, createDeflate],
  br: [brotliCompressSync, createBrotliCompress],
  zstd: [zstdCompressSync, createZstdCompress],
} as const

/** The bytes of a compressed stream that is still open, as servers send them after each event. */
async function flushed(stream: Transform & { flush(done: () => void): void }, text: string): Promise<Buffer> {
  const bytes: Buffer[] = []
  stream.on('data', (chunk: Buffer) => bytes.push(chunk))
  stream.write(text)
  await new Promise<void>((done) => stream.flush(done))
  await new Promise(setImmediate)
  stream.destroy()
  return Buffer.concat(bytes)
}

describe.each(Object.entries(encodings))('a response compressed with %s', (encoding, [compress, stream]) => {
  test('has its tokens counted as JSON and as a stream', async () => {
    const telemetry = await observeWire()
    for (const [text, type] of [
      [completion(), 'application/json'],
      [events(...chunks(), '[DONE]'), 'text/event-stream'],
    ] as const) {
      const { url } = await startScriptedServer({
        headers: { 'content-type': type, 'content-encoding': encoding },
        pieces: [compress(text)],
      })
      let received = ''
      const { execution } = await runAsAgent(telemetry, async () => {
        received = await post(`${url}/v1/chat/completions`, { model: 'm' })
      })
      expect(received).toBe(text)
      expect(execution.tokens).toEqual({ input: 12, output: 3 })
    }
  })

  test('has the tokens that arrived before the connection broke', async () => {
    const telemetry = await observeWire()
    const { url } = await startScriptedServer({
      headers: { ...eventStream, 'content-encoding': encoding },
      pieces: [await flushed(stream(), events(...chunks())), (response) => response.destroy()],
    })
    const { execution } = await runAsAgent(telemetry, () => post(`${url}/v1/chat/completions`, { model: 'm', stream: true }))
    expect(execution).toMatchObject({ outcome: 'failure', tokens: { input: 12, output: 3 } })
  })
})

test('a response longer than 4 MiB has its tokens counted, from its end', async () => {
  const telemetry = await observeWire()
  const text = completion({ padding: Array.from({ length: 6 }, () => `"usage":${'x'.repeat(1024 * 1024)}`) })
  const { url } = await startScriptedServer({ pieces: [text] })
  let received = 0
  const { execution } = await runAsAgent(telemetry, async () => {
    received = (await post(`${url}/v1/chat/completions`, { model: 'm' })).length
  })
  expect(received).toBe(text.length)
  expect(execution.tokens).toEqual({ input: 12, output: 3 })
})

test('a request that calls no model is not observed', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer({ pieces: [completion()] })
  for (const path of ['/messages', '/v1/messages', '/forms/1/responses', '/completionists', '/v1/models', '/embeddings?x=1']) {
    await fetch(url + path, { method: 'POST', body: 'x' }).then((response) => response.text())
  }
  for (const path of ['/v1/chat/completions', '/v1/responses/1', '/v1/responses/resp_1/input_items']) {
    await fetch(url + path).then((response) => response.text())
  }
  expect(modelCalls(telemetry)).toEqual([])
})

test('a stream that its reader leaves is one call with the tokens so far', async () => {
  const telemetry = await observeWire()
  const [first, ...others] = chunks()
  const { url } = await startScriptedServer({
    headers: eventStream,
    pieces: [
      events({ ...first, usage: { prompt_tokens: 12, completion_tokens: 1 } }),
      () => new Promise(() => {}),
      events(...others),
    ],
  })
  const { execution } = await runAsAgent(telemetry, async () => {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{"model":"m","stream":true}' })
    for await (const _ of response.body!) break
  })
  await eventually('the call to end', () => modelCalls(telemetry).length > 0)
  expect(execution.tokens).toEqual({ input: 12, output: 1 })
})
