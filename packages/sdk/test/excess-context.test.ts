import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, instrumentAgent } from '../src/index.ts'
import { metric } from '../src/names.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

type Call = readonly [model: string, input: number]

test.for<[string, readonly Call[], number]>([
  [
    'a context that grows to its double has no excess',
    [
      ['m', 1_000],
      ['m', 1_500],
      ['m', 2_000],
    ],
    0,
  ],
  [
    'each call counts its part beyond the double',
    [
      ['m', 1_000],
      ['m', 5_000],
      ['m', 9_000],
    ],
    3_000 + 7_000,
  ],
  [
    'a small first call of another model is no measure',
    [
      ['router', 50],
      ['m', 4_000],
      ['m', 8_000],
    ],
    0,
  ],
  ['one call has no excess', [['m', 100_000]], 0],
])('%s', async ([name, calls, expected]) => {
  const agent = instrumentAgent(
    async () => {
      for (const [model, input] of calls) currentExecution()!.addTokens({ input, output: 10, model })
    },
    { name, logger: false },
  )
  await agent()
  expect(await excessOf(name)).toBe(expected)
})

test('a retry begins with a context of its own', async () => {
  const agent = instrumentAgent(
    async () => {
      const execution = currentExecution()!
      for (const input of execution.attempt === 1 ? [100, 150] : [1_000, 1_900]) execution.addTokens({ input, model: 'm' })
      if (execution.attempt === 1) throw Object.assign(new Error('no'), { status: 503 })
    },
    { name: 'retried', logger: false, recovery: { baseDelaySeconds: 0 } },
  )
  await agent()
  expect(await excessOf('retried')).toBe(0)
})

async function excessOf(name: string): Promise<number> {
  const data = (await telemetry.metrics()).find((each) => each.name === metric.excessContext.name)
  const points = (data?.points ?? []).filter(({ attributes }) => attributes['agent.name'] === name)
  return points.reduce((sum, { value }) => sum + (value as number), 0)
}
