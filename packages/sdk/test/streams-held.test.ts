import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { instrumentAgent, type InstrumentAgentOptions } from '../src/index.ts'
import { here, outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const broken = new RangeError('broken')
const success = 'success first_try (unset), attempts: unset'

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

const readable = (...chunks: unknown[]): ReadableStream<unknown> => ReadableStream.from(chunksOf(...chunks))

/** Like the result of the AI SDK's streamText: every access to `stream` is a new branch of one stream. */
class TeedResult {
  readonly text = 'beside the stream'
  #base: ReadableStream<unknown>
  constructor(...chunks: unknown[]) {
    this.#base = readable(...chunks)
  }
  get stream(): ReadableStream<unknown> {
    const [branch, rest] = this.#base.tee()
    this.#base = rest
    return branch
  }
}

interface Held {
  readonly stream: AsyncIterable<unknown>
}
const agentOf = <Result extends object>(fn: () => Result, streamOf: (result: Result) => AsyncIterable<unknown>) =>
  instrumentAgent(async () => fn(), { ...quick, streamOf } as InstrumentAgentOptions<[], Awaited<Result>>)
const held = <Result extends Held>(fn: () => Result) => agentOf(fn, (result) => result.stream)

describe('streamOf with a new branch at each call', () => {
  test('lets the caller read its own branch, and lasts until the end of ours', async () => {
    const made = new TeedResult('a', 'b', 'c')
    const result = await held(() => made)()
    expect(result).toBe(made)
    expect(await readAll(result.stream)).toEqual(['a', 'b', 'c'])
    expect(await outcomeOf(telemetry)).toBe(success)
  })

  test('fails when the stream fails in the middle', async () => {
    const result = await held(() => new TeedResult('a', broken))()
    await expect(readAll(result.stream)).rejects.toBe(broken)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError')
  })

  test('is retried when the stream fails before its first chunk', async () => {
    const results = [new TeedResult(broken), new TeedResult('a')]
    const result = await held(() => results.shift()!)()
    expect(await readAll(result.stream)).toEqual(['a'])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: RangeError unset')
  })

  test('also works with a generator for each branch', async () => {
    const read = (): AsyncGenerator => chunksOf('a', 'b')
    const result = await agentOf(
      () => ({ read }),
      ({ read: branch }) => branch(),
    )()
    expect(await readAll(result.read())).toEqual(['a', 'b'])
    await expect.poll(() => outcomeOf(telemetry)).toBe(success)
  })
})

/** Iterables that are the same at each call. */
const iterables: Record<string, (...chunks: unknown[]) => AsyncIterable<unknown>> = {
  'an async generator': chunksOf,
  'an object whose iterators are new each time': (...chunks) => ({ [Symbol.asyncIterator]: () => chunksOf(...chunks) }),
  'an object with its own iterator methods': (...chunks) => {
    const generator = chunksOf(...chunks)
    const iterator: AsyncIterableIterator<unknown> = {
      next: () => generator.next(),
      return: () => generator.return(undefined),
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  },
  'a ReadableStream': readable,
  'a ReadableStream of another class with an iterator of its own': (...chunks) => {
    const source = chunksOf(...chunks)
    class Answer extends ReadableStream<unknown> {
      readonly #source = source
      async text(): Promise<string> {
        return (await readAll(this)).join('')
      }
      isOpen(): boolean {
        return this.#source === source
      }
    }
    const pull = async (controller: ReadableStreamDefaultController<unknown>): Promise<void> => {
      const { done, value } = await source.next()
      if (done) controller.close()
      else controller.enqueue(value)
    }
    const stream = new Answer({ pull, cancel: async () => void (await source.return(undefined)) })
    async function* iterate(this: Answer): AsyncGenerator {
      const reader = this.getReader()
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
      } finally {
        await reader.cancel()
      }
    }
    return Object.assign(stream, { [Symbol.asyncIterator]: iterate })
  },
}

describe.for(Object.entries(iterables))('streamOf with the iterable that the caller reads, %s', ([, iterable]) => {
  test('loses no chunk and lasts until it is read to the end', async () => {
    const stream = iterable('a', 'b')
    const result = await held(() => ({ stream }))()
    expect(result.stream).toBe(stream)
    expect(await outcomeOf(telemetry)).toBe('open')
    expect(await readAll(stream)).toEqual(['a', 'b'])
    expect(await outcomeOf(telemetry)).toBe(success)
  })

  test('is cancelled when its reader breaks off', async () => {
    const { stream } = await held(() => ({ stream: iterable('a', 'b') }))()
    for await (const _ of stream) break
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })

  test('fails in the middle, without another attempt', async () => {
    const { stream } = await held(() => ({ stream: iterable('a', broken) }))()
    await expect(readAll(stream)).rejects.toBe(broken)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError')
  })

  test('is retried before its first chunk', async () => {
    const streams = [iterable(broken), iterable('a')]
    const { stream } = await held(() => ({ stream: streams.shift()! }))()
    expect(await readAll(stream)).toEqual(['a'])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: RangeError unset')
  })
})

test('a held generator can be read by its own next(), and knows its run and its span inside', async () => {
  const log: string[] = []
  async function* letters(): AsyncGenerator<string> {
    for (const letter of ['a', 'b']) {
      log.push(here())
      yield letter
    }
    log.push(here())
  }
  const { stream } = await held(() => ({ stream: letters() }))()
  expect(await (stream as AsyncGenerator).next()).toEqual({ done: false, value: 'a' })
  expect(await readAll(stream)).toEqual(['b'])
  expect(log).toEqual(Array(3).fill('writer 1, attempt 1'))
})

test('an iterable that starts again for each reader does so for its second one', async () => {
  const { stream } = await held(() => ({ stream: iterables['an object whose iterators are new each time']!('a', 'b') }))()
  expect(await readAll(stream)).toEqual(['a', 'b'])
  expect(await readAll(stream)).toEqual(['a', 'b'])
  expect(await outcomeOf(telemetry)).toBe(success)
})

test('an iterable that can be left while a chunk is waited for can still be', async () => {
  let leave = (): void => {}
  let chunks = 0
  const stream = {
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<number>> =>
        chunks++ === 0
          ? Promise.resolve({ done: false, value: 0 })
          : new Promise((resolve) => (leave = () => resolve({ done: true, value: undefined }))),
      return: async (): Promise<IteratorResult<number>> => {
        leave()
        return { done: true, value: undefined }
      },
    }),
  }
  const result = await held(() => ({ stream }))()
  const iterator = result.stream[Symbol.asyncIterator]()
  await iterator.next()
  const pending = iterator.next()
  expect(await iterator.return()).toEqual({ done: true, value: undefined })
  expect(await pending).toEqual({ done: true, value: undefined })
  expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
})

