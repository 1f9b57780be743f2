import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import {
  BudgetExceededError,
  configureBudgets,
  configureLoops,
  currentExecution,
  getActiveExecutions,
  getExecutionMetrics,
  instrumentAgent,
  instrumentTool,
  LoopError,
  recoveryOf,
  startExecution,
} from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => {
  configureBudgets({})
  configureLoops({})
  return telemetry.shutdown()
})

const forever = (): Promise<never> => new Promise(() => {})
const quiet = { logger: false, recovery: { baseDelaySeconds: 0 } } as const
const outcomes = async (): Promise<unknown> =>
  (await telemetry.points('agent.executions'))
    .filter(({ value }) => value !== 0)
    .map(({ attributes, value }) => [attributes['agent.name'], attributes['outcome'], value])
    .toSorted((one, other) => String(one).localeCompare(String(other)))

test('what agents use that a run calls, at any depth, is part of its use', async () => {
  const grandchild = instrumentAgent(async () => currentExecution()?.addCost(0.4), { ...quiet, name: 'grandchild' })
  const child = instrumentAgent(async () => grandchild(), { ...quiet, name: 'child' })
  const parent = instrumentAgent(
    async () => {
      currentExecution()?.addCost(0.4)
      for (let call = 0; call < 5; call += 1) await child()
    },
    { ...quiet, name: 'parent', budget: { usd: 1 } },
  )
  const error: unknown = await parent().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BudgetExceededError)
  expect(error).toMatchObject({ budget: 'usd', limit: 1, spent: { usd: expect.closeTo(1.2) } })
  expect(recoveryOf(error)).toMatchObject({ attempts: 1, outcome: 'not_retryable' })
  expect((await telemetry.points('agent.budget.exceeded')).filter(({ value }) => value !== 0)).toMatchObject([
    { attributes: { 'agent.name': 'parent', budget: 'usd' }, value: 1 },
  ])
})

test('an active child is cancelled with its parent, although it ignores its signal, and calls no tool any more', async () => {
  let calls = 0
  let childSignal: AbortSignal | undefined
  const tool = instrumentTool(() => void (calls += 1), { name: 'write' })
  const child = instrumentAgent(
    async () => {
      const execution = currentExecution()!
      childSignal = execution.signal
      for (let step = 0; step < 10; step += 1) {
        try {
          execution.addCost(0.3)
          tool()
        } catch {
          // As frameworks that report the errors of tools to the model
        }
      }
      await forever()
    },
    { ...quiet, name: 'child' },
  )
  const parent = instrumentAgent(async () => Promise.allSettled([child(), child()]), {
    ...quiet,
    name: 'parent',
    budget: { usd: 1 },
  })
  const error: unknown = await parent().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BudgetExceededError)
  expect(childSignal?.reason).toBe(error)
  expect(calls).toBe(3)
  await vi.waitFor(async () =>
    expect(await outcomes()).toEqual([
      ['child', 'cancelled', 2],
      ['parent', 'failure', 1],
    ]),
  )
  expect(getActiveExecutions()).toEqual([])
})

test('a child with a budget of its own is ended by it, and its parent handles the error', async () => {
  const child = instrumentAgent(async () => currentExecution()?.addCost(0.3), { ...quiet, name: 'child', budget: { usd: 0.2 } })
  const parent = instrumentAgent(async () => (await child().catch((error: Error) => error.name)) ?? 'none', {
    ...quiet,
    name: 'parent',
    budget: { usd: 1 },
  })
  expect(await parent()).toBe('BudgetExceededError')
  expect(await outcomes()).toEqual([
    ['child', 'failure', 1],
    ['parent', 'success', 1],
  ])
})

test('a child that is started after its parent was stopped is not called', async () => {
  let calls = 0
  const started = Promise.withResolvers<unknown>()
  const child = instrumentAgent(async () => void (calls += 1), { ...quiet, name: 'child' })
  const parent = instrumentAgent(
    async () => {
      const execution = currentExecution()!
      // The run has not ended yet when its signal aborts
      execution.signal.addEventListener('abort', () => started.resolve(child().catch((error: unknown) => error)), { once: true })
      execution.addCost(2)
    },
    { ...quiet, name: 'parent', budget: { usd: 1 } },
  )
  await expect(parent()).rejects.toBeInstanceOf(BudgetExceededError)
  expect(await started.promise).toBeInstanceOf(BudgetExceededError)
  expect(calls).toBe(0)
})

