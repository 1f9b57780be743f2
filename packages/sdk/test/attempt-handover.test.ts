import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

import {
  type BudgetUse,
  type ClosableOnceStore,
  configureBudgets,
  configureOnce,
  currentExecution,
  instrumentAgent,
  type InstrumentAgentOptions,
  memoryOnceStore,
  type OnceStore,
  recoveryOf,
  sqliteOnceStore,
  startExecution,
  type StoredAttempt,
} from '../src/index.ts'
import { keptLines } from './kept-lines.ts'

let telemetry: TestTelemetry
let path = ''
let store: ClosableOnceStore
let executionId = ''
let ids = 0
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  path = join(temporaryFolder(), 'once.db')
  store = sqliteOnceStore(path)
  configureOnce({ store })
  executionId = `handed/${(ids += 1)}`
})
afterEach(async () => {
  configureOnce({ store: memoryOnceStore() })
  await store.close()
  await telemetry.shutdown()
})

const [traceId, spanId] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210']
const none: BudgetUse = { usd: 0, tokens: 0, modelCalls: 0, toolCalls: 0, seconds: 0 }

/** Another process makes an attempt, and dies. */
async function madeElsewhere(attempt: number, use?: Partial<BudgetUse>): Promise<void> {
  const other = sqliteOnceStore(path)
  const stored: StoredAttempt = {
    executionId,
    agentName: 'worker',
    attempt,
    owner: `other-${attempt}`,
    traceparent: `00-${traceId}-${spanId}-01`,
  }
  await other.beginAttempt!(stored)
  if (use) await other.saveUse!({ ...stored, use: { ...none, ...use } })
  await other.close()
}

/** Returns the use that the next attempt finds, in whichever process. */
function storedUse(): BudgetUse | undefined {
  using database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare('SELECT use FROM swarmwatch_attempts WHERE execution_id = ?').get(executionId)
  return typeof row?.['use'] === 'string' ? (JSON.parse(row['use']) as BudgetUse) : undefined
}

/** Makes one attempt in this process. */
function attempt(number: number, work: () => unknown, options: InstrumentAgentOptions<[], unknown> = {}) {
  const agent = instrumentAgent(async () => await work(), {
    name: 'worker',
    logger: false,
    continuation: () => ({ executionId, attempt: number, isFinal: number === 4, firstStartedAt: Date.now() }),
    ...options,
  })
  return agent()
}

const links = (): string[] =>
  telemetry
    .spans('invoke_agent worker')
    .at(-1)!
    .links.map(({ context }) => `${context.traceId} ${context.spanId}`)

test('an attempt is linked to the one before, although another process made it and died', async () => {
  await madeElsewhere(1)
  await attempt(2, () => 'done')
  expect(links()).toEqual([`${traceId} ${spanId}`])
})

test('an attempt whose store takes time is linked, too, and begins when it has answered', async () => {
  const answer = Promise.withResolvers<void>()
  configureOnce({
    store: { ...store, beginAttempt: async (begun) => (await answer.promise, await store.beginAttempt!(begun)) },
  })
  await madeElsewhere(1)
  let isCalled = false
  const running = attempt(2, () => (isCalled = true))
  expect(isCalled).toBe(false)
  answer.resolve()
  await running
  expect(links()).toEqual([`${traceId} ${spanId}`])
})

test('attempts of one process are linked once, and those of two in a chain', async () => {
  await expect(attempt(1, () => Promise.reject(new Error('x')))).rejects.toThrow('x')
  const [first] = telemetry.spans('invoke_agent worker')
  await expect(attempt(2, () => Promise.reject(new Error('y')))).rejects.toThrow('y')
  expect(links()).toEqual([`${first!.spanContext().traceId} ${first!.spanContext().spanId}`])
  await madeElsewhere(3)
  await attempt(4, () => 'done')
  const second = telemetry.spans('invoke_agent worker')[1]!.spanContext()
  expect(links()).toEqual([`${second.traceId} ${second.spanId}`, `${traceId} ${spanId}`])
})

test('an attempt that this process gave up is linked, although it has not ended', async () => {
  configureOnce({ store: memoryOnceStore() })
  const hanging = Promise.withResolvers<string>()
  const first = attempt(1, () => hanging.promise)
  await attempt(2, () => 'done')
  hanging.resolve('late')
  await first
  const [, late] = telemetry.spans('invoke_agent worker')
  expect(telemetry.spans('invoke_agent worker')[0]!.links[0]?.context.spanId).toBe(late!.spanContext().spanId)
})

test('a first attempt begins with nothing, whatever the store holds of an execution of that id', async () => {
  await madeElsewhere(4, { usd: 1 })
  await attempt(1, () => currentExecution()?.addCost(0.9), { budget: { usd: 1 } })
  expect(links()).toEqual([])
  expect(storedUse()).toMatchObject({ usd: 0.9 })
})