/** Results that cannot be observed: how to make one, and how the caller reads it afterwards. */
const impossible: Record<string, { stream: () => unknown; read: (stream: never) => Promise<unknown[]> }> = {
  'a frozen iterable': {
    stream: () => Object.freeze({ [Symbol.asyncIterator]: () => chunksOf('a', 'b') }),
    read: readAll,
  },
  'a frozen generator': { stream: () => Object.freeze(chunksOf('a', 'b')), read: readAll },
  'an iterable with a fixed iterator': {
    stream: () => Object.defineProperty({}, Symbol.asyncIterator, { value: () => chunksOf('a', 'b') }),
    read: readAll,
  },
  'a frozen ReadableStream': { stream: () => Object.freeze(readable('a', 'b')), read: readAll },
  'a ReadableStream with a fixed getReader()': {
    stream: () => {
      const stream = readable('a', 'b')
      return Object.defineProperty(stream, 'getReader', { value: stream.getReader.bind(stream) })
    },
    read: readAll,
  },
  'a ReadableStream that has a reader already': {
    stream: () => {
      const stream = readable('a', 'b')
      return Object.assign(stream, { mine: stream.getReader() })
    },
    read: async ({ mine }: { mine: ReadableStreamDefaultReader }) => [(await mine.read()).value, (await mine.read()).value],
  },
  'a stream that is read through pipe()': {
    stream: () => ({ pipe: () => {}, [Symbol.asyncIterator]: () => chunksOf('a', 'b') }),
    read: readAll,
  },
  'a proxy that allows nothing but reading': {
    stream: () =>
      new Proxy(
        { [Symbol.asyncIterator]: () => chunksOf('a', 'b') },
        {
          defineProperty() {
            throw new Error('read only')
          },
        },
      ),
    read: readAll,
  },
  'a promise of a stream': {
    stream: async () => chunksOf('a', 'b'),
    read: async (stream: Promise<AsyncGenerator>) => readAll(await stream),
  },
  'a promise that rejects': {
    stream: async () => {
      throw broken
    },
    read: async (stream: Promise<unknown>) => [await stream.catch((error: unknown) => (error === broken ? 'a' : error)), 'b'],
  },
  'no stream at all': { stream: () => undefined, read: async () => ['a', 'b'] },
}

