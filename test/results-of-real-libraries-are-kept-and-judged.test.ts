import { currentExecution, getActiveExecutions, instrumentAgent } from '@swarmwatch/sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installLibraries } from './install-packages.ts'

type Ask = (answer: string) => unknown
type Use = (result: unknown) => Promise<boolean>
interface Query {
  where(column: string, value: number): Query & PromiseLike<unknown>
}
interface Ways {
  readonly ways: Readonly<
    Record<string, [ask: Ask, streamOf: ((result: unknown) => AsyncIterable<unknown>) | undefined, use: Use]>
  >
  readonly atOnce: Readonly<Record<string, [ask: Ask, use: Use]>>
  readonly responses: Readonly<Record<string, [ask: Ask, use: Use]>>
  readonly promises: Readonly<Record<string, [ask: Ask, use: Use]>>
  readonly requests: { count: number }
  readonly queries: unknown[]
  database(inside: () => unknown): (table: string) => Query
  close(): void
}

const whyNot = await installLibraries()
const real: Ways | undefined = whyNot === undefined ? await open() : undefined
const options = { logger: false, recovery: { maxRetries: 2, baseDelaySeconds: 0 } } as const

async function open(): Promise<Ways> {
  // Plain JavaScript, loaded only once it is installed
  const program = new URL('libraries/streams.mjs', import.meta.url).href
  return ((await import(program)) as { openWays(): Promise<Ways> }).openWays()
}

describe.skipIf(real === undefined)('a result of a real library', () => {
  const { ways = {}, atOnce = {}, responses = {}, promises = {}, requests = { count: 0 }, queries = [] } = real ?? {}
  let telemetry: TestTelemetry
  beforeAll(async () => void (telemetry = await startTestTelemetry()))
  afterAll(async () => {
    await telemetry?.shutdown()
    real?.close()
  })

  /** How the only run of this name went, once it has ended. */
  async function ended(name: string): Promise<string> {
    await expect.poll(() => getActiveExecutions()).toEqual([])
    const [run] = telemetry.executions(name)
    return `${run!.outcome} ${run!.errorType ?? ''}, attempts: ${run!.attempts}`
  }

  const named = Object.entries(ways).filter(([, [, streamOf]]) => streamOf !== undefined)
  const recognised = named.map(([name, [ask, , use]]) => [`${name}, without streamOf`, [ask, undefined, use]] as const)
  const all = [
    ...Object.entries(ways),
    ...recognised,
    ...[atOnce, responses, promises].flatMap((each) =>
      Object.entries(each).map(([name, [ask, use]]) => [name, [ask, undefined, use]] as const),
    ),
  ]

  test.for(all)(
    '%s: works as it does without a wrapper, and its run succeeds when it ends',
    async ([name, [ask, streamOf, use]]) => {
      const agent = instrumentAgent(ask, { ...options, name, streamOf })
      expect(await use(agent('good'))).toBe(true)
      expect(await ended(name)).toBe('success , attempts: 1')
    },
  )

  const retried = all.filter(([name]) => !/(with|as)Response/.test(name))
  test.for(retried)('%s: is retried when the server answers 429, and fails with that', async ([way, [ask, streamOf, use]]) => {
    const name = `${way}, 429`
    requests.count = 0
    const agent = instrumentAgent(ask, { ...options, name, streamOf })
    await use(agent('429')).catch(() => {})
    expect(await ended(name)).toBe('failure 429, attempts: 3')
    expect(requests.count).toBe(3)
  })

  // A reader of `textStream` alone gets no part that reports an error
  test.for([...named, ...recognised])(
    '%s: fails without another attempt when its answer breaks in the middle',
    async ([way, [ask, streamOf, use]]) => {
      const name = `${way}, broken`
      const agent = instrumentAgent(ask, { ...options, name, streamOf })
      await use(agent('broken')).catch(() => {})
      expect(await ended(name)).toMatch(/^failure (529|overloaded_error), attempts: 1$/)
    },
  )

  test('a query of knex runs once, when it is awaited, inside the run of its agent', async () => {
    const db = real!.database(() => currentExecution()?.agentName)
    const query = instrumentAgent(() => db('users').where('id', 1), { ...options, name: 'finder' })()
    expect(queries).toEqual([])
    expect(await query).toEqual([{ id: 1 }])
    expect(queries).toEqual(['finder'])
    expect(await ended('finder')).toBe('success , attempts: 1')
  })
})
