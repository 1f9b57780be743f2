import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { ConstantBackoff, handleAll, retry } from 'cockatiel'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import {
  type Budget,
  type BudgetKey,
  BudgetExceededError,
  configureBudgets,
  currentExecution,
  instrumentAgent,
  type InstrumentAgentOptions,
  instrumentTool,
  onExecution,
  recordInference,
  recoveryOf,
} from '../../src/index.ts'
import { configureInferences } from '../../src/instrumentation.ts'
import { budgetLabels } from '../../src/names.ts'
import { keptLines } from '../kept-lines.ts'
import { outcomeOf } from '../run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => {
  configureBudgets({})
  return telemetry.shutdown()
})

/** Never settles: an agent that ignores its signal. */
const forever = (): Promise<never> => new Promise(() => {})

/** Runs an agent to its end, whatever it is. */
async function run(budget: Budget | undefined, agent: () => unknown, options: InstrumentAgentOptions<[], unknown> = {}) {
  const { lines, logger } = keptLines()
  const fn = instrumentAgent(async () => agent(), { name: 'spender', budget, logger, ...options })
  const settled = await fn().then(
    (value) => ({ value, error: undefined as unknown }),
    (error: unknown) => ({ value: undefined, error }),
  )
  return { ...settled, lines }
}

const exceeded = async (): Promise<unknown> =>
  (await telemetry.points('agent.budget.exceeded')).map(({ attributes, value }) => [attributes['budget'], value])

const spend: Record<string, readonly [Budget, () => unknown]> = {
  usd: [{ usd: 0.5 }, () => currentExecution()?.addCost(0.2)],
  tokens: [{ tokens: 50 }, () => currentExecution()?.addTokens({ input: 15, output: 5 })],
  modelCalls: [{ modelCalls: 2 }, () => recordInference({ model: 'm-1', usage: { inputTokens: 1, outputTokens: 1 } })],
  toolCalls: [{ toolCalls: 2 }, instrumentTool(() => {}, { name: 'search' })],
}

describe.each(Object.entries(spend))('a run that exceeds its budget of %s', (key, [budget, step]) => {
  test('ends at once as budget_exceeded, although its agent ignores the signal and the errors of its tools', async () => {
    let steps = 0
    let signal: AbortSignal | undefined
    const { error } = await run(budget, async () => {
      signal = currentExecution()!.signal
      for (; steps < 10 && !signal.aborted; steps += 1) {
        try {
          step()
        } catch {
          // As frameworks that report the errors of tools to the model
        }
      }
      return await forever()
    })
    expect(error).toBeInstanceOf(BudgetExceededError)
    expect(error).toMatchObject({ budget: key, limit: budget[key as keyof Budget] })
    expect(steps).toBe(3)
    expect(signal?.reason).toBe(error)
    expect(recoveryOf(error)).toMatchObject({ attempts: 1, outcome: 'not_retryable' })
    expect(await outcomeOf(telemetry)).toBe('failure not_retryable (budget_exceeded), attempts: budget_exceeded')
    expect(await exceeded()).toEqual([[budgetLabels[key as BudgetKey], 1]])
  })

  test('is not retried when its agent rejects with an error of its own, or by retryIf', async () => {
    let calls = 0
    const { error } = await run(
      budget,
      async () => {
        calls += 1
        for (let n = 0; n < 3; n += 1) step()
        throw Object.assign(new Error('mine'), { status: 503 })
      },
      { recovery: { baseDelaySeconds: 0, retryIf: () => true } },
    )
    expect(calls).toBe(1)
    expect(error).toBeInstanceOf(BudgetExceededError)
  })
})

test('a budget counts all attempts of a run', async () => {
  const { error } = await run(
    { usd: 0.5 },
    () => {
      currentExecution()?.addCost(0.3)
      throw new Error('flaky')
    },
    { recovery: { baseDelaySeconds: 0 } },
  )
  expect(error).toMatchObject({ budget: 'usd', spent: { usd: 0.6 } })
  expect(recoveryOf(error)).toMatchObject({ attempts: 2 })
})

