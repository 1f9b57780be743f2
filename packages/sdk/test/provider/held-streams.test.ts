import { bulkhead } from 'cockatiel'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { getActiveExecutions, instrumentAgent, ProviderUnavailableError, type InstrumentAgentOptions } from '../../src/index.ts'
import { beginInference } from '../../src/instrumentation.ts'
import { loadBreakers } from '../../src/provider/breaker.ts'
import { MovedTime } from './moved-time.ts'

beforeAll(loadBreakers)
let time: MovedTime
beforeEach(() => void (time = new MovedTime()))
afterEach(() => time.end())

const breaker = { provider: { breaker: true } } as const

/** Fails until the breaker is open. */
async function breakProvider(): Promise<void> {
  const breaking = instrumentAgent(
    async () => {
      beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end({ status: 503 })
      throw Object.assign(new Error('x'), { status: 503 })
    },
    { name: 'breaking', logger: false, recovery: { maxRetries: 0, ...breaker } },
  )
  for (let failures = 0; failures < 10; failures += 1) await breaking().catch(() => {})
}

describe('the stream of an agent that is not called at once', () => {
  async function* chunks(text: string): AsyncGenerator<string> {
    beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end({ status: 200 })
    yield text
  }
  async function after(seconds: number, promise: Promise<unknown>): Promise<unknown> {
    await time.pass(seconds)
    return promise
  }
  const wrap = (options: Partial<InstrumentAgentOptions<[], AsyncGenerator<string>>>) =>
    instrumentAgent(() => chunks('own'), { name: 'streaming', logger: false, ...options })
  const read = async (stream: AsyncIterable<string>): Promise<unknown> => {
    const read: string[] = []
    try {
      for await (const chunk of stream) read.push(chunk)
      return read
    } catch (error) {
      return error
    }
  }

  test('is read after the wait for its provider', async () => {
    const agent = wrap({ recovery: { provider: { breaker: true, maxWaitSeconds: 600 } } })
    await read(agent())
    await breakProvider()
    expect(await after(10, read(agent()))).toEqual(['own'])
  })

  test('is that of a fallback while the breaker is open', async () => {
    const agent = wrap({ recovery: breaker, fallback: [() => chunks('fallback')] })
    await read(agent())
    await breakProvider()
    expect(await after(10, read(agent()))).toEqual(['fallback'])
  })

  test('is read when the policy has let it wait', async () => {
    const agent = wrap({ policy: bulkhead(1, 10) })
    const reads = [read(agent()), read(agent()), read(agent())]
    expect(await after(1, Promise.all(reads))).toEqual([['own'], ['own'], ['own']])
    expect(getActiveExecutions({ agentName: 'streaming' })).toEqual([])
  })

  test('throws the error of a refused run', async () => {
    const agent = wrap({ name: 'thrifty', recovery: { maxRetries: 0, ...breaker } })
    await read(agent())
    await breakProvider()
    expect(await after(1, read(agent()))).toBeInstanceOf(ProviderUnavailableError)
  })
})
