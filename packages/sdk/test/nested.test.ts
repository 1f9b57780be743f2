import { startTestTelemetry, type RecordedHistogram, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { getExecutionMetrics, getSystemHealth, instrumentAgent, startExecution } from '../src/index.ts'
import { monitor } from '../src/monitor/monitor.ts'
import { metric } from '../src/names.ts'

let telemetry: TestTelemetry
let windowSeconds = 300
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  // A window of another length begins empty
  monitor.setWindow((windowSeconds += 1))
})
afterEach(() => telemetry.shutdown())

const once = { recovery: false, logger: false } as const

/** Values of a counter, by its labels; what the swarm counts has no agent. */
async function counts(of: { readonly name: string }): Promise<Record<string, number>> {
  const data = (await telemetry.metrics()).find(({ name }) => name === of.name)
  return Object.fromEntries(
    (data?.points ?? []).map(({ attributes, value }) => [Object.values(attributes).join(' '), value as number]),
  )
}

/** 20 executions of a parent that fails 7 times, each with a child that never fails. */
async function parentFails(): Promise<void> {
  const child = instrumentAgent(async () => 'found', { name: 'child', ...once })
  const parent = instrumentAgent(
    async (n: number) => {
      await child()
      await child()
      if (n < 7) throw new Error('wrong answer')
    },
    { name: 'parent', ...once },
  )
  for (let n = 0; n < 20; n += 1) await parent(n).catch(() => {})
}

test('health and the system error rate count root executions, so that a child that never fails does not dilute them', async () => {
  await parentFails()
  expect(getSystemHealth()).toMatchObject({ errorRate: 0.35, executions: 20 })
  expect(await counts(metric.errorRate)).toEqual({ '': 0.35 })
  expect(await counts(metric.swarmExecutions)).toEqual({ success: 13, failure: 7, cancelled: 0 })
  const durations = (await telemetry.metrics()).find(({ name }) => name === metric.swarmExecutionDuration.name)!
  expect(durations.points.map(({ value }) => (value as RecordedHistogram).count)).toEqual([7, 13])
})

test('each agent keeps its own rate, counters and durations, and the totals of the process count every execution', async () => {
  const before = getExecutionMetrics()
  await parentFails()
  const after = getExecutionMetrics()
  expect([after.executions - before.executions, after.failures - before.failures]).toEqual([60, 7])
  expect(after.agents.filter(({ agentName }) => ['child', 'parent'].includes(agentName))).toMatchObject([
    { agentName: 'child', successRate: 1 },
    { agentName: 'parent', successRate: 0.65 },
  ])
  expect(await counts(metric.executions)).toMatchObject({ 'child success': 40, 'parent success': 13, 'parent failure': 7 })
})

test('a child whose failures its parent handles costs the swarm no health', async () => {
  const child = instrumentAgent(() => Promise.reject(new Error('not found')), { name: 'child', ...once })
  await instrumentAgent(() => child().catch(() => 'without it'), { name: 'parent', ...once })()
  expect(getSystemHealth()).toMatchObject({ errorRate: 0, executions: 1 })
})

test('a slow child does not count in addition to its parent in the durations of the swarm', async () => {
  const root = startExecution('parent')
  root.within(() => startExecution('child')).complete({ success: true, metrics: { duration: 100 } })
  root.complete({ success: true, metrics: { duration: 2 } })
  expect(getSystemHealth()).toMatchObject({ averageSeconds: 2, p95Seconds: 2 })
})

describe('a root execution is one that', () => {
  /** The runs that ended last, the newest first, and whether each is a root execution. */
  const newest = (count: number): [string, boolean][] =>
    getExecutionMetrics()
      .recent.slice(0, count)
      .map(({ agentName, parentId }) => [agentName, parentId === undefined])

  test('is started outside of any other', async () => {
    await instrumentAgent(async () => 1, { name: 'alone', ...once })()
    expect(newest(1)).toEqual([['alone', true]])
  })

  test('is started by work that a finished execution left behind', async () => {
    const late = Promise.withResolvers<void>()
    const agent = instrumentAgent(async () => 1, { name: 'later', ...once })
    let left: Promise<unknown> | undefined
    await instrumentAgent(async () => void (left = late.promise.then(() => agent())), { name: 'starter', ...once })()
    late.resolve()
    await left
    expect(newest(2)).toEqual([
      ['later', true],
      ['starter', true],
    ])
  })

  test('is not started within a run of any depth, by a generator or by hand', async () => {
    const inner = instrumentAgent(async () => startExecution('by-hand').complete({ success: true }), { name: 'inner', ...once })
    const generator = instrumentAgent(
      async function* () {
        await inner()
        yield 1
      },
      { name: 'generator', ...once },
    )
    for await (const chunk of generator()) expect(chunk).toBe(1)
    expect(newest(3)).toEqual([
      ['generator', true],
      ['inner', false],
      ['by-hand', false],
    ])
  })
})

test('the swarm shows its three outcomes with 0 as soon as an agent is wrapped', async () => {
  instrumentAgent(async () => 1, { name: 'new', ...once })
  expect(await counts(metric.swarmExecutions)).toEqual({ success: 0, failure: 0, cancelled: 0 })
})