test('a run that uses its budget exactly succeeds', async () => {
  const agent = (): string => {
    for (let n = 0; n < 10; n += 1) currentExecution()?.addCost(0.1)
    return 'done'
  }
  expect(await run({ usd: 1 }, agent)).toMatchObject({ value: 'done' })
  expect(await exceeded()).toEqual([['usd', 0]])
})

test('the tool call that exceeds the budget is not made', async () => {
  let calls = 0
  const tool = instrumentTool(() => void (calls += 1), { name: 'write' })
  await run({ toolCalls: 2 }, () => {
    for (let n = 0; n < 5; n += 1) tool()
  })
  expect(calls).toBe(2)
})

test('a tool that is an async function rejects, and does not throw, after its run was stopped', async () => {
  const rejected: unknown[] = []
  const search = instrumentTool(async () => {}, { name: 'search' })
  await run({ usd: 1 }, async () => {
    currentExecution()!.addCost(2)
    const [each] = await Promise.allSettled([search()])
    rejected.push(each)
  })
  await vi.waitFor(() => expect(rejected).toEqual([{ status: 'rejected', reason: expect.any(BudgetExceededError) }]))
})

test('a line warns once in a run at 80 %', async () => {
  const { lines } = await run({ usd: 1, tokens: 100 }, () => {
    for (const cost of [0.79, 0.05, 0.1]) currentExecution()?.addCost(cost)
    currentExecution()?.addTokens({ input: 90 })
  })
  expect(lines).toEqual(['[WARN] spender has used 84 % of its budget of 1 USD'])
})

test('the log line shows the limit and the use', async () => {
  const { lines } = await run({ tokens: 1000 }, () => currentExecution()?.addTokens({ input: 1200, output: 34 }), {
    recovery: { baseDelaySeconds: 0 },
  })
  expect(lines[0]?.replace(/[\d.]+ s /, 'N s ')).toBe(
    '[FAILED] spender gave up after 1 attempt, N s (budget_exceeded): the run exceeded its budget of 1000 tokens: 1234 tokens used',
  )
})