test('a budget spans the attempts of all processes', async () => {
  await madeElsewhere(1, { usd: 0.4, modelCalls: 2 })
  const spend = () => {
    currentExecution()?.addCost(0.4)
    throw Object.assign(new Error('slow down'), { status: 429 })
  }
  await expect(attempt(2, spend, { budget: { usd: 1 } })).rejects.toThrow('slow down')
  await madeElsewhere(3)
  const error: unknown = await attempt(4, spend, { budget: { usd: 1 } }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'BudgetExceededError', budget: 'usd', spent: { modelCalls: 2 } })
  expect((error as { spent: BudgetUse }).spent.usd).toBeCloseTo(1.2)
  expect(recoveryOf(error)).toMatchObject({ isRetryable: false })
})

test('an agent is not called after other processes have used up its budget', async () => {
  for (const [key, used, limit] of [
    ['usd', 1.5, 1],
    ['tokens', 10, 9],
    ['modelCalls', 3, 2],
    ['toolCalls', 3, 2],
    ['seconds', 60, 60],
  ] as const) {
    executionId += 'x'
    await madeElsewhere(1, { [key]: used })
    let isCalled = false
    const error: unknown = await attempt(2, () => (isCalled = true), { budget: { [key]: limit } }).catch((e: unknown) => e)
    expect({ isCalled, error }).toMatchObject({ isCalled: false, error: { name: 'BudgetExceededError', budget: key } })
  }
})

test('seconds that other processes have used are taken from those of the next attempt', async () => {
  await madeElsewhere(1, { seconds: 59.9 })
  const error: unknown = await attempt(2, () => new Promise(() => {}), { budget: { seconds: 60 } }).catch((e: unknown) => e)
  expect(error).toMatchObject({ name: 'BudgetExceededError', budget: 'seconds' })
})

test('the store holds what an attempt has used until now, so that it survives the process', async () => {
  const hanging = Promise.withResolvers<void>()
  const running = attempt(
    1,
    () => {
      currentExecution()?.addCost(0.25)
      currentExecution()?.addTokens({ input: 100, output: 20 })
      return hanging.promise
    },
    { budget: { usd: 1 } },
  )
  await eventually('the use to be stored', () => storedUse()?.tokens === 120)
  expect(storedUse()).toMatchObject({ usd: 0.25, tokens: 120 })
  hanging.resolve()
  await running
})

test('an agent without a budget stores no use', async () => {
  await attempt(1, () => currentExecution()?.addCost(0.25))
  expect(storedUse()).toBeUndefined()
})

test('a run that is started by hand continues the attempt of another process', async () => {
  configureBudgets({ worker: { usd: 1 } })
  onTestFinished(() => configureBudgets({}))
  await madeElsewhere(1, { usd: 0.9 })
  const run = startExecution('worker', undefined, { continuation: { executionId, attempt: 2, isFinal: true } })
  run.within(() => currentExecution()?.addCost(0.2))
  expect(run.signal.reason).toMatchObject({ name: 'BudgetExceededError' })
  run.complete({ success: true })
  expect(links()).toEqual([`${traceId} ${spanId}`])
  telemetry.expectExecution('worker', { outcome: 'failure', errorType: 'budget_exceeded' })
})

const broken: readonly (readonly [string, Partial<OnceStore>])[] = [
  ['throws', { beginAttempt: () => fail() }],
  ['rejects', { beginAttempt: () => Promise.reject(new TypeError('x')) }],
  ['hangs', { beginAttempt: () => new Promise(() => {}) }],
  ['cannot save', { saveUse: () => Promise.reject(new TypeError('x')) }],
]
const fail = (): never => {
  throw new TypeError('x')
}
test.each(broken)('a store that %s is reported once, and the attempts go on without it', async (_, part) => {
  configureOnce({ store: { ...store, ...part } })
  const { lines, logger } = keptLines()
  for (const number of [1, 2]) {
    expect(await attempt(number, () => (currentExecution()?.addCost(0.1), 'done'), { logger, budget: { usd: 9 } })).toBe('done')
    await eventually('the line', async () => lines.length > 0)
  }
  const problem = 'cannot hand its attempt to the next process: the store of once tools failed'
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(new RegExp(`^\\[WARN\\] worker ${problem} \\((TypeError|StoreTimeoutError|timeout)\\)$`))
  // The queue has delivered it again after its end
  expect(lines[1]).toContain('has already ended')
})

test.each([
  null,
  5,
  'text',
  {},
  { traceparent: 5, use: 5 },
  { traceparent: '00', use: { usd: 'much', seconds: -1, tokens: null } },
])('an attempt that a store of the user made up, %j, does no harm', async (made) => {
  configureOnce({ store: { ...store, beginAttempt: () => made as never } })
  expect(await attempt(2, () => 'done', { budget: { usd: 1, seconds: 60, tokens: 5 } })).toBe('done')
  expect(links()).toEqual([])
})

test('a store without attempts is a store as before', async () => {
  configureOnce({ store: Object.fromEntries(Object.entries(store).filter(([method]) => !/Attempt|Use/.test(method))) as never })
  expect(await attempt(2, () => 'done', { budget: { usd: 1 } })).toBe('done')
})
