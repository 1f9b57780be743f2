import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { instrumentAgent } from '../src/index.ts'
import { outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const success = 'success first_try (unset), attempts: unset'
const cancelled = 'cancelled aborted (unset), attempts: unset'
const limited = Object.assign(new Error('limited'), { status: 429 })
const text = { type: 'text-delta', text: 'a' }

const agentOf = <Result>(fn: () => Result): (() => Promise<Awaited<Result>>) => instrumentAgent(async () => fn(), quick) as never
const outcome = (): Promise<string> => outcomeOf(telemetry)

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

async function* chunksOf(...chunks: unknown[]): AsyncGenerator {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield chunk
  }
}

/** Like the results of `streamText` and of Mastra: each access to `fullStream` is a new stream. */
class Branching {
  readonly text = 'next to the stream'
  #base: ReadableStream<unknown>
  constructor(...chunks: unknown[]) {
    this.#base = ReadableStream.from(chunksOf(...chunks))
  }
  get fullStream(): ReadableStream<unknown> {
    const [branch, rest] = this.#base.tee()
    this.#base = rest
    return branch
  }
  async consumeStream(): Promise<void> {}
}

/** Like `Stream` of OpenAI: it ends without an error when it is aborted. */
class Stream {
  readonly controller = new AbortController()
  readonly iterator: () => AsyncGenerator
  constructor(...chunks: unknown[]) {
    const { signal } = this.controller
    this.iterator = async function* () {
      for await (const chunk of chunksOf(...chunks)) {
        if (signal.aborted) return
        yield chunk
      }
    }
  }
  [Symbol.asyncIterator](): AsyncGenerator {
    return this.iterator()
  }
  tee(): AsyncGenerator[] {
    return [this.iterator()]
  }
  toReadableStream(): ReadableStream<unknown> {
    return ReadableStream.from(this.iterator())
  }
}

describe('a result with fullStream', () => {
  test('is returned as it is, and its run lasts until the stream ends', async () => {
    const made = new Branching({ type: 'start' }, text, text)
    const result = await agentOf(() => made)()
    expect(result).toBe(made)
    expect(await readAll(result.fullStream)).toHaveLength(3)
    expect(await outcome()).toBe(success)
  })

  test('fails its run with its error part, after it was retried', async () => {
    const result = await agentOf(() => new Branching({ type: 'start' }, { type: 'error', error: limited }))()
    expect(await readAll(result.fullStream)).toHaveLength(2)
    expect(await outcome()).toBe('failure exhausted (429), attempts: 429 429 429')
  })

  test('with a single reader is returned at once, and keeps that reader for its caller', async () => {
    let readers = 0
    const made = {
      get fullStream() {
        readers += 1
        return ReadableStream.from(chunksOf(text))
      },
      async consumeStream() {},
    }
    const result = await agentOf(() => made)()
    expect(readers).toBe(0)
    expect(await readAll(result.fullStream)).toEqual([text])
    expect(await outcome()).toBe(success)
  })

  test('behind which there is one stream for all readers is watched to its end', async () => {
    const baseStream = ReadableStream.from(chunksOf(text, { type: 'error', error: limited })) as ReadableStream<unknown>
    const made = { baseStream, fullStream: baseStream }
    const result = await agentOf(() => made)()
    expect(result).toBe(made)
    expect(await readAll(result.fullStream.pipeThrough(new TransformStream()))).toHaveLength(2)
    expect(await outcome()).toBe('failure exhausted (429), attempts: 429')
  })

  test('that is data and no stream is returned at once', async () => {
    const made = { fullStream: 'yes', consumeStream: 1 }
    expect(await agentOf(() => made)()).toBe(made)
    expect(await outcome()).toBe(success)
  })
})

describe('a stream with a controller', () => {
  test.for([
    ['for await', (stream: Stream) => readAll(stream)],
    ['tee()', (stream: Stream) => readAll(stream.tee()[0]!)],
    ['toReadableStream()', (stream: Stream) => readAll(stream.toReadableStream())],
  ] as const)('is watched to its end when it is read by %s', async ([, read]) => {
    const made = new Stream('a', 'b')
    const result = await agentOf(() => made)()
    expect(result).toBe(made)
    expect(await outcome()).toBe('open')
    expect(await read(result)).toEqual(['a', 'b'])
    expect(await outcome()).toBe(success)
  })

  test('is cancelled when it was aborted, although it ends without an error', async () => {
    const result = await agentOf(() => new Stream('a', 'b'))()
    for await (const _ of result) result.controller.abort()
    expect(await outcome()).toBe(cancelled)
  })
})