test('the abort reaches an HTTP request that is held open', async () => {
  const requested = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<boolean>()
  const server = createServer((_, response) => {
    response.once('close', () => aborted.resolve(!response.writableEnded))
    requested.resolve()
  }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { error } = await run({ usd: 1 }, async () => {
      const execution = currentExecution()!
      const held = fetch(`http://127.0.0.1:${port}`, { signal: execution.signal })
      await requested.promise
      execution.addCost(2)
      await held
    })
    expect(error).toBeInstanceOf(BudgetExceededError)
    expect(await aborted.promise).toBe(true)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('a stream ends with the error when its run exceeds the budget', async () => {
  const agent = instrumentAgent(
    async function* () {
      for (let n = 1; ; n += 1) {
        currentExecution()?.addTokens({ output: 10 })
        yield n
      }
    },
    { name: 'streamer', budget: { tokens: 25 }, logger: false },
  )
  const read: number[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of agent()) read.push(chunk)
  }
  await expect(reading()).rejects.toBeInstanceOf(BudgetExceededError)
  expect(read).toEqual([1, 2])
  expect(await outcomeOf(telemetry)).toBe('failure not_retryable (budget_exceeded), attempts: budget_exceeded')
})

test('a policy of the user does not continue a run that exceeded its budget', async () => {
  let calls = 0
  const policy = retry(handleAll, { maxAttempts: 5, backoff: new ConstantBackoff(0) })
  const agent = (): void => {
    calls += 1
    currentExecution()?.addCost(2)
    throw new Error('flaky')
  }
  const { error } = await run({ usd: 1 }, agent, { policy })
  expect(error).toBeInstanceOf(BudgetExceededError)
  expect(calls).toBe(1)
})

test.each([{ usd: 1 }, { daily: { usd: 1 } }])(
  'a line reports once that the budget %j cannot count a model without a price',
  async (budget) => {
    const lines: string[] = []
    const undo = configureInferences({ warn: (line) => void lines.push(line) })
    onTestFinished(undo)
    const model = `unpriced-${Object.keys(budget).join()}`
    const call = (): void => recordInference({ model, provider: 'x', usage: { inputTokens: 9, outputTokens: 9 } })
    const nested = instrumentAgent(async () => call(), { name: 'nested', logger: false })
    await run({ tokens: 1000 }, call)
    expect(lines).toEqual([])
    for (let count = 0; count < 2; count += 1) await run(budget, call)
    const cure = 'Set prices in the configuration file, or limit tokens or modelCalls, too'
    expect(lines).toEqual([
      `the budget in USD of spender counts calls of ${model} as free, because their price is unknown. ${cure}`,
    ])
    await run(budget, () => nested())
    expect(lines[1]).toContain('the budget in USD of nested')
  },
)

describe('a budget of seconds', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test.each([
    ['a pending attempt', forever],
    ['a wait between attempts', () => Promise.reject(new Error('flaky'))],
  ])('ends %s, warns at 80 % and leaves no timer behind', async (_, agent) => {
    await telemetry.shutdown()
    telemetry = await startTestTelemetry({ skipWaits: false })
    const running = run({ seconds: 10 }, agent, { recovery: { baseDelaySeconds: 60, maxDelaySeconds: 60 } })
    await vi.advanceTimersByTimeAsync(9_999)
    await vi.advanceTimersByTimeAsync(2)
    const { error, lines } = await running
    expect(error).toMatchObject({ budget: 'seconds', limit: 10 })
    expect(lines).toContain('[WARN] spender has used 80 % of its budget of 10 s')
    await vi.advanceTimersByTimeAsync(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('budgets of the configuration apply to agents that are already wrapped, and code takes precedence', async () => {
  const spends = (budget?: Budget) =>
    instrumentAgent(async () => currentExecution()?.addCost(3), { name: 'spender', budget, logger: false })
  const [plain, own] = [spends(), spends({ usd: 5 })]
  configureBudgets({ spender: { usd: 2 }, other: { usd: 1 } })
  await expect(plain()).rejects.toMatchObject({ limit: 2 })
  await own()
})

test('all problems of budgets are reported at once', () => {
  const budget = { usd: 0, tokens: 1.5, modelCalls: -1, seconds: 'x', dollars: 5 } as never
  expect(() => instrumentAgent(() => {}, { name: 'x', budget, failIf: [] })).toThrow(
    [
      'instrumentAgent: failIf must be a function or a list of functions that is not empty, got an array',
      'instrumentAgent: budget.usd must be US dollars above 0, got 0',
      'instrumentAgent: budget.tokens must be an integer >= 1, got 1.5',
      'instrumentAgent: budget.modelCalls must be an integer >= 0, got -1',
      'instrumentAgent: budget.seconds must be a number of seconds above 0, at most 2147483, got "x"',
      'instrumentAgent: budget.dollars is not an option; the options are usd, tokens, modelCalls, toolCalls, seconds, daily, got 5',
    ].join('\n'),
  )
  expect(() => configureBudgets({ a: { usd: -1 }, b: 5 as never })).toThrow(
    'configureBudgets: a.usd must be US dollars above 0, got -1\nconfigureBudgets: b must be an object, got 5',
  )
})

property.prop([
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
  fc.double({ min: 0.1, max: 5, noNaN: true }),
])('a run never continues after the call that exceeds its budget, and is never ended before', async (costs, usd) => {
  let spent = 0
  let last = 0
  const { error } = await run(
    { usd },
    () => {
      for (const cost of costs) {
        if (currentExecution()!.signal.aborted) return
        currentExecution()!.addCost(cost)
        spent += cost
        last = cost
      }
    },
    { logger: false },
  )
  expect(spent - last).toBeLessThanOrEqual(usd * (1 + 1e-8))
  expect(error !== undefined).toBe(spent > usd * (1 + 1e-9))
})

test('records and listeners see one end of a run that was ended', async () => {
  const ends: unknown[] = []
  const stop = onExecution(
    ({ type, execution }) => type === 'finished' && void ends.push([execution.outcome, execution.errorType]),
  )
  await run({ usd: 1 }, async () => {
    currentExecution()?.addCost(2)
    currentExecution()?.addCost(2)
    throw new Error('late')
  })
  stop()
  expect(ends).toEqual([['failure', 'budget_exceeded']])
})
