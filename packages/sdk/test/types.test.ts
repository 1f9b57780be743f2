import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'

import { type CurrentTool, currentTool, executeWithRecovery, experiment, instrumentAgent, instrumentTool } from '../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { logger: false } as const

async function readAll<T>(stream: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const chunks: T[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

describe('the type of a wrapped function is that of what comes out', () => {
  async function* letters(): AsyncGenerator<string, number> {
    yield 'a'
    return 1
  }
  function* sync(): Generator<string, number, boolean> {
    yield 'a'
    return 1
  }

  test('for generators under every annotation: all can be read at once', async () => {
    const agents = [
      instrumentAgent(function asyncIterable(): AsyncIterable<string> {
        return letters()
      }, quick),
      instrumentAgent(function asyncIterableIterator(): AsyncIterableIterator<string> {
        return letters()
      }, quick),
      instrumentAgent(function* iterable(): Iterable<string> {
        yield* sync()
      }, quick),
      instrumentAgent(function* iterableIterator(): IterableIterator<string> {
        yield* sync()
      }, quick),
      instrumentAgent(async function* asyncIterable(): AsyncIterable<string> {
        yield* letters()
      }, quick),
      instrumentAgent((): Iterable<string> => ['a'], { ...quick, name: 'array' }),
      instrumentAgent((): AsyncIterable<string> => ReadableStream.from(['a']), { ...quick, name: 'readable' }),
    ]
    for (const agent of agents) {
      expectTypeOf(agent()).toExtend<AsyncIterable<string>>()
      expect(await readAll(agent())).toEqual(['a'])
    }
    expectTypeOf(instrumentAgent(letters)).returns.toEqualTypeOf<AsyncGenerator<string, number>>()
    expectTypeOf(instrumentAgent(sync)).returns.toEqualTypeOf<AsyncGenerator<string, number, boolean>>()
  })

  test('for values and promises, and for promises with methods of their own', async () => {
    class Request extends Promise<number> {
      url(): string {
        return 'http://localhost'
      }
    }
    const request = instrumentAgent((): Request => new Request((resolve) => resolve(1)), { ...quick, name: 'request' })()
    expectTypeOf(request).toExtend<Promise<number>>()
    expect(request.url()).toBe('http://localhost')
    expect(await request).toBe(1)
    expectTypeOf(instrumentAgent((text: string, _times?: number) => text.length, { name: 'x' })).toEqualTypeOf<
      (this: unknown, text: string, _times?: number) => Promise<number>
    >()
    expectTypeOf(instrumentAgent(async () => ['a'], { name: 'x' })).returns.toEqualTypeOf<Promise<string[]>>()
    expectTypeOf(instrumentAgent(() => true as boolean, { name: 'x' })).returns.toExtend<Promise<boolean>>()
    expectTypeOf(executeWithRecovery(async () => 1, { agentName: 'x' })).toEqualTypeOf<Promise<number>>()
  })

  test('for an agent whose options are functions of the first parameter only', () => {
    interface Job {
      readonly id: string
      readonly attempt: number
    }
    const work = async (job: Job, signal?: AbortSignal): Promise<string> => `${job.id} ${signal?.aborted}`
    type Same = (this: unknown, ...args: Parameters<typeof work>) => Promise<string>
    const key = (job: Job): string => job.id
    const continuation = ({ id, attempt }: Job) => ({ executionId: id, attempt, isFinal: true })
    const variant = experiment({ name: 'x', variants: { a: 0.5, b: 0.5 }, key })
    const fallback = [async (job: Job) => job.id, { name: 'y', fn: key }]
    const inline = instrumentAgent(async (job: Job, signal?: AbortSignal) => `${job.id} ${signal?.aborted}`, {
      name: 'x',
      continuation: (job) => ({ executionId: job.id, attempt: job.attempt, isFinal: true }),
    })
    expectTypeOf(inline).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', continuation })).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', variant })).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', variant: key })).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', fallback })).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', signalFrom: (_job: Job) => undefined })).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', captureInput: ([job]) => job.id })).toEqualTypeOf<Same>()
    expectTypeOf(instrumentAgent(work, { name: 'x', captureOutput: (text) => text.length })).toEqualTypeOf<Same>()
    // @ts-expect-error the agent has no such parameter
    instrumentAgent(work, { name: 'x', continuation: (job: string) => ({ executionId: job, attempt: 1, isFinal: true }) })
    const withSynchronousResult = instrumentAgent(() => 'a', { name: 'x', failIf: (text) => text.length > 5 })
    expectTypeOf(withSynchronousResult).returns.toEqualTypeOf<Promise<string>>()
  })

  test('for a fallback, which returns what the agent returns', () => {
    const length = async (text: string): Promise<number> => text.length
    const typed = instrumentAgent(length, {
      name: 'x',
      fallback: [async () => 0, (text) => text.length, { name: 'y', fn: async (text) => text.length }],
    })
    expectTypeOf(typed).toEqualTypeOf<(this: unknown, text: string) => Promise<number>>()
    // @ts-expect-error a text is no number
    instrumentAgent(length, { name: 'x', fallback: [async () => 'none'] })
    // @ts-expect-error the agent has no such parameter
    instrumentAgent(length, { name: 'x', fallback: [{ name: 'y', fn: async (text: number) => text }] })
    async function* words(text: string): AsyncGenerator<string> {
      yield* text.split(' ')
    }
    const streamed = instrumentAgent(words, { name: 'x', fallback: [words, { name: 'y', fn: async () => words('') }] })
    expectTypeOf(streamed).returns.toEqualTypeOf<AsyncGenerator<string>>()
    executeWithRecovery(length as (context: string) => Promise<number>, {
      agentName: 'x',
      context: 'a',
      logger: false,
      fallback: [async () => 1],
    }).catch(() => {})
  })

  test('for a function with type parameters', () => {
    const same = instrumentAgent(async <T>(value: T): Promise<T> => value, { name: 'same' })
    expectTypeOf(same(1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(instrumentTool(<T>(value: T): T => value, { name: 'same' })('a')).toEqualTypeOf<string>()
  })

  test('for a tool with once, which must return a promise', () => {
    const pay = instrumentTool(async (amount: number) => amount > 1, {
      name: 'pay',
      once: {
        key: (amount) => `invoice-${amount.toFixed()}`,
        onUncertain: async (key: string, run) => key === '' || run(),
      },
    })
    expectTypeOf(pay).toEqualTypeOf<(amount: number) => Promise<boolean>>()
    // @ts-expect-error a function that returns a value at once
    instrumentTool((amount: number) => amount, { name: 'pay', once: true })
    expectTypeOf(currentTool()).toEqualTypeOf<CurrentTool | undefined>()
  })

  test('for an overloaded function, with each of its signatures', async () => {
    function double(value: string): Promise<string>
    function double(value: number): Promise<number>
    function double(value: boolean): boolean
    function double(value: string | number | boolean): unknown {
      return typeof value === 'string'
        ? Promise.resolve(value + value)
        : typeof value === 'number'
          ? Promise.resolve(value * 2)
          : value
    }
    const agent = instrumentAgent(double, quick)
    expectTypeOf(agent('a')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(agent(1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(agent(true)).toExtend<Promise<boolean>>()
    expect([await agent('a'), await agent(1), await agent(true)]).toEqual(['aa', 2, true])
    const tool = instrumentTool(double)
    expectTypeOf(tool('a')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(tool(true)).toEqualTypeOf<boolean>()
  })

  test('for a function with properties of its own', async () => {
    const review = Object.assign(async (text: string) => text.length, { version: 2, schema: { type: 'string' } })
    const agent = instrumentAgent(review, { ...quick, name: 'review' })
    expectTypeOf(agent.version).toEqualTypeOf<number>()
    expectTypeOf(agent('a')).toEqualTypeOf<Promise<number>>()
    expect([agent.version, agent.schema.type, await agent('abc')]).toEqual([2, 'string', 3])
    expect(instrumentTool(review, { name: 'review' }).version).toBe(2)
  })

  test('for a method, with its this', async () => {
    class Team {
      size = 3
      work = instrumentAgent(async function work(this: Team, more: number) {
        return this.size + more
      }, quick)
    }
    expect(await new Team().work(1)).toBe(4)
  })
})

describe('a bound function', () => {
  test('has the name of the function that was bound, as agent and as tool', async () => {
    async function reviewer(): Promise<void> {}
    const bound = reviewer.bind(undefined).bind(undefined)
    await instrumentAgent(bound, quick)()
    await instrumentTool(bound)()
    await executeWithRecovery(bound, quick)
    expect(telemetry.spans().map(({ name }) => name)).toEqual([
      'attempt 1',
      'invoke_agent reviewer',
      'execute_tool reviewer',
      'attempt 1',
      'invoke_agent reviewer',
    ])
    expect(instrumentAgent(bound, quick).name).toBe('bound bound reviewer')
  })

  test('without a name needs the option', () => {
    const anonymous = (() => async (): Promise<void> => {})().bind(undefined)
    expect(() => instrumentAgent(anonymous)).toThrow('name is required, because the function has no name')
    expect(() => instrumentTool(anonymous)).toThrow('name is required, because the function has no name')
  })
})