describe('a Response', () => {
  const events = { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }
  const encoded = (...texts: string[]): ReadableStream<Uint8Array> =>
    ReadableStream.from(texts).pipeThrough(new TextEncoderStream())

  test.for([
    ['of events', () => new Response('data: 1\n\n', events)],
    ['of JSON lines', () => new Response('{}\n', { headers: { 'content-type': 'application/x-ndjson' } })],
    ['whose body is formatted from a stream', () => new Response(encoded('a', 'b'))],
  ] as const)('%s is watched until its body is read', async ([, make]) => {
    const made = make()
    const response = await agentOf(() => made)()
    expect(response).toBe(made)
    expect(await outcome()).toBe('open')
    expect(await response.text()).not.toBe('')
    expect(await outcome()).toBe(success)
  })

  test.for([
    ['with a text', () => new Response('text')],
    ['with JSON', () => Response.json({ a: 1 })],
    ['without a body', () => new Response(null, { ...events, status: 204 })],
  ] as const)('%s ends its run at once, because its caller may not read it', async ([, make]) => {
    const made = make()
    expect(await agentOf(() => made)()).toBe(made)
    expect(made.bodyUsed).toBe(false)
    expect(await outcome()).toBe(success)
  })

  test('fails its run when an event reports an error, and is retried before its first content', async () => {
    const failed = (): Response =>
      new Response(encoded('data: {"type":"start"}\n\n', 'data: {"type":"error","errorText":"An error occurred."}\n\n'), events)
    expect(await (await agentOf(failed)()).text()).toContain('errorText')
    expect(await outcome()).toBe('failure exhausted (_OTHER), attempts: _OTHER _OTHER _OTHER')
  })

  test.for(['data: {"type":"start"', 'data: {"type":"text-delta","delta":"a"}\n\n', 'data: [DONE]\n\n', 'd'])(
    'with the bytes %j is passed on unchanged',
    async (bytes) => {
      const response = await agentOf(() => new Response(encoded(bytes), events))()
      expect(await response.text()).toBe(bytes)
      expect(await outcome()).toBe(success)
    },
  )
})

describe('a runner that is no iterable', () => {
  /** Like the result of `runTools()`: it runs by itself, and `done()` settles when it has ended. */
  function runner(fails: boolean) {
    const end = Promise.withResolvers<void>()
    const listeners: (() => void)[] = []
    const made = {
      done: () => end.promise,
      on: (_: string, listener: () => void) => void listeners.push(listener),
      off() {},
      finalChatCompletion() {},
      end: end.resolve,
      fail: end.reject,
    }
    setImmediate(() => (fails ? end.reject(limited) : listeners.forEach((each) => each())))
    return made
  }

  test('ends its run when it ends', async () => {
    const made = runner(false)
    const result = await agentOf(() => made)()
    expect(result).toBe(made)
    expect(await outcome()).toBe('open')
    result.end()
    await expect.poll(outcome).toBe(success)
  })

  test('is retried before its first model call has succeeded, and not afterwards', async () => {
    const made = [runner(true), runner(false)]
    const result = await agentOf(() => made.shift()!)()
    result.fail(limited)
    await expect.poll(outcome).toBe('failure exhausted (429), attempts: 429 429')
  })
})

test.for([{}, { has: () => true }])('a stub whose every method is a remote call is returned as it is', async (more) => {
  const calls: unknown[] = []
  const call = (key: PropertyKey) => async () => void calls.push(key)
  const get = (_: object, key: PropertyKey): unknown => (typeof key === 'symbol' || key === 'then' ? undefined : call(key))
  const stub = new Proxy({}, { ...more, get })
  expect(await agentOf(() => stub)()).toBe(stub)
  expect(calls).toEqual([])
  expect(await outcome()).toBe(success)
})

test('a proxy whose traps throw is returned as it is', async () => {
  const refuse = (): never => {
    throw new RangeError('no')
  }
  const hostile = new Proxy({}, { has: refuse, getPrototypeOf: refuse, get: (_, key) => (key === 'then' ? undefined : refuse()) })
  expect(await agentOf(() => hostile)()).toBe(hostile)
  expect(await outcome()).toBe(success)
})

describe('a promise with further methods', () => {
  /** Like OpenAI's APIPromise. */
  class Request<T> extends Promise<T> {
    async withResponse(): Promise<{ data: T; status: number }> {
      return { data: await this, status: 200 }
    }
    static override get [Symbol.species](): PromiseConstructor {
      return Promise
    }
  }
  const request = <T>(value: T): Request<T> => new Request((resolve) => resolve(value))

  test('whose withResponse() brings a stream lasts until that is read', async () => {
    const made = new Stream('a', 'b')
    const { data, status } = await (instrumentAgent(() => request(made), quick)() as Request<Stream>).withResponse()
    expect([data, status]).toEqual([made, 200])
    expect(await outcome()).toBe('open')
    expect(await readAll(data)).toEqual(['a', 'b'])
    await expect.poll(outcome).toBe(success)
  })

  test('whose withResponse() brings a stream that fails at once fails, without another attempt', async () => {
    const { data } = await (instrumentAgent(() => request(new Stream(limited)), quick)() as Request<Stream>).withResponse()
    await expect(readAll(data)).rejects.toBe(limited)
    await expect.poll(outcome).toBe('failure exhausted (429), attempts: 429')
  })
})
