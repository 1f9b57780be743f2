import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { currentExecution, instrumentAgent, instrumentTool } from '../src/index.ts'
import { here, outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry({ skipWaits: false })
  vi.useFakeTimers()
})
afterEach(async () => {
  vi.useRealTimers()
  await telemetry.shutdown()
})

const limited = {
  name: 'writer',
  recovery: { maxRetries: 1, baseDelaySeconds: 0, attemptTimeoutSeconds: 10 },
  logger: false,
} as const
const after = (seconds: number): Promise<void> => new Promise((done) => void setTimeout(done, seconds * 1000))

/** A generator whose first attempt brings its first chunk after 15 s, the second one after 1 s. */
function lateAtFirst(log: string[]) {
  return async function* (): AsyncGenerator<string> {
    const { attempt, signal } = currentExecution()!
    signal.addEventListener('abort', () => log.push(`attempt ${attempt}: ${(signal.reason as Error).name}`))
    try {
      await after(attempt === 1 ? 15 : 1)
      yield `chunk of ${attempt}`
      await after(9)
      yield `more of ${attempt}`
    } finally {
      log.push(`attempt ${attempt} left in ${here().split(', ')[1]}`)
    }
  }
}

async function readAll(stream: AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>>): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of await stream) chunks.push(chunk)
  return chunks
}

describe('an attempt that brings no first chunk in time', () => {
  const shapes: Record<string, (body: () => AsyncGenerator<string>) => () => Promise<unknown[]>> = {
    'of a generator function': (body) => {
      const agent = instrumentAgent(async function* () {
        yield* body()
      }, limited)
      return () => readAll(agent())
    },
    'of a function that returns a generator': (body) => {
      const agent = instrumentAgent(body, limited)
      return () => readAll(agent())
    },
    'of a ReadableStream': (body) => {
      const agent = instrumentAgent(async () => ReadableStream.from(body()), limited)
      return () => readAll(agent())
    },
    'of a held iterable': (body) => {
      const options = { ...limited, streamOf: ({ stream }: { stream: AsyncIterable<string> }) => stream }
      const agent = instrumentAgent(async () => ({ stream: body() }), options)
      return () => readAll(agent().then(({ stream }) => stream))
    },
  }
  test.for(Object.entries(shapes))('%s is retried; its late chunk goes nowhere and it is left', async ([, shape]) => {
    const log: string[] = []
    const chunks = shape(lateAtFirst(log))()
    await vi.advanceTimersByTimeAsync(11_000)
    expect(log).toEqual(['attempt 1: TimeoutError'])
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await chunks).toEqual(['chunk of 2', 'more of 2'])
    expect(log).toEqual(['attempt 1: TimeoutError', 'attempt 1 left in attempt 1', 'attempt 2 left in attempt 2'])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: timeout unset')
  })

  test('fails the run when it was the last one, whatever comes after', async () => {
    const log: string[] = []
    const agent = instrumentAgent(lateAtFirst(log), { ...limited, recovery: { maxRetries: 0, attemptTimeoutSeconds: 10 } })
    const failed = expect(agent().next()).rejects.toMatchObject({ name: 'TimeoutError' })
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(log.at(-1)).toBe('attempt 1 left in attempt 1')
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (timeout), attempts: timeout')
  })
})

test('the time limit of an attempt bounds each wait for a chunk, and does not run while no chunk is requested', async () => {
  const agent = instrumentAgent(() => lateAtFirst([])(), { ...limited, recovery: { attemptTimeoutSeconds: 16 } })
  const stream = agent()
  await vi.advanceTimersByTimeAsync(60_000)
  const first = stream.next()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await first).toEqual({ done: false, value: 'chunk of 1' })
  const rest = readAll(stream)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await rest).toEqual(['more of 1'])
  expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
})

describe('a tool that returns a generator', () => {
  const kinds: Record<string, (log: string[]) => () => AsyncGenerator<string> | Generator<string>> = {
    'that is async': (log) =>
      async function* () {
        log.push(here())
        yield 'a'
        yield 'b'
      },
    'that is not async': (log) =>
      function* () {
        log.push(here())
        yield 'a'
        yield 'b'
      },
  }
  const ended = (): string[] => telemetry.spans().map(({ name, status }) => `${name} ${status.code}`)

  test.for(Object.entries(kinds))('%s keeps its span open to the end and active inside', async ([, make]) => {
    const log: string[] = []
    const tool = instrumentTool(make(log), { name: 'search' })
    const agent = instrumentAgent(async () => readAll(tool() as AsyncGenerator), { ...limited })
    expect(await agent()).toEqual(['a', 'b'])
    expect(log).toEqual(['writer 1, execute_tool search'])
    expect(ended()).toEqual(['execute_tool search 0', 'attempt 1 0', 'invoke_agent writer 0'])
  })

  test.for(Object.entries(kinds))('%s ends its span when it is left, begun or not', async ([, make]) => {
    const tool = instrumentTool(make([]), { name: 'search' })
    await tool().return(undefined)
    expect(ended()).toEqual(['execute_tool search 0'])
    const begun = tool()
    await begun.next()
    expect(await begun.return('enough' as never)).toEqual({ done: true, value: 'enough' })
    expect(ended()).toEqual(['execute_tool search 0', 'execute_tool search 0'])
  })

  test('returns a result with a throwing `then` getter unchanged', () => {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
    const result = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('not yours')
      },
    })
    expect(instrumentTool(() => result, { name: 'search' })()).toBe(result)
    expect(ended()).toEqual(['execute_tool search 0'])
  })
})
