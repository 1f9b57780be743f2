import { setImmediate as soon } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  currentExecution,
  getActiveExecutions,
  instrumentAgent,
  instrumentTool,
  type InstrumentAgentOptions,
} from '../src/index.ts'
import { outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry({ skipWaits: false })))
afterEach(() => telemetry.shutdown())

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const cancelled = 'cancelled aborted (unset), attempts: unset'
const timedOut = 'failure exhausted (timeout), attempts: timeout'

async function* endless(): AsyncGenerator<string, void> {
  for (;;) yield 'chunk'
}
/** One chunk, and then nothing, whatever happens. */
async function* stalling(): AsyncGenerator<string, void> {
  yield 'chunk'
  await new Promise(() => {})
}

type Open = (body: () => AsyncGenerator<string>, signal: AbortSignal) => Promise<{ read(): Promise<unknown> }>
const generator = (stream: AsyncGenerator): { read(): Promise<unknown> } => ({ read: () => stream.next() })
/** Not where the agent is made: the scope of its `streamOf` would hold the reader as long as the run lasts. */
function reading(stream: ReadableStream): { read(): Promise<unknown> } {
  const reader = stream.getReader()
  return { read: () => reader.read() }
}

/** Opens a stream of each kind and reads its first chunk. */
const kinds: Record<string, Open> = {
  'an async generator function': async (body, signal) => {
    const agent = instrumentAgent(async function* (_: AbortSignal) {
      yield* body()
    }, quick)
    return generator(agent(signal))
  },
  'a function that returns a generator': async (body, signal) => {
    const agent = instrumentAgent((_: AbortSignal) => body(), quick)
    return generator(agent(signal))
  },
  'a ReadableStream': async (body, signal) => {
    const agent = instrumentAgent(async (_: AbortSignal) => ReadableStream.from(body()), quick)
    const reader = (await agent(signal)).getReader()
    return { read: () => reader.read() }
  },
  'a held iterable': async (body, signal) => {
    const options: InstrumentAgentOptions<[AbortSignal], { stream: AsyncGenerator<string> }> = {
      ...quick,
      streamOf: ({ stream }) => stream,
    }
    const agent = instrumentAgent(async (_: AbortSignal) => ({ stream: body() }), options)
    return generator((await agent(signal)).stream)
  },
  'a held ReadableStream': async (body, signal) => {
    const options: InstrumentAgentOptions<[AbortSignal], { stream: ReadableStream<string> }> = {
      ...quick,
      streamOf: ({ stream }) => stream,
    }
    const agent = instrumentAgent(async (_: AbortSignal) => ({ stream: ReadableStream.from(body()) }), options)
    return reading((await agent(signal)).stream)
  },
}

describe.for(Object.entries(kinds))('%s', ([, open]) => {
  test('ends as cancelled when its caller aborts and reads no more', async () => {
    const controller = new AbortController()
    const stream = await open(endless, controller.signal)
    await stream.read()
    expect(await outcomeOf(telemetry)).toBe('open')
    controller.abort()
    expect(await outcomeOf(telemetry)).toBe(cancelled)
    expect(getActiveExecutions()).toEqual([])
    expect(await stream.read()).toEqual({ done: false, value: 'chunk' })
    expect(await outcomeOf(telemetry)).toBe(cancelled)
  })

  test('ends as cancelled when its caller aborts while a chunk is waited for that never comes', async () => {
    const controller = new AbortController()
    const stream = await open(stalling, controller.signal)
    await stream.read()
    void stream.read()
    controller.abort()
    await expect.poll(() => outcomeOf(telemetry)).toBe(cancelled)
  })

  test('ends as failed when the time limit of its caller passes and it is not read any more', async () => {
    const stream = await open(endless, AbortSignal.timeout(200))
    await stream.read()
    await expect.poll(() => outcomeOf(telemetry)).toMatch(/^failure aborted \(timeout\)/)
  })

  test('ends as cancelled when it is dropped and collected', async () => {
    await (async () => {
      const stream = await open(endless, new AbortController().signal)
      await stream.read()
    })()
    expect(await outcomeOf(telemetry)).toBe('open')
    await expect
      .poll(async () => {
        await soon()
        collect()
        return outcomeOf(telemetry)
      })
      .toBe(cancelled)
  })
})

test('what is returned at once and never used ends as cancelled when it is collected', async () => {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
  const lazy: unknown[] = [{ then: () => {} }, endless()]
  for (const [index, returned] of lazy.entries()) {
    const make = (): unknown => (index === 0 ? { ...(returned as object) } : endless())
    void instrumentAgent(make, { ...quick, name: `lazy ${index}` })()
  }
  expect(getActiveExecutions()).toHaveLength(2)
  await expect
    .poll(async () => {
      await soon()
      collect()
      return getActiveExecutions()
    })
    .toEqual([])
})

test('a call of a tool ends when the stream it returned is collected', async () => {
  const tool = instrumentTool(() => endless(), { name: 'search' })
  await (async () => void (await tool().next()))()
  await expect
    .poll(async () => {
      await soon()
      collect()
      return telemetry.spans().length
    })
    .toBe(1)
})

