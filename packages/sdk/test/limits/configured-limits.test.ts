import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { configureBudgets, configureQuality, instrumentAgent } from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  // Gauges exist from the first run on
  await instrumentAgent(async () => {}, { name: 'idle', logger: false })()
})
afterEach(() => {
  configureBudgets({})
  configureQuality({})
  return telemetry.shutdown()
})

const gauge = async (name: string): Promise<unknown> =>
  (await telemetry.points(name)).map(({ attributes, value }) => [...Object.values(attributes), value])

test('the daily limits of agents that have run are exported, as they are configured now', async () => {
  configureBudgets({ planner: { daily: { usd: 50, modelCalls: 9 } }, other: { daily: { usd: 1 } } })
  await instrumentAgent(async () => 1, { name: 'planner', logger: false })()
  expect(await gauge('agent.budget.daily_limit')).toEqual([
    ['planner', 'usd', 50],
    ['planner', 'model_calls', 9],
  ])
})

test('objectives are exported by agent and evaluation', async () => {
  configureQuality({ reviewer: { faithfulness: 0.8, Style: 4 } })
  expect(await gauge('agent.evaluation.objective')).toEqual([
    ['reviewer', 'faithfulness', 0.8],
    ['reviewer', 'Style', 4],
  ])
})

test('all problems of objectives are reported at once, and the earlier ones stay', async () => {
  configureQuality({ reviewer: { faithfulness: 0.8 } })
  expect(() => configureQuality({ a: { x: 0, y: Number.NaN }, b: 5 } as never)).toThrow(
    [
      'configureQuality: a.x must be a score above 0, got 0',
      'configureQuality: a.y must be a score above 0, got NaN',
      'configureQuality: b must be an object, got 5',
    ].join('\n'),
  )
  expect(() => configureQuality({ a: Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`e${n}`, 1])) })).toThrow(
    'configureQuality: quality must have at most 500 objectives, got 501',
  )
  expect(await gauge('agent.evaluation.objective')).toEqual([['reviewer', 'faithfulness', 0.8]])
})
