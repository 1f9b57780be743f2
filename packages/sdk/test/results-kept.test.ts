import { setImmediate as soon } from 'node:timers/promises'

import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { currentExecution, getActiveExecutions, instrumentAgent, instrumentTool } from '../src/index.ts'
import { outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { name: 'caller', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const broken = new RangeError('broken')
const success = 'success first_try (unset), attempts: unset'
const ofTool = (): string[] => telemetry.spans().map(({ name, attributes }) => `${name} ${String(attributes['error.type'])}`)

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

/** Like `APIPromise` of OpenAI: a promise whose own value is nothing, with more to ask for. */
class Request extends Promise<unknown> {
  #answers = 0
  parse: () => Promise<unknown> = async () => undefined
  static to(parse: () => Promise<unknown>): Request {
    return Object.assign(new Request((resolve) => resolve(null)), { parse })
  }
  // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
  override then<A = unknown, B = never>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#answers += 1
    return this.parse().then(fulfilled, rejected)
  }
  async withResponse(): Promise<{ data: unknown; answers: number }> {
    return { data: await this.parse(), answers: this.#answers }
  }
}

/** Like a query of Knex: it runs each time that its `then()` is called. */
class Query {
  runs: string[] = []
  #parts: string[] = []
  readonly #fails: boolean
  constructor(fails = false) {
    this.#fails = fails
  }
  where(part: string): this {
    this.#parts.push(part)
    return this
  }
  toString(): string {
    return this.#parts.join(' and ')
  }
  // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
  then(fulfilled?: (rows: string[]) => unknown, rejected?: (error: unknown) => unknown): Promise<unknown> {
    this.runs.push(currentExecution()?.agentName ?? 'nobody')
    return (this.#fails ? Promise.reject(broken) : Promise.resolve([...this.#parts])).then(fulfilled, rejected)
  }
  catch(rejected: (error: unknown) => unknown): Promise<unknown> {
    return this.then().catch(rejected)
  }
  finally(call: () => void): Promise<unknown> {
    return this.then().finally(call)
  }
}

/** The `then()` of a query, as a property of its own. */
// oxlint-disable-next-line unicorn/no-thenable -- as above
const boundThen = (query: Query): object => Object.defineProperty({}, 'then', { value: query.then.bind(query), enumerable: true })

const wrappers: Record<string, <R>(fn: () => R) => () => R> = {
  'an agent': (fn) => instrumentAgent(fn, quick) as never,
  'a tool': (fn) => instrumentTool(fn, { name: 'caller' }),
}

describe.for(Object.entries(wrappers))('%s that returns something promise-like', ([kind, wrap]) => {
  const ended = async (): Promise<string> => (kind === 'an agent' ? outcomeOf(telemetry) : ofTool().join())
  const succeeded = kind === 'an agent' ? success : 'execute_tool caller undefined'

  test('keeps methods, properties and class, and brings its value', async () => {
    const result = wrap(() =>
      Object.assign(
        Request.to(async () => 'data'),
        { pid: 7 },
      ),
    )()
    expect(result).toBeInstanceOf(Request)
    expect(result.pid).toBe(7)
    expect(Object.keys(result).toSorted()).toEqual(['parse', 'pid'])
    expect(await result).toBe('data')
    expect(await ended()).toBe(succeeded)
  })

  test('ends as the result of another method when only that is used, and nothing else is awaited', async () => {
    const result = wrap(() => Request.to(async () => 'data'))()
    expect(await result.withResponse()).toEqual({ data: 'data', answers: 0 })
    await expect.poll(ended).toBe(succeeded)
  })

  test('fails when another method that alone is asked fails, without an unhandled rejection', async () => {
    const result = wrap(() => Request.to(() => Promise.reject(broken)))()
    await expect(result.withResponse()).rejects.toBe(broken)
    await expect.poll(ended).toMatch(/RangeError/)
    await soon()
  })

  /** A page of a list: a promise, and an iterable of all pages. */
  const listed = (parse: () => Promise<unknown>): AsyncIterable<unknown> => {
    async function* page(this: Request): AsyncGenerator {
      yield* (await this) as Iterable<unknown>
    }
    return wrap(() => Object.assign(Request.to(parse), { [Symbol.asyncIterator]: page }))()
  }

  test('ends as its iterator does when it is only iterated', async () => {
    expect(await readAll(listed(async () => ['one', 'two']))).toEqual(['one', 'two'])
    await expect.poll(ended).toBe(succeeded)
  })

  test('fails as its iterator does when it is only iterated', async () => {
    await expect(readAll(listed(() => Promise.reject(broken)))).rejects.toBe(broken)
    await expect.poll(ended).toMatch(/RangeError/)
  })

  test('ends when the reader of its iterator leaves', async () => {
    for await (const _ of listed(async () => ['one', 'two'])) break
    await expect.poll(ended).toBe(kind === 'an agent' ? 'cancelled aborted (unset), attempts: unset' : succeeded)
  })

  test('runs a query when it is awaited, once, and inside the run; not before', async () => {
    const query = new Query()
    const host = instrumentAgent(
      async () => {
        const result = wrap(() => query)()
        expect(result.where('a').where('b')).toBe(result)
        expect(String(result)).toBe('a and b')
        await soon()
        expect(query.runs).toEqual([])
        expect(await result).toEqual(['a', 'b'])
      },
      { ...quick, name: 'host' },
    )
    await host()
    expect(query.runs).toEqual([kind === 'an agent' ? 'caller' : 'host'])
    expect(getActiveExecutions()).toEqual([])
  })

  test('has catch() and finally() that see its outcome', async () => {
    const order: string[] = []
    const failing = wrap(() => new Query(true))()
    await failing.catch((error) => order.push(error === broken ? 'caught' : 'another'))
    const result = wrap(() => new Query())()
    await result.finally(() => order.push('finally'))
    expect(order).toEqual(['caught', 'finally'])
    expect(getActiveExecutions()).toEqual([])
  })

  test('works with Promise.all, Promise.resolve and async functions', async () => {
    const make = wrap(() => new Query().where('a'))
    expect(await Promise.all([make(), make()])).toEqual([['a'], ['a']])
    expect(await Promise.resolve(make())).toEqual(['a'])
    expect(await (async () => make())()).toEqual(['a'])
  })

  test('keeps a native promise with its own properties', async () => {
    const stop = (): string => 'stopped'
    const result = wrap(() => Object.assign(Promise.resolve(1), { stop, pid: 7 }))()
    expect([result.stop(), result.pid, await result]).toEqual(['stopped', 7, 1])
    expect(await ended()).toBe(succeeded)
  })

  test('keeps one that is frozen, behind a proxy or a function', async () => {
    const thenable = (): object => new Query().where('value')
    const shapes: (() => unknown)[] = [
      () => Object.freeze(Object.assign(thenable(), { pid: 7 })),
      () => Object.freeze(Object.assign(Object.create(null) as object, { pid: 7, ...boundThen(thenable() as Query) })),
      () => new Proxy(Object.assign(boundThen(thenable() as Query), { pid: 7 }), {}),
      () => Object.assign(() => 'called', { pid: 7, ...boundThen(thenable() as Query) }),
    ]
    for (const make of shapes) {
      const result = wrap(make)() as { pid: number } & PromiseLike<unknown>
      expect(result.pid).toBe(7)
      expect(await result).toEqual(['value'])
    }
    const callable = wrap(shapes[3] as () => (() => string) & PromiseLike<unknown>)()
    expect(callable()).toBe('called')
    await callable
  })
})

test('an awaited query of an agent is retried, each time as a new query', async () => {
  const queries = [new Query(true), new Query().where('a')]
  const agent = instrumentAgent(() => queries.shift()!, quick)
  expect(await agent()).toEqual(['a'])
  expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: RangeError unset')
})

test('an object that two calls return is observed for each of them', async () => {
  const shared = new Query().where('a')
  const agent = instrumentAgent(() => shared, quick)
  expect(await Promise.all([agent(), agent()])).toEqual([['a'], ['a']])
  expect((await telemetry.points('agent.executions')).find(({ value }) => value === 2)).toMatchObject({
    attributes: { outcome: 'success' },
  })
})

test('a rejection without a handler stays unhandled', async () => {
  const seen: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => seen.push(error))
  try {
    void instrumentTool(() => Promise.reject(broken), { name: 'tool' })().finally(() => {})
    await expect.poll(() => seen).toContain(broken)
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
})

describe('a ReadableStream with more than others have', () => {
  class Lines extends ReadableStream<string> {
    #secret = 'kept'
    readonly url = 'http://localhost'
    secret(): string {
      return this.#secret
    }
    async text(): Promise<string> {
      let text = ''
      for await (const line of this) text += line
      return text
    }
  }
  const lines = (): Lines =>
    new Lines({
      start(controller) {
        controller.enqueue('a')
        controller.enqueue('b')
        controller.close()
      },
    })
  const agent = instrumentAgent(async () => Object.assign(lines(), { id: 'x', abort: () => 'aborted' }), quick)

  test('keeps class, private fields and own properties', async () => {
    const stream = await agent()
    expect(stream).toBeInstanceOf(Lines)
    expect([stream.secret(), stream.url, stream.id, stream.abort()]).toEqual(['kept', 'http://localhost', 'x', 'aborted'])
    await stream.cancel()
  })

  test('is read by its own methods and by those of every stream, to the same end', async () => {
    expect(await (await agent()).text()).toBe('ab')
    expect(await outcomeOf(telemetry)).toBe(success)
    expect(await new Response((await agent()).pipeThrough(new TextEncoderStream())).text()).toBe('ab')
    const [left, right] = (await agent()).tee()
    expect(await Promise.all([left, right].map((half) => readAll(half)))).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect(getActiveExecutions()).toEqual([])
  })

  test('with an iterator of its own is read through it', async () => {
    const own = instrumentAgent(async () => {
      const stream = lines()
      return Object.assign(stream, {
        async *[Symbol.asyncIterator]() {
          const reader = stream.getReader()
          for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value.toUpperCase()
        },
      })
    }, quick)
    expect(await readAll(await own())).toEqual(['A', 'B'])
    expect(await outcomeOf(telemetry)).toBe(success)
  })
})

/** How an operation on a result comes out; what belongs to one call only is left out. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const value = await call()
    if (typeof value === 'function') return 'a function'
    return typeof value === 'object' && value !== null ? [Object.prototype.toString.call(value), JSON.stringify(value)] : value
  } catch (error) {
    return ['threw', (error as Error).name, (error as Error).message]
  }
}

const plainValue = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom(null, undefined, true),
  fc.array(fc.integer(), { maxLength: 3 }),
)
const settled = fc.record({ fails: fc.boolean(), value: plainValue })
type Settled = { readonly fails: boolean; readonly value: unknown }
const settle = ({ fails, value }: Settled): Promise<unknown> =>
  fails ? Promise.reject(new TypeError('no')) : Promise.resolve(value)

/** Makes the same object again at each call. */
const makers = fc
  .record({
    shape: fc.constantFrom('object', 'promise', 'subclass', 'thenable', 'function', 'array', 'generator', 'compiled', 'sync'),
    extras: fc.dictionary(fc.constantFrom('pid', 'cancel', 'url', 'toJSON', 'next_', '__proto_'), plainValue, { maxKeys: 3 }),
    isFrozen: fc.boolean(),
    isProxy: fc.boolean(),
    settled,
    chunks: fc.array(plainValue, { maxLength: 3 }),
  })
  .map((of) => {
    const make = (): unknown => {
      const extras = { ...of.extras, method: () => 'called' }
      const made = Object.assign(base(of.shape, of.settled, of.chunks) as object, extras)
      // A native generator or promise works behind no proxy
      const isOrdinary = !['promise', 'subclass', 'generator', 'sync'].includes(of.shape)
      const frozen = of.isFrozen ? Object.freeze(made) : made
      return of.isProxy && isOrdinary ? new Proxy(frozen, {}) : frozen
    }
    return { of, make }
  })

function base(shape: string, end: Settled, chunks: readonly unknown[]): unknown {
  async function* read(): AsyncGenerator {
    yield* chunks
    return await settle(end)
  }
  if (shape === 'promise') return settle(end)
  if (shape === 'subclass') return Request.to(() => settle(end))
  // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
  if (shape === 'thenable') return { then: (...handlers: [never, never]) => settle(end).then(...handlers) }
  if (shape === 'function') return () => chunks
  if (shape === 'array') return [...chunks]
  if (shape === 'generator') return read()
  if (shape === 'sync')
    return (function* () {
      yield* chunks
    })()
  if (shape === 'object') return { chunks }
  const generator = read()
  const made = {
    next: () => generator.next(),
    return: (value: never) => generator.return(value),
    throw: (error: unknown) => generator.throw(error),
    [Symbol.asyncIterator]: (): object => made,
  }
  return made
}

interface Anything {
  readonly method: () => unknown
  readonly constructor: { readonly name: string }
}
/** Operations of a caller on any result. */
const operations: Record<string, (result: Anything) => unknown> = {
  'await it': (result) => result,
  'list its keys': (result) =>
    Reflect.ownKeys(result)
      .filter((key) => typeof key === 'string')
      .map(String)
      .toSorted()
      .join(),
  'ask for its class': (result) => result.constructor.name,
  'call its method': (result) => result.method(),
  'look for a property': (result) => ['pid' in result, 'then' in result, 'nothing' in result].join(),
  'read its properties': (result) => JSON.stringify(['pid', 'cancel', 'url'].map((key) => Reflect.get(result, key) as unknown)),
  'read it': async (result) => JSON.stringify(await readAll(result as unknown as AsyncIterable<unknown>)),
  'leave it': async (result) => {
    for await (const chunk of result as unknown as AsyncIterable<unknown>) return chunk
    return 'nothing'
  },
  'catch its error': (result) => (result as unknown as Promise<unknown>).catch((error: Error) => error.name),
}

describe('a result behaves the same with and without a wrapper', () => {
  property.prop([makers, fc.constantFrom(...Object.keys(operations))], { numRuns: 600 })(
    'of a tool',
    async ({ of, make }, operation) => {
      // A rejection that is never awaited is unhandled, with and without a wrapper
      fc.pre(of.shape !== 'promise' || !of.settled.fails || /^(await|catch)/.test(operation))
      const call = operations[operation]!
      const wrapped = instrumentTool(make, { name: 'tool' })
      expect(await outcome(() => call(wrapped() as Anything))).toEqual(await outcome(() => call(make() as Anything)))
    },
  )

  // An agent is always async, so what comes of its result when it is awaited is compared
  property.prop([makers, fc.constantFrom(...Object.keys(operations))], { numRuns: 600 })(
    'of an agent, once it is awaited',
    async ({ of, make }, operation) => {
      fc.pre(of.shape !== 'sync')
      const call = operations[operation]!
      const agent = instrumentAgent(make, { ...quick, recovery: false })
      const awaited = async (result: unknown): Promise<unknown> => call((await result) as Anything)
      expect(await outcome(() => awaited(agent()))).toEqual(await outcome(() => awaited(make())))
    },
  )
})