test.for(Object.entries(impossible))('streamOf with %s costs no chunk and no attempt', async ([, { stream, read }]) => {
  let calls = 0
  const agent = held(() => {
    calls += 1
    return { stream: stream() as AsyncIterable<unknown> }
  })
  const result = await agent()
  expect(await read(result.stream as never)).toEqual(['a', 'b'])
  expect(calls).toBe(1)
  expect(await outcomeOf(telemetry)).toBe(success)
})

test('streamOf that throws leaves the result alone; a result that is a stream itself is watched as one', async () => {
  const refuse = (): never => {
    throw broken
  }
  const generator = await agentOf(() => chunksOf('a', 'b'), refuse)()
  expect(await outcomeOf(telemetry)).toBe('open')
  expect(await readAll(generator)).toEqual(['a', 'b'])
  expect(await outcomeOf(telemetry)).toBe(success)
})

test.for([['an async generator', chunksOf] as const, ['a ReadableStream', readable] as const])(
  'streamOf that returns the result itself, %s, loses no chunk',
  async ([, make]) => {
    const stream = await agentOf(
      () => make('a', 'b') as AsyncIterable<unknown>,
      (result) => result,
    )()
    expect(await outcomeOf(telemetry)).toBe('open')
    expect(await readAll(stream)).toEqual(['a', 'b'])
    expect(await outcomeOf(telemetry)).toBe(success)
  },
)

/** Like a Stream of OpenAI: it can be read once, by each of its methods, and its iterator reads it by its own method at first. */
class OnceStream {
  iterator: () => AsyncGenerator
  constructor(...chunks: unknown[]) {
    let isConsumed = false
    async function* read(): AsyncGenerator {
      if (isConsumed) throw new Error('already consumed')
      isConsumed = true
      yield* chunksOf(...chunks)
    }
    const inner = read
    // oxlint-disable-next-line typescript/no-this-alias -- as its compiled code does
    const self = this
    this.iterator = async function* () {
      self.iterator = inner
      yield* self
    }
  }
  [Symbol.asyncIterator](): AsyncGenerator {
    return this.iterator()
  }
  tee(): [AsyncGenerator, AsyncGenerator] {
    const iterator = this.iterator()
    const queues: Promise<IteratorResult<unknown>>[][] = [[], []]
    const branch = async function* (mine: Promise<IteratorResult<unknown>>[]): AsyncGenerator {
      for (;;) {
        if (mine.length === 0) {
          const next = iterator.next()
          for (const queue of queues) queue.push(next)
        }
        const { done, value } = await mine.shift()!
        if (done) return
        yield value
      }
    }
    return [branch(queues[0]!), branch(queues[1]!)]
  }
}

