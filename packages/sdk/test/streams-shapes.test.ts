import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { getActiveExecutions, instrumentAgent, instrumentTool } from '../src/index.ts'
import { outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const success = 'success first_try (unset), attempts: unset'
const broken = new RangeError('broken')

async function readAll(stream: AsyncIterable<unknown> | Iterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

interface Reader extends AsyncGenerator {
  interrupt?(): unknown
}

/** An async generator that TypeScript compiled for ES2017: an object with these four methods and nothing else. */
function compiled(...chunks: unknown[]): AsyncGenerator {
  const generator = (async function* () {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk
      yield chunk
    }
  })()
  const made = {
    next: (...sent: [] | [unknown]) => generator.next(...sent),
    throw: (error: unknown) => generator.throw(error),
    return: (value: unknown) => generator.return(value as never),
    [Symbol.asyncIterator]: () => made,
  }
  return made as unknown as AsyncGenerator
}

/** Like `Query` of the Claude Agent SDK: no tag, methods of its own, private fields. */
class Query {
  #source: AsyncGenerator
  #interrupted = 0
  readonly session = 'abc'
  constructor(...chunks: unknown[]) {
    this.#source = compiled(...chunks)
  }
  next(...sent: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#source.next(...sent)
  }
  return(value: unknown): Promise<IteratorResult<unknown>> {
    return this.#source.return(value)
  }
  throw(error: unknown): Promise<IteratorResult<unknown>> {
    return this.#source.throw(error)
  }
  interrupt(): number {
    return (this.#interrupted += 1)
  }
  get interrupted(): number {
    return this.#interrupted
  }
  itself(): this {
    return this
  }
  [Symbol.asyncIterator](): this {
    return this
  }
}

/** A generator that TypeScript compiled for ES5. */
function es5(...chunks: unknown[]): Generator {
  const iterator = chunks.values()
  const made = {
    next: () => iterator.next(),
    throw(error: unknown) {
      throw error
    },
    return: (value: unknown) => ({ done: true, value }),
    [Symbol.iterator]: () => made,
  }
  return made as unknown as Generator
}

const minimal = (...chunks: unknown[]): AsyncIterableIterator<unknown> => {
  const source = compiled(...chunks)
  const made: AsyncIterableIterator<unknown> = { next: () => source.next(), [Symbol.asyncIterator]: () => made }
  return made
}

const shapes: Record<string, (...chunks: unknown[]) => unknown> = {
  'an async generator compiled for an old target': compiled,
  'an object with private fields and methods of its own': (...chunks) => new Query(...chunks),
  'a generator compiled for ES5': es5,
  'an iterator that iterates over itself': minimal,
  'a native generator with a method of its own': (...chunks) => Object.assign(compiled(...chunks), { interrupt: () => 1 }),
  'a frozen one': (...chunks) => Object.freeze(compiled(...chunks)),
  'one behind a proxy': (...chunks) => new Proxy(compiled(...chunks), {}),
}

describe.for(Object.entries(shapes))('%s', ([, make]) => {
  test('is returned at once and read like a generator', async () => {
    const stream = instrumentAgent(() => make('a', 'b'), quick)() as unknown as AsyncGenerator
    expect(typeof stream.next).toBe('function')
    expect(await stream.next()).toEqual({ done: false, value: 'a' })
    expect(await outcomeOf(telemetry)).toBe('open')
    expect(await readAll(stream)).toEqual(['b'])
    expect(await outcomeOf(telemetry)).toBe(success)
  })

  test('that a promise brings is watched to its end', async () => {
    const stream = (await instrumentAgent(async () => make('a', 'b'), quick)()) as AsyncIterable<unknown>
    expect(await outcomeOf(telemetry)).toBe('open')
    expect(await readAll(stream)).toEqual(['a', 'b'])
    expect(await outcomeOf(telemetry)).toBe(success)
  })

  test('of a tool keeps its span open to the end', async () => {
    const stream = instrumentTool(() => make('a', 'b'), { name: 'search' })() as AsyncIterable<unknown>
    expect(telemetry.spans()).toEqual([])
    expect(await readAll(stream)).toEqual(['a', 'b'])
    expect(telemetry.spans()).toHaveLength(1)
  })

  test('that its reader leaves is cancelled', async () => {
    const stream = instrumentAgent(() => make('a', 'b'), quick)() as unknown as AsyncGenerator
    for await (const _ of stream) break
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })
})

test('a generator that fails before its first chunk is retried, whatever its shape', async () => {
  for (const make of [compiled, (...chunks: unknown[]) => new Query(...chunks)]) {
    const attempts = [make(broken), make('a')]
    const agent = instrumentAgent(() => attempts.shift()!, { ...quick, name: make === compiled ? 'first' : 'second' })
    expect(await readAll(agent() as AsyncGenerator)).toEqual(['a'])
  }
  const recovered = telemetry.spans().filter(({ attributes }) => attributes['swarmwatch.retry.outcome'] === 'recovered')
  expect(recovered).toHaveLength(2)
})

test('methods, accessors, private fields and the class of a generator are kept, before and after its first chunk', async () => {
  const agents: (() => Query | Promise<Query>)[] = [() => new Query('a', 'b'), async () => new Query('a', 'b')]
  for (const make of agents) {
    const stream = await (instrumentAgent(make, quick)() as unknown as Promise<Query>)
    // oxlint-disable-next-line typescript/unbound-method -- that is what this is about
    const { interrupt } = stream
    expect(stream.interrupt()).toBe(1)
    await stream.next()
    expect(Reflect.apply(interrupt, stream, [])).toBe(2)
    expect(stream.interrupted).toBe(2)
    expect(stream.session).toBe('abc')
    expect(stream.itself()).toBe(stream)
    expect(stream).toBeInstanceOf(Query)
    expect(stream.constructor).toBe(Query)
    expect(stream[Symbol.asyncIterator]()).toBe(stream)
    expect(await stream.return('enough')).toEqual({ done: true, value: 'enough' })
  }
})

test('after a retry the methods are those of the generator that is read', async () => {
  const queries = [new Query(broken), new Query('a')]
  const [first, second] = queries as [Query, Query]
  const stream = instrumentAgent(() => queries.shift()!, quick)() as unknown as Query & Reader
  await stream.next()
  stream.interrupt()
  expect([first.interrupted, second.interrupted]).toEqual([0, 1])
  await stream.return(undefined)
})

const values: Record<string, () => unknown> = {
  'a cursor whose next() is another one': () => ({
    next: async () => ({ id: 1 }),
    async *[Symbol.asyncIterator]() {
      yield 'row'
    },
  }),
  'an iterator of an array': () => ['row'].values(),
  'an array': () => ['row'],
  'an iterable that is no iterator': () => ({
    async *[Symbol.asyncIterator]() {
      yield 'row'
    },
  }),
}
test.for(Object.entries(values))(
  '%s is a value: awaited it comes out as it is, and for await reads it as without us',
  async ([, make]) => {
    const made = make()
    expect(await instrumentAgent(() => made, quick)()).toBe(made)
    const agent = instrumentAgent(make, quick)
    expect(await readAll(agent() as unknown as AsyncIterable<unknown>)).toEqual(['row'])
    expect(getActiveExecutions()).toEqual([])
  },
)

test('a ReadableStream that is returned at once can be read with and without await', async () => {
  const agent = instrumentAgent(() => ReadableStream.from(['a', 'b']), quick)
  expect(await readAll(agent() as unknown as AsyncIterable<unknown>)).toEqual(['a', 'b'])
  expect(await outcomeOf(telemetry)).toBe(success)
})
