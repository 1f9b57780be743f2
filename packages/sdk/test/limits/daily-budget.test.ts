import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import {
  configureBudgets,
  currentExecution,
  type DailyBudget,
  DailyBudgetExceededError,
  instrumentAgent,
  instrumentTool,
  onExecution,
  recordInference,
  recoveryOf,
  startExecution,
} from '../../src/index.ts'
import { dailyBudgetLabels } from '../../src/names.ts'
import { keptLines } from '../kept-lines.ts'

let telemetry: TestTelemetry
let agents = 0
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 30, 12) })
  agents += 1
})
afterEach(() => {
  vi.useRealTimers()
  configureBudgets({})
  return telemetry.shutdown()
})

/** An agent of a name of its own: what an agent uses counts for the rest of its day. */
function spender(daily: DailyBudget, step: (amount: number) => unknown = (usd) => currentExecution()?.addCost(usd)) {
  const { lines, logger } = keptLines()
  const name = `spender-${agents}`
  let calls = 0
  const run = instrumentAgent(
    async (amount: number) => {
      calls += 1
      await step(amount)
      return 'done'
    },
    { name, budget: { daily }, logger, recovery: { baseDelaySeconds: 0 } },
  )
  return { run, lines, name, calls: () => calls }
}

const exceeded = async (): Promise<unknown> =>
  (await telemetry.points('agent.budget.exceeded'))
    .filter(({ value }) => value !== 0)
    .map(({ attributes, value }) => [attributes['budget'], value])

const spend: Record<string, readonly [DailyBudget, () => unknown]> = {
  usd: [{ usd: 0.5 }, () => currentExecution()?.addCost(0.2)],
  tokens: [{ tokens: 50 }, () => currentExecution()?.addTokens({ input: 15, output: 5 })],
  modelCalls: [{ modelCalls: 2 }, () => recordInference({ model: 'm-1', usage: { inputTokens: 1, outputTokens: 1 } })],
  toolCalls: [{ toolCalls: 2 }, instrumentTool(() => {}, { name: 'search' })],
}

describe.each(Object.entries(spend))('an agent that has used its daily budget of %s', (key, [daily, step]) => {
  test('refuses new runs until midnight UTC, and does not call the function', async () => {
    const agent = spender(daily, step)
    let refusal: unknown
    for (let run = 0; run < 5; run += 1) await agent.run(1).catch((error: unknown) => (refusal ??= error))
    const allowed = key === 'usd' || key === 'tokens' ? 3 : 2
    expect(agent.calls()).toBe(allowed)
    expect(refusal).toBeInstanceOf(DailyBudgetExceededError)
    expect(refusal).toMatchObject({ budget: key, resetsAt: Date.UTC(2026, 11, 1) })
    expect(recoveryOf(refusal)).toMatchObject({ attempts: 0, outcome: 'not_retryable' })
    expect(await exceeded()).toEqual([[dailyBudgetLabels[key as keyof typeof dailyBudgetLabels], 5 - allowed]])
    vi.setSystemTime(Date.UTC(2026, 11, 1))
    expect(await agent.run(1)).toBe('done')
  })
})

test('a refused run is a failure of the type daily_budget_exceeded without an attempt', async () => {
  configureBudgets({ [`spender-${agents}`]: { daily: { usd: 1 } } })
  const agent = spender({})
  await agent.run(1)
  const ends: unknown[] = []
  const stop = onExecution(
    ({ type, execution }) => type === 'finished' && void ends.push([execution.outcome, execution.errorType, execution.attempts]),
  )
  await expect(agent.run(1)).rejects.toThrow(
    'the agent used its daily budget of 1 USD: 1 USD used, it begins again at 2026-12-01T00:00Z',
  )
  stop()
  expect(ends).toEqual([['failure', 'daily_budget_exceeded', []]])
})

test('a run in progress continues by default, and its retries too', async () => {
  let attempts = 0
  const agent = spender({ usd: 1 }, () => {
    currentExecution()?.addCost(2)
    attempts += 1
    if (attempts < 3) throw new Error('flaky')
  })
  expect(await agent.run(1)).toBe('done')
  expect(attempts).toBe(3)
  await expect(agent.run(1)).rejects.toBeInstanceOf(DailyBudgetExceededError)
})

test('with stop, every active run is ended by the call that exceeds the daily budget', async () => {
  const agent = spender({ usd: 1, whenExceeded: 'stop' }, async (usd) => {
    currentExecution()?.addCost(usd)
    await new Promise(() => {})
  })
  const running = [agent.run(0.4), agent.run(0.4), agent.run(0.4)]
  for (const each of await Promise.allSettled(running))
    expect(each).toMatchObject({ status: 'rejected', reason: { budget: 'usd', spent: { usd: expect.closeTo(1.2) } } })
  expect(agent.calls()).toBe(3)
  expect(await exceeded()).toEqual([['daily_usd', 3]])
})