test('streamOf with a stream that can be read once, by methods of its own, leaves all of them working', async () => {
  const agent = agentOf(
    () => new OnceStream('a', 'b') as OnceStream & AsyncIterable<unknown>,
    (stream) => stream,
  )
  const [left, right] = (await agent()).tee()
  expect([await readAll(left), await readAll(right)]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  expect(await outcomeOf(telemetry)).toBe(success)
  expect(await readAll(await agent())).toEqual(['a', 'b'])
})

/** The ways in which a caller can read a ReadableStream that is text; each brings what came. */
const readings: Record<string, (stream: ReadableStream<string>) => Promise<string[]>> = {
  'for await': async (stream) => readAll(stream) as Promise<string[]>,
  'getReader()': async (stream) => {
    const reader = stream.getReader()
    const chunks: string[] = []
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value)
    await reader.closed
    return chunks
  },
  'values()': async (stream) => readAll(stream.values()) as Promise<string[]>,
  'tee()': async (stream) => {
    const [left, right] = await Promise.all(stream.tee().map(readAll))
    expect(left).toEqual(right)
    return left as string[]
  },
  'pipeTo()': async (stream) => {
    const chunks: string[] = []
    await stream.pipeTo(new WritableStream({ write: (chunk) => void chunks.push(chunk) }))
    return chunks
  },
  'pipeThrough()': async (stream) => readAll(stream.pipeThrough(new TransformStream())) as Promise<string[]>,
  'a Response': async (stream) => (await new Response(stream.pipeThrough(new TextEncoderStream())).text()).match(/./g) ?? [],
  'Readable.fromWeb()': async (stream) => readAll(Readable.fromWeb(stream as never, { encoding: 'utf8' })) as Promise<string[]>,
  'pipeline() of Node': async (stream) => {
    const chunks: string[] = []
    await pipeline(stream, async (source) => {
      for await (const chunk of source) chunks.push(chunk)
    })
    return chunks
  },
}
test.for(Object.entries(readings))('a held ReadableStream is the same object and can be read by %s', async ([, read]) => {
  const stream = readable('a', 'b') as ReadableStream<string>
  const result = await held(() => ({ stream }))()
  expect(result.stream).toBe(stream)
  expect(stream.locked).toBe(false)
  expect(await outcomeOf(telemetry)).toBe('open')
  expect(await read(stream)).toEqual(['a', 'b'])
  await expect.poll(() => outcomeOf(telemetry)).toBe(success)
})

test('the body of a held Response is watched, and the Response can do all that it could', async () => {
  const agent = agentOf(
    () => new Response('{"a":1}', { headers: { 'content-type': 'application/json' } }),
    (response) => response.body as ReadableStream & AsyncIterable<unknown>,
  )
  const response = await agent()
  expect(response.bodyUsed).toBe(false)
  expect(await outcomeOf(telemetry)).toBe('open')
  const copy = response.clone()
  expect([await response.json(), await copy.json()]).toEqual([{ a: 1 }, { a: 1 }])
  expect(response.bodyUsed).toBe(true)
  expect(await outcomeOf(telemetry)).toBe(success)
})

test('a held ReadableStream is cancelled by its caller with the reason that its source gets', async () => {
  const log: unknown[] = []
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue('a'),
    cancel: (reason) => void log.push(reason),
  })
  await held(() => ({ stream }))()
  await stream.cancel('the page was closed')
  expect(log).toEqual(['the page was closed'])
  expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
})

test('a held ReadableStream whose methods were replaced by its owner is read through them', async () => {
  const stream = readable('a', 'b')
  const getReader = stream.getReader.bind(stream)
  let readers = 0
  const counted = () => {
    readers += 1
    return getReader()
  }
  const result = await held(() => ({ stream: Object.assign(stream, { getReader: counted }) }))()
  expect(await readAll(result.stream)).toEqual(['a', 'b'])
  expect(readers).toBeGreaterThan(0)
  expect(await outcomeOf(telemetry)).toBe(success)
})
