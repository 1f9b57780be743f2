import { SpanStatusCode } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { currentExecution, getActiveExecutions, instrumentAgent } from '../src/index.ts'
import { here, outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const broken = new RangeError('broken')

type Body = () => AsyncGenerator<unknown, unknown, unknown> | Generator<unknown, unknown, unknown>

/** The four kinds of functions whose call returns a generator. */
const kinds: Record<string, (body: { sync: Body; async: Body }) => () => AsyncGenerator<unknown, unknown, unknown>> = {
  'a generator function': ({ sync }) =>
    instrumentAgent(function* () {
      return yield* sync() as Generator
    }, quick) as never,
  'an async generator function': ({ async }) =>
    instrumentAgent(async function* () {
      return yield* async()
    }, quick),
  'a function that returns a generator': ({ sync }) => instrumentAgent(sync, quick) as never,
  'a function that returns an async generator': ({ async }) => instrumentAgent(async, quick) as never,
}

/** One body in both forms. `steps` are yielded; an Error among them is thrown; what the reader sends and throws in is kept. */
function body(steps: readonly unknown[]) {
  const log: unknown[] = []
  const step = (one: unknown): unknown => {
    log.push(here())
    const now = typeof one === 'function' ? (one as () => unknown)() : one
    if (now instanceof Error) throw now
    return now
  }
  const bodies = {
    log,
    *sync(): Generator<unknown, unknown, unknown> {
      try {
        for (const one of steps) {
          const chunk = step(one)
          try {
            log.push(['sent', yield chunk])
          } catch (error) {
            log.push(['caught', error])
            if (error !== 'forgive') throw error
          }
        }
        return step('the end')
      } finally {
        log.push(`left: ${here()}`)
      }
    },
    async *async(): AsyncGenerator<unknown, unknown, unknown> {
      return yield* bodies.sync()
    },
  }
  return bodies
}

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

const inside = 'writer 1, attempt 1'

describe.for(Object.entries(kinds))('%s', ([, wrap]) => {
  test('keeps its span open to the last chunk, and knows its run and its span inside each next()', async () => {
    const { log, ...bodies } = body(['a', 'b'])
    const stream = wrap(bodies)()
    expect(await stream.next()).toEqual({ done: false, value: 'a' })
    expect(await stream.next()).toEqual({ done: false, value: 'b' })
    expect(await outcomeOf(telemetry)).toBe('open')
    expect(await stream.next()).toEqual({ done: true, value: 'the end' })
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
    expect(log).toEqual([inside, ['sent', undefined], inside, ['sent', undefined], inside, `left: ${inside}`])
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('is cancelled when its reader breaks off, and cleans up inside its span', async () => {
    const { log, ...bodies } = body(['a', 'b', 'c'])
    for await (const chunk of wrap(bodies)()) if (chunk === 'b') break
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
    expect(log.at(-1)).toBe(`left: ${inside}`)
  })

  test('fails when it fails in the middle, without another attempt', async () => {
    const { log, ...bodies } = body(['a', broken])
    const stream = wrap(bodies)()
    await stream.next()
    await expect(stream.next()).rejects.toBe(broken)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError')
    expect(log.filter((entry) => entry === inside)).toHaveLength(2)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('is retried when it fails before its first chunk', async () => {
    const failsOnce = (): unknown => (currentExecution()?.attempt === 1 ? broken : 'a')
    const { log, ...bodies } = body([failsOnce, 'b'])
    expect(await readAll(wrap(bodies)())).toEqual(['a', 'b'])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: RangeError unset')
    expect(log.slice(0, 3)).toEqual([inside, `left: ${inside}`, 'writer 2, attempt 2'])
  })

  test('throws its last error when it never has a first chunk', async () => {
    const bodies = body([broken])
    await expect(wrap(bodies)().next()).rejects.toBe(broken)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError RangeError RangeError')
  })

  test('receives the values and errors that its reader sends', async () => {
    const { log, ...bodies } = body(['a', 'b', 'c'])
    const stream = wrap(bodies)()
    await stream.next('a first value is never heard')
    await stream.next('more')
    expect(await stream.throw('forgive')).toEqual({ done: false, value: 'c' })
    await expect(stream.throw(broken)).rejects.toBe(broken)
    expect(log.filter(Array.isArray)).toEqual([
      ['sent', 'more'],
      ['caught', 'forgive'],
      ['caught', broken],
    ])
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError')
  })

  test('returns the value passed to return()', async () => {
    const stream = wrap(body(['a', 'b']))()
    await stream.next()
    expect(await stream.return('enough')).toEqual({ done: true, value: 'enough' })
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })

  test('answers calls that do not wait for each other in their order', async () => {
    const stream = wrap(body(['a', 'b']))()
    const answers = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()])
    expect(answers.map(({ value }) => value)).toEqual(['a', 'b', 'the end', undefined])
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('is finished although it has no chunk at all', async () => {
    expect(await readAll(wrap(body([]))())).toEqual([])
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('runs nothing and hides no error when it is not read', async () => {
    const { log, ...bodies } = body([broken])
    wrap(bodies)()
    await new Promise((done) => setImmediate(done))
    expect(log).toEqual([])
  })

  test('that is left before the first next() runs nothing and leaves no run behind', async () => {
    const { log, ...bodies } = body(['a'])
    const stream = wrap(bodies)()
    expect(await stream.return('not needed')).toEqual({ done: true, value: 'not needed' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    const other = wrap(bodies)()
    await expect(other.throw(broken)).rejects.toBe(broken)
    expect(log).toEqual([])
    expect(getActiveExecutions()).toEqual([])
    for (const span of telemetry.spans()) expect(span.status).toEqual({ code: SpanStatusCode.UNSET })
  })
})

test('a generator that a promise brings stays what it is: one that is not async can be read without await', async () => {
  const agent = instrumentAgent(async () => body(['a', 'b']).sync(), quick)
  const generator = await agent()
  expect(await outcomeOf(telemetry)).toBe('open')
  expect([...generator]).toEqual(['a', 'b'])
  expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
})

test('an async generator that a promise brings is watched to its end', async () => {
  const agent = instrumentAgent(async () => body(['a', 'b']).async(), quick)
  expect(await readAll(await agent())).toEqual(['a', 'b'])
  expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
})
