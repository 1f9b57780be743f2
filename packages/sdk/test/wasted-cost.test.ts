import { fc, test } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test as plain } from 'vitest'

import { currentExecution, instrumentAgent } from '../src/index.ts'
import { metric } from '../src/names.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

/** Cost of an attempt, and the status that it fails with; 0 succeeds. */
type Fate = readonly [usd: number, status: number]

let names = 0

/** Runs an agent once with these attempts; the last one repeats. */
async function run(fates: readonly Fate[], name = `agent-${names++}`): Promise<string> {
  const agent = instrumentAgent(
    async () => {
      const execution = currentExecution()!
      const [usd, status] = fates[Math.min(execution.attempt, fates.length) - 1]!
      execution.addCost(usd, { model: 'm-1' })
      if (status !== 0) throw Object.assign(new Error('no'), { status })
    },
    { name, logger: false, recovery: { baseDelaySeconds: 0 } },
  )
  await agent().catch(() => {})
  return name
}

async function valuesOf(name: string, series: { readonly name: string }): Promise<Record<string, number>> {
  const all = await telemetry.metrics()
  const points = (all.find((data) => data.name === series.name)?.points ?? []).filter(
    ({ attributes }) => attributes['agent.name'] === name,
  )
  return Object.fromEntries(
    points.map(({ attributes: { waste, 'error.type': errorType }, value }) => [
      [waste as string, errorType as string].filter(Boolean).join(' '),
      value as number,
    ]),
  )
}

describe('the cost of', () => {
  plain.for<[string, readonly Fate[], Record<string, number>]>([
    ['a run that succeeds at once is no waste', [[0.5, 0]], {}],
    [
      'a failed attempt before a success is waste',
      [
        [0.25, 503],
        [0.5, 429],
        [1, 0],
      ],
      { 'retried 503': 0.25, 'retried 429': 0.5 },
    ],
    ['a run that fails is waste, its retries apart', [[0.5, 503]], { 'failed 503': 0.5, 'useless_retry 503': 1.5 }],
    ['a run that fails without a retry has no useless one', [[0.5, 401]], { 'failed 401': 0.5 }],
    [
      'attempts that were refused without a cost is no waste',
      [
        [0, 429],
        [0, 429],
        [1, 0],
      ],
      {},
    ],
  ])('%s', async ([, fates, expected]) => {
    expect(await valuesOf(await run(fates), metric.wastedCost)).toEqual(expected)
  })

  plain('a run that its caller cancels is waste', async () => {
    const agent = instrumentAgent(
      async (signal: AbortSignal) => {
        currentExecution()!.addCost(0.75)
        cancelled.abort(new Error('stop'))
        signal.throwIfAborted()
      },
      { name: 'agent-cancelled', logger: false },
    )
    const cancelled = new AbortController()
    await agent(cancelled.signal).catch(() => {})
    expect(await valuesOf('agent-cancelled', metric.wastedCost)).toEqual({ 'cancelled cancelled': 0.75 })
  })
})

plain('a run that recovers is counted with the error of its first attempt', async () => {
  expect(
    await valuesOf(
      await run([
        [1, 503],
        [1, 429],
        [1, 0],
      ]),
      metric.recoveries,
    ),
  ).toEqual({ '503': 1 })
  expect(await valuesOf(await run([[1, 0]]), metric.recoveries)).toEqual({})
  expect(await valuesOf(await run([[1, 503]]), metric.recoveries)).toEqual({})
})

test.prop([
  fc.array(fc.tuple(fc.integer({ min: 0, max: 64 }), fc.constantFrom(0, 0, 429, 503, 401)), { minLength: 1, maxLength: 5 }),
])('waste is never more than the cost of the run, and all of it if the run fails', async (fates) => {
  const name = await run(fates)
  const [total = 0] = Object.values(await valuesOf(name, metric.cost))
  const wasted = Object.values(await valuesOf(name, metric.wastedCost)).reduce((sum, value) => sum + value, 0)
  const [failures = 0] = Object.values(await valuesOf(name, metric.failures))
  expect(wasted).toBeLessThanOrEqual(total)
  if (failures > 0) expect(wasted).toBe(total)
})