/** Like `messages.stream()` of Anthropic: it goes on by itself, also when only its end is awaited. */
class MessageStream {
  readonly #end = Promise.withResolvers<void>()
  readonly #listeners: ((event: unknown) => void)[] = []
  readonly #queues: { push(event: string): void; end(error?: unknown): void }[] = []
  constructor(events: readonly (string | Error | object)[]) {
    this.#end.promise.catch(() => {})
    void this.#run(events)
  }
  async #run(events: readonly (string | Error | object)[]): Promise<void> {
    for (const event of events) {
      await soon()
      if (event instanceof Error) {
        for (const queue of this.#queues) queue.end(event)
        return this.#end.reject(event)
      }
      for (const listener of this.#listeners) listener(event)
      for (const queue of this.#queues) queue.push(event as string)
    }
    for (const queue of this.#queues) queue.end()
    this.#end.resolve()
  }
  on(event: string, listener: (event: unknown) => void): this {
    if (event === 'event') this.#listeners.push(listener)
    return this
  }
  off(): this {
    return this
  }
  async done(): Promise<void> {
    await this.#end.promise
  }
  async finalText(): Promise<string> {
    await this.done()
    return 'the text'
  }
  [Symbol.asyncIterator](): AsyncIterator<string> {
    let controller: ReadableStreamDefaultController<string>
    const stream = new ReadableStream<string>({ start: (made) => void (controller = made) })
    this.#queues.push({
      push: (event) => controller.enqueue(event),
      end: (error) => (error === undefined ? controller.close() : controller.error(error)),
    })
    return stream[Symbol.asyncIterator]()
  }
}

describe('a stream that goes on by itself', () => {
  const broken = new RangeError('broken')
  const agentOf = (...attempts: (string | Error | object)[][]): (() => Promise<MessageStream>) => {
    const options: InstrumentAgentOptions<[], MessageStream> = { ...quick, streamOf: (stream) => stream as never }
    return instrumentAgent(async () => new MessageStream(attempts.shift()!), options)
  }

  test('ends its run as it ends although only its final text is asked for', async () => {
    const stream = await agentOf(['a', 'b'])()
    expect(await stream.finalText()).toBe('the text')
    await expect.poll(() => outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('fails its run when it fails although it is not read', async () => {
    const stream = await agentOf(['a', broken])()
    await expect(stream.finalText()).rejects.toBe(broken)
    await expect.poll(() => outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError')
  })

  test('fails its run when an event reports that the answer failed, although it is not read and ends without an error', async () => {
    const stream = await agentOf(['a', { type: 'response.failed', response: { error: { code: 'server_error' } } }])()
    expect(await stream.finalText()).toBe('the text')
    await expect.poll(() => outcomeOf(telemetry)).toBe('failure exhausted (server_error), attempts: server_error')
  })

  test('loses no event, and is retried before its first one', async () => {
    const stream = await agentOf([broken], ['a', 'b'])()
    const events: string[] = []
    for await (const event of stream as unknown as AsyncIterable<string>) events.push(event)
    expect(events).toEqual(['a', 'b'])
    await expect.poll(() => outcomeOf(telemetry)).toBe('success recovered (unset), attempts: RangeError unset')
  })
})

describe('the time limit', () => {
  const limits = {
    'of the run': { totalTimeoutSeconds: 0.2, maxRetries: 0 },
    'of an attempt': { attemptTimeoutSeconds: 0.2, maxRetries: 0 },
  }
  const shapes: Record<string, (recovery: object) => Promise<{ read(): Promise<unknown>; signal: AbortSignal }>> = {
    'a generator': async (recovery) => {
      let signal: AbortSignal
      const agent = instrumentAgent(
        async function* () {
          ;({ signal } = currentExecution()!)
          yield* stalling()
        },
        { ...quick, recovery },
      )
      const stream = agent()
      return { read: () => stream.next(), signal: (await stream.next(), signal!) }
    },
    'a ReadableStream': async (recovery) => {
      let signal: AbortSignal
      const agent = instrumentAgent(
        async () => {
          ;({ signal } = currentExecution()!)
          return ReadableStream.from(stalling())
        },
        { ...quick, recovery },
      )
      const reader = (await agent()).getReader()
      await reader.read()
      return { read: () => reader.read(), signal: signal! }
    },
  }
  for (const [which, recovery] of Object.entries(limits)) {
    test.for(Object.entries(shapes))(
      `${which} ends %s that stalls after its first chunk, and aborts its signal`,
      async ([, open]) => {
        const stream = await open(recovery)
        await expect(stream.read()).rejects.toMatchObject({ name: 'TimeoutError' })
        expect(stream.signal.aborted).toBe(true)
        await expect.poll(() => outcomeOf(telemetry)).toBe(timedOut)
      },
    )
  }

  test('of the run passes also while it is not read, and its reader gets the error once', async () => {
    const agent = instrumentAgent(() => endless(), { ...quick, recovery: { totalTimeoutSeconds: 0.2 } })
    const stream = agent()
    await stream.next()
    await expect.poll(() => outcomeOf(telemetry)).toBe(timedOut)
    await expect(stream.next()).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('of the run does not keep its reader from leaving', async () => {
    const agent = instrumentAgent(() => endless(), { ...quick, recovery: { totalTimeoutSeconds: 0.2 } })
    const stream = agent()
    await stream.next()
    await expect.poll(() => outcomeOf(telemetry)).toBe(timedOut)
    expect(await stream.return()).toEqual({ done: true, value: undefined })
  })

  test('of an attempt does not pass while no reader waits for a chunk, nor does that of a stream that has ended', async () => {
    const agent = instrumentAgent(
      async function* () {
        yield 'a'
        yield 'b'
      },
      { ...quick, recovery: { attemptTimeoutSeconds: 0.05, totalTimeoutSeconds: 60 } },
    )
    const stream = agent()
    await stream.next()
    const waited = performance.now()
    await expect.poll(() => performance.now() - waited).toBeGreaterThan(100)
    expect(await stream.next()).toEqual({ done: false, value: 'b' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })
})
