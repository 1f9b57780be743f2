import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { instrumentAgent } from '../src/index.ts'
import { here, outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const broken = new RangeError('broken')

/** A source of these chunks, one for each pull; it fails with an Error in the list. It records its calls. */
function source(chunks: readonly unknown[], highWaterMark = 0) {
  const log: unknown[] = []
  let next = 0
  const open = (): ReadableStream<unknown> =>
    new ReadableStream(
      {
        pull(controller) {
          log.push(`pull: ${here()}`)
          const chunk = chunks[next++]
          if (chunk instanceof Error) controller.error(chunk)
          else if (next > chunks.length) controller.close()
          else controller.enqueue(chunk)
        },
        cancel: (reason) => void log.push(['cancelled', reason]),
      },
      { highWaterMark },
    )
  return { log, open }
}

const agentOf = (open: () => ReadableStream<unknown>) => instrumentAgent(async () => open(), quick)

describe('a ReadableStream', () => {
  test('keeps its span open until it is read to the end, and its source runs inside that span', async () => {
    const { log, open } = source(['a', 'b'])
    const reader = (await agentOf(open)()).getReader()
    expect(await reader.read()).toEqual({ done: false, value: 'a' })
    expect(await reader.read()).toEqual({ done: false, value: 'b' })
    expect(await outcomeOf(telemetry)).toBe('open')
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
    expect(log).toEqual(Array(3).fill('pull: writer 1, attempt 1'))
  })

  test('returns every chunk unchanged, promises and thenables too', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
    const chunks = [Promise.resolve('kept'), { then: () => {} }, undefined, null]
    const reader = (await agentOf(source(chunks).open)()).getReader()
    for (const chunk of chunks) {
      const { value } = await reader.read()
      expect(value === chunk).toBe(true)
    }
    await reader.cancel()
  })

  test('is cancelled with the reason of its reader, which its source receives', async () => {
    const { log, open } = source(['a', 'b', 'c'])
    const reader = (await agentOf(open)()).getReader()
    await reader.read()
    await reader.cancel('the page was closed')
    expect(log.at(-1)).toEqual(['cancelled', 'the page was closed'])
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })

  test('is cancelled at once while a chunk is waited for that never comes', async () => {
    const log: unknown[] = []
    const agent = agentOf(() => {
      const chunks = ['a']
      return new ReadableStream(
        {
          pull: (controller) => (chunks.length > 0 ? controller.enqueue(chunks.pop()) : new Promise(() => {})),
          cancel: (reason) => void log.push(reason),
        },
        { highWaterMark: 0 },
      )
    })
    const reader = (await agent()).getReader()
    await reader.read()
    const pending = reader.read()
    await reader.cancel('enough')
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(log).toEqual(['enough'])
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })

  test('is cancelled when a for await loop breaks', async () => {
    const { log, open } = source(['a', 'b', 'c'])
    for await (const chunk of await agentOf(open)()) if (chunk === 'b') break
    expect(log.at(-1)).toEqual(['cancelled', undefined])
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })

  test('that is cancelled before it is read ends its run, too', async () => {
    const { log, open } = source(['a', 'b'])
    await (await agentOf(open)()).cancel('not needed')
    expect(log.at(-1)).toEqual(['cancelled', 'not needed'])
    expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
  })

  test('fails with its own error in the middle, without another attempt', async () => {
    const { log, open } = source(['a', broken])
    const reader = (await agentOf(open)()).getReader()
    await reader.read()
    await expect(reader.read()).rejects.toBe(broken)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError')
    expect(log).toHaveLength(2)
  })

  test('is retried when it fails at once', async () => {
    const { log, open } = source([broken, 'a', 'b'])
    const chunks: unknown[] = []
    for await (const chunk of await agentOf(open)()) chunks.push(chunk)
    expect(chunks).toEqual(['a', 'b'])
    expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: RangeError unset')
    expect(log.slice(0, 2)).toEqual(['pull: writer 1, attempt 1', 'pull: writer 2, attempt 2'])
  })

  test('rejects the call with its error when it fails at once in every attempt', async () => {
    await expect(agentOf(source([broken, broken, broken]).open)()).rejects.toBe(broken)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (RangeError), attempts: RangeError RangeError RangeError')
  })

  test('is not read ahead: beyond the first chunk, as much is pulled as the reader asks for', async () => {
    const { log, open } = source(['a', 'b', 'c', 'd'])
    const reader = (await agentOf(open)()).getReader()
    await new Promise((done) => setImmediate(done))
    expect(log).toHaveLength(1)
    await reader.read()
    await new Promise((done) => setImmediate(done))
    expect(log).toHaveLength(1)
    await reader.read()
    await new Promise((done) => setImmediate(done))
    expect(log).toHaveLength(2)
    await reader.cancel()
  })

  test('of bytes can be read into the buffer of its reader to the end', async () => {
    const body = new Response('hello').body!
    const reader = (await agentOf(() => body)()).getReader({ mode: 'byob' })
    const { value } = await reader.read(new Uint8Array(16))
    expect(new TextDecoder().decode(value as Uint8Array)).toBe('hello')
    expect(await reader.read(new Uint8Array(16))).toMatchObject({ done: true })
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('can be piped and forked like any other', async () => {
    const [left, right] = (await agentOf(source(['a', 'b']).open)()).tee()
    const read = async (stream: ReadableStream<unknown>): Promise<unknown[]> => {
      const chunks: unknown[] = []
      for await (const chunk of stream.pipeThrough(new TransformStream())) chunks.push(chunk)
      return chunks
    }
    expect(await Promise.all([read(left), read(right)])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })
})