test('with warn, runs continue and one line in a day reports it', async () => {
  const agent = spender({ usd: 1, whenExceeded: 'warn' })
  for (let run = 0; run < 4; run += 1) await agent.run(0.45)
  expect(agent.lines).toEqual([
    `[WARN] ${agent.name} has used 90 % of its daily budget of 1 USD`,
    `[WARN] ${agent.name} has used its daily budget of 1 USD: its runs continue`,
  ])
  expect(await exceeded()).toEqual([])
})

test('a line warns at 80 %, and one at the limit names the time at which runs are accepted again', async () => {
  const agent = spender({ tokens: 100 }, (output) => currentExecution()?.addTokens({ output }))
  await agent.run(150)
  expect(agent.lines).toEqual([
    `[WARN] ${agent.name} has used its daily budget of 100 tokens: new runs are refused until 2026-12-01T00:00Z`,
  ])
  vi.setSystemTime(Date.UTC(2026, 11, 1))
  await agent.run(80)
  await agent.run(20)
  expect(agent.lines.slice(1)).toEqual([
    `[WARN] ${agent.name} has used 80 % of its daily budget of 100 tokens`,
    `[WARN] ${agent.name} has used its daily budget of 100 tokens: new runs are refused until 2026-12-02T00:00Z`,
  ])
})

test('agents of the same name share one daily budget, and what an agent calls counts in its own', async () => {
  const child = instrumentAgent(async () => currentExecution()?.addCost(5), { name: `child-${agents}`, logger: false })
  const agent = spender({ usd: 1 }, () => child())
  await agent.run(1)
  const same = instrumentAgent(async () => currentExecution()?.addCost(1), {
    name: agent.name,
    budget: { daily: { usd: 1 } },
    logger: false,
  })
  await same()
  await expect(agent.run(1)).rejects.toBeInstanceOf(DailyBudgetExceededError)
})

test('a clock that goes back over midnight does not begin a new day', async () => {
  const agent = spender({ usd: 1 })
  vi.setSystemTime(Date.UTC(2026, 11, 1, 0, 0, 1))
  await agent.run(1)
  vi.setSystemTime(Date.UTC(2026, 10, 30, 23, 59, 59))
  await expect(agent.run(1)).rejects.toBeInstanceOf(DailyBudgetExceededError)
})

test('a clock that was a year ahead for a while does not refuse runs for a year', async () => {
  const agent = spender({ usd: 1 })
  vi.setSystemTime(Date.UTC(2027, 10, 30))
  await agent.run(1)
  vi.setSystemTime(Date.UTC(2026, 10, 30))
  await agent.run(1)
  await expect(agent.run(1)).rejects.toBeInstanceOf(DailyBudgetExceededError)
})

test('a run that is started by hand has an aborted signal, does not call its code and counts as a failure', async () => {
  configureBudgets({ [`by-hand-${agents}`]: { daily: { usd: 1 } } })
  startExecution(`by-hand-${agents}`).complete({ success: true, metrics: { estimatedCost: 1 } })
  const refused = startExecution(`by-hand-${agents}`)
  expect(refused.signal.reason).toBeInstanceOf(DailyBudgetExceededError)
  expect(() => refused.within(() => 'called')).toThrow(DailyBudgetExceededError)
  refused.complete({ success: true })
  expect(await telemetry.points('agent.failures')).toMatchObject([
    { attributes: { 'error.type': 'daily_budget_exceeded' }, value: 1 },
  ])
})

property.prop([
  fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { maxLength: 30 }),
  fc.double({ min: 0.1, max: 5, noNaN: true }),
])('runs one after the other never spend more than the daily budget and the last run', async (costs, usd) => {
  agents += 1
  const agent = spender({ usd })
  let spent = 0
  let last = 0
  for (const cost of costs) {
    const isDone = await agent.run(cost).then(
      () => true,
      () => false,
    )
    expect(isDone).toBe(spent < usd * (1 - 1e-9))
    if (isDone) spent += last = cost
  }
  expect(spent - last).toBeLessThanOrEqual(usd)
})

test('a test does not find the daily budget used up by the test before it', async () => {
  const { run, calls } = spender({ usd: 1 })
  await run(1)
  await expect(run(1)).rejects.toThrow(DailyBudgetExceededError)
  await telemetry.shutdown()
  telemetry = await startTestTelemetry()
  expect(await run(1)).toBe('done')
  expect(calls()).toBe(2)
})

test('all problems of a daily budget are reported at once', () => {
  const daily = { usd: 0, tokens: 1.5, whenExceeded: 'never', seconds: 5 } as never
  expect(() => configureBudgets({ a: { daily }, b: { daily: 5 as never } })).toThrow(
    [
      'configureBudgets: a.daily.usd must be US dollars above 0, got 0',
      'configureBudgets: a.daily.tokens must be an integer >= 1, got 1.5',
      "configureBudgets: a.daily.whenExceeded must be 'refuse', 'stop' or 'warn', got \"never\"",
      'configureBudgets: a.daily.seconds is not an option; the options are usd, tokens, modelCalls, toolCalls, whenExceeded, got 5',
      'configureBudgets: b.daily must be an object, got 5',
    ].join('\n'),
  )
})
