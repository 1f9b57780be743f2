import { getActiveExecutions, instrumentAgent, onExecution, type ExecutionRecord } from '@swarmwatch/sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { eventually } from '@swarmwatch/testkit'
import {
  answer,
  brokenStream,
  cut,
  failure,
  type ModelProvider,
  openModelProvider,
  type Script,
} from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

type Ask = (provider: ModelProvider) => unknown
type Use = (result: unknown) => Promise<string>

const whyNot = await installFrameworks()
const streams = whyNot === undefined ? await load() : {}

async function load(): Promise<Readonly<Record<string, [ask: Ask, use: Use]>>> {
  // Plain JavaScript, loaded only once it is installed
  const program = new URL('frameworks/streams.mjs', import.meta.url).href
  return ((await import(program)) as { streams: Record<string, [Ask, Use]> }).streams
}

describe.skipIf(whyNot !== undefined)('a stream of a real framework', () => {
  let telemetry: TestTelemetry
  beforeAll(async () => void (telemetry = await startTestTelemetry()))
  afterAll(() => telemetry?.shutdown())

  /** Runs an agent that returns a stream, and its caller. */
  async function play(name: string, script: Script): Promise<{ ended: string; requests: number; received: unknown }> {
    await using provider = await openModelProvider(script)
    const runs: ExecutionRecord[] = []
    const stop = onExecution(({ type, execution }) => void (type === 'finished' && runs.push(execution)))
    const [ask, use] = streams[name]!
    const agent = instrumentAgent(async () => ask(provider), { name, logger: false })
    const received = await (async () => use(await agent()))().catch((error: unknown) => error)
    const run = await eventually(`the run of ${name} to end`, () => getActiveExecutions().length === 0 && runs[0])
    stop()
    const ended = `${run.outcome} ${run.errorType ?? ''}, attempts: ${run.attempts.length}`
    return { ended, requests: provider.requests.length, received }
  }

  const names = Object.keys(streams)
  // Its pieces are JSON for `streamObject`
  const good = answer(['{"text":"answ', 'er"}'])
  const watched = names.filter((name) => name !== 'ai: low memory' && name !== 'ai 6: Response')

  test.for(names)('%s: can be used as without a wrapper, and its run succeeds', async (name) => {
    const { ended, received } = await play(name, [good])
    expect([ended, String(received).includes('answ')]).toEqual(['success , attempts: 1', true])
  })

  test.for(watched)('%s: is retried when the provider answers 429', async (name) => {
    const { ended, requests } = await play(name, [failure(429)])
    expect([ended, requests]).toEqual(['failure 429, attempts: 4', 4])
  })

  test.for(watched)('%s: is retried when its first event is an error', async (name) => {
    const { ended, requests } = await play(name, [brokenStream(0)])
    expect(ended).toMatch(/^failure (503|server_error|overloaded_error), attempts: 4$/)
    expect(requests).toBe(4)
  })

  // Of an object, or of an answer that is no stream, nothing has reached the reader by then
  const begun = watched.filter((name) => name !== 'ai: streamObject' && !name.includes('without a stream'))
  test.for(begun)('%s: fails without another attempt when it breaks within the answer', async (name) => {
    expect((await play(name, [cut(1)])).ended).toBe('failure UND_ERR_SOCKET, attempts: 1')
    expect((await play(name, [brokenStream(1)])).ended).toMatch(
      /^failure (503|server_error|overloaded_error|_OTHER), attempts: 1$/,
    )
  })
})