test('a stream of a child ends with its parent as cancelled', async () => {
  const child = instrumentAgent(
    async function* () {
      for (let n = 0; ; n += 1) {
        currentExecution()?.addTokens({ output: 10 })
        yield n
      }
    },
    { ...quiet, name: 'child' },
  )
  const parent = instrumentAgent(
    async () => {
      for await (const _ of child());
    },
    { ...quiet, name: 'parent', budget: { tokens: 35 } },
  )
  await expect(parent()).rejects.toBeInstanceOf(BudgetExceededError)
  await vi.waitFor(async () =>
    expect(await outcomes()).toEqual([
      ['child', 'cancelled', 1],
      ['parent', 'failure', 1],
    ]),
  )
})

test('an active run and its copy show what is used of its budget, children included; a late child changes nothing', async () => {
  const late = Promise.withResolvers<void>()
  const child = instrumentAgent(
    async (isLate: boolean) => {
      if (isLate) await late.promise
      currentExecution()?.addCost(0.25)
    },
    { ...quiet, name: 'child' },
  )
  let background: Promise<unknown> | undefined
  let active: unknown
  const parent = instrumentAgent(
    async () => {
      await child(false)
      background = child(true)
      active = getActiveExecutions({ agentName: 'parent' })[0]?.budget
    },
    { ...quiet, name: 'parent', budget: { usd: 1, seconds: 60 } },
  )
  await parent()
  late.resolve()
  await background
  const used = { usd: 0.25, tokens: 0, modelCalls: 0, toolCalls: 0 }
  expect(active).toEqual({ limits: { usd: 1, seconds: 60 }, used })
  expect(getExecutionMetrics({ recent: 1, agentName: 'parent' }).recent[0]?.budget?.used).toEqual(used)
})

test('a run that is started by hand has the budget of the configuration, for its own use and that of agents in it', async () => {
  configureBudgets({ 'by-hand': { usd: 1 } })
  const child = instrumentAgent(async () => currentExecution()?.addCost(0.6), { ...quiet, name: 'child' })
  const execution = startExecution('by-hand')
  expect(execution.signal.aborted).toBe(false)
  await execution.within(() => child())
  await expect(execution.within(() => child())).rejects.toBeInstanceOf(BudgetExceededError)
  expect(execution.signal.reason).toBeInstanceOf(BudgetExceededError)
  expect(() => execution.within(() => 'called')).toThrow('the run exceeded its budget of 1 USD: 1.2 USD used')
  execution.complete({ success: true })
  expect(await telemetry.points('agent.failures')).toMatchObject([
    { attributes: { 'agent.name': 'by-hand', 'error.type': 'budget_exceeded' }, value: 1 },
  ])
})

test('a child that is started by hand is cancelled with the run that it is part of', async () => {
  const parent = instrumentAgent(
    async () => {
      const child = startExecution('by-hand')
      try {
        child.within(() => currentExecution()?.addCost(2))
        child.within(() => 'called')
      } finally {
        child.complete({ success: true })
      }
    },
    { ...quiet, name: 'parent', budget: { usd: 1 } },
  )
  await expect(parent()).rejects.toBeInstanceOf(BudgetExceededError)
  await vi.waitFor(async () => expect(await outcomes()).toContainEqual(['by-hand', 'cancelled', 1]))
})

test('the loop limit of the configuration ends a run of an agent that is already wrapped, and code takes precedence', async () => {
  const search = instrumentTool((_: string) => {}, { name: 'search' })
  const repeats = (loop?: { sameToolCall: number }) =>
    instrumentAgent(
      async () => {
        for (let call = 0; call < 4; call += 1) search('same')
      },
      { ...quiet, name: 'searcher', loop },
    )
  const [plain, own] = [repeats(), repeats({ sameToolCall: 10 })]
  configureLoops({ searcher: { sameToolCall: 3 }, other: { sameToolCall: 1 } })
  await expect(plain()).rejects.toBeInstanceOf(LoopError)
  await own()
})

test('all problems of configured loop limits are reported at once', () => {
  const loops = { a: { sameToolCall: 0, except: 5 }, b: 5, c: { sameToolCall: 1, other: 1 } } as never
  expect(() => configureLoops(loops)).toThrow(
    [
      'configureLoops: a.sameToolCall must be an integer >= 1, got 0',
      'configureLoops: a.except must be a list of names of tools, got 5',
      'configureLoops: b must be an object, got 5',
      'configureLoops: c.other is not an option; the options are sameToolCall, except, got 1',
    ].join('\n'),
  )
})
