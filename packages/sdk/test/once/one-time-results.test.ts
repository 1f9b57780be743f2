import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  instrumentAgent,
  instrumentTool,
  memoryOnceStore,
  type OnceOptions,
  sqliteOnceStore,
  UncertainEffectError,
} from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const recovery = { baseDelaySeconds: 0 }
const busy = (): Error => Object.assign(new Error('busy'), { status: 503 })
const thisFile = fileURLToPath(import.meta.url)

async function* words(): AsyncGenerator<string> {
  yield 'paid'
}
function* letters(): Generator<string> {
  yield 'p'
}
/** As clients of models return streams: not a generator, and readable once. */
class ModelStream {
  [Symbol.asyncIterator](): AsyncGenerator<string> {
    return words()
  }
}

const oneTime: Record<string, () => unknown> = {
  'an async generator': words,
  'a generator': letters,
  'an iterator of an array': () => ['paid'].values(),
  'a ReadableStream': () => new Blob(['paid']).stream(),
  'a Response': () => new Response('paid'),
  'a Node stream': () => Readable.from(['paid']),
  'a file': () => createReadStream(thisFile),
  'the stream of a model': () => new ModelStream(),
  'an answer that contains a stream': () => ({ status: 200, answers: [{ body: Readable.from(['paid']) }] }),
  'a Map that contains a stream': () => new Map([['body', new Blob(['paid']).stream()]]),
}
const stores = { memory: memoryOnceStore, SQLite: () => sqliteOnceStore(':memory:') }

/** Makes the same call in two attempts; returns the two results and how often the tool was called. */
async function callTwice(make: () => unknown, once: OnceOptions, lines: string[] = []) {
  let calls = 0
  const tool = instrumentTool(async () => (++calls, make()), { name: 'order', once })
  const logger = { warn: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
  const results: unknown[] = []
  const agent = instrumentAgent(
    async () => {
      results.push(await tool())
      if (results.length === 1) throw busy()
    },
    { name: 'buyer', recovery, logger },
  )
  const error = await agent().catch((reason: unknown) => reason)
  return { results, calls, error }
}

test.each(
  Object.entries(oneTime).flatMap(([kind, make]) =>
    Object.entries(stores).map(([store, open]) => [kind, store, make, open] as const),
  ),
)('%s reaches its caller, and a later attempt gets an error with the cure, with the store in %s', async (_, __, make, open) => {
  const lines: string[] = []
  let made: unknown
  const { results, calls, error } = await callTwice(() => (made = make()), { store: open() }, lines)
  expect(results).toHaveLength(1)
  expect(results[0]).toBe(made)
  expect(calls).toBe(1)
  expect(error).toBeInstanceOf(UncertainEffectError)
  expect((error as Error).message).toMatch(
    /^the effect of the tool order with the idempotency key \S+ has happened.*return a value from the tool/,
  )
  expect(lines.filter((line) => line.startsWith('[ONCE] the tool order'))).toHaveLength(1)
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(1)
})

test('a stream of a once tool that no attempt asks for again is read as usual, and not counted', async () => {
  const tool = instrumentTool(async () => new Response('paid'), { name: 'order', once: true })
  const agent = instrumentAgent(async () => (await tool()).text(), { name: 'buyer', logger: false })
  expect(await agent()).toBe('paid')
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(0)
})

test('two calls of one attempt with the same key do not share a stream', async () => {
  const tool = instrumentTool(async () => Readable.from(['paid']), { name: 'order', once: { key: () => 'order-1' } })
  const agent = instrumentAgent(async () => Promise.allSettled([tool(), tool()]), { name: 'buyer', logger: false })
  const [first, second] = await agent()
  expect(first.status === 'fulfilled' && (await text(first.value))).toBe('paid')
  expect(second).toMatchObject({ status: 'rejected', reason: { name: 'UncertainEffectError' } })
})

test("onUncertain decides about a stream that was read: 'retry' calls the tool, a function fetches the result", async () => {
  const again = await callTwice(() => new Response('paid'), { onUncertain: 'retry' })
  expect(again.calls).toBe(2)
  expect(await (again.results[1] as Response).text()).toBe('paid')
  for (const fetched of ['fetched', new Response('fetched')]) {
    const { results, calls } = await callTwice(() => new Response('paid'), { onUncertain: async () => fetched })
    expect({ calls, result: results[1] }).toEqual({ calls: 1, result: fetched })
  }
})

test('a failure of a repeated call does not hide that the first one had its effect', async () => {
  let asked = 0
  const onUncertain = (_: string, run: () => Promise<unknown>) => (++asked, run())
  let calls = 0
  const make = () => {
    calls += 1
    if (calls > 1) throw new Error('out of stock')
    return new Response('paid')
  }
  await callTwice(make, { onUncertain })
  // The first attempt reads the result; the other three ask
  expect({ asked, calls }).toEqual({ asked: 3, calls: 4 })
})

test('results that can be read again are reused as they are', async () => {
  const read = new Response('paid')
  await read.text()
  const ended = Readable.from(['paid'])
  await text(ended)
  class Client {
    readonly socket = Readable.from(['x'])
  }
  const results = [
    ['paid'],
    new Map([[1, 2]]),
    new Uint8Array([1]),
    new Blob(['paid']),
    new Response(null, { status: 204 }),
    read,
    ended,
    { data: 1, request: new Client() },
    { next: () => 'page 2', items: [] },
    () => 'paid',
    new Date(5),
  ]
  for (const result of results) {
    const { results: got, calls } = await callTwice(() => result, {})
    expect(calls).toBe(1)
    expect(got).toHaveLength(2)
    expect(got[1]).toBe(result)
  }
})
