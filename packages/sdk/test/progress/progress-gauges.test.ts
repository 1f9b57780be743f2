import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import {
  currentExecution,
  getActiveExecutions,
  getProgress,
  instrumentAgent,
  instrumentTool,
  startExecution,
  type AgentProgress,
} from '../../src/index.ts'
import { exportStuckRuns } from '../../src/instrumentation.ts'
import { metric, type Metric } from '../../src/names.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry({ skipWaits: false })
  vi.useFakeTimers()
})
afterEach(async () => {
  exportStuckRuns(false)
  vi.useRealTimers()
  await telemetry.shutdown()
})

const options = { logger: false, recovery: { maxRetries: 1, baseDelaySeconds: 600, maxDelaySeconds: 600 } } as const
const after = (seconds: number): Promise<void> => new Promise((done) => void setTimeout(done, seconds * 1000))
const advance = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)
const valueOf = async (of: Metric, agentName: string): Promise<unknown> =>
  (await telemetry.points(of.name, agentName)).map(({ value }) => value)
const progressOf = (agentName: string): AgentProgress => getProgress().find((each) => each.agentName === agentName)!
const isStuck = (agentName: string): boolean[] => getActiveExecutions({ agentName }).map((run) => run.isStuck)

let names = 0
/** An agent with a name of its own, so that it has no earlier runs. */
function agentWith<Args extends unknown[]>(fn: (...args: Args) => Promise<unknown>) {
  const name = `gauged-${(names += 1)}`
  return { name, agent: instrumentAgent(fn, { name, ...options }) }
}

/** Runs an agent 20 times for `seconds` each, so that this is its usual duration. */
async function runUsually(agentName: string, seconds: number): Promise<void> {
  for (let run = 0; run < 20; run += 1) startExecution(agentName).complete({ success: true, metrics: { duration: seconds } })
}

test('the gauges show the oldest run, the one without progress for longest, and the paused ones', async () => {
  const { name, agent } = agentWith(async (fate: 'silent' | 'busy' | 'paused') => {
    if (fate === 'paused') currentExecution()!.pause('approval')
    for (let n = 0; n < 10; n += 1) {
      await after(10)
      if (fate === 'busy') currentExecution()!.progress()
    }
  })
  const paused = agent('paused')
  await advance(30)
  const busy = agent('busy')
  const silent = agent('silent')
  await advance(45)
  expect(await valueOf(metric.oldestActive, name)).toEqual([75])
  expect(await valueOf(metric.lastProgress, name)).toEqual([45])
  expect(await valueOf(metric.paused, name)).toEqual([1])
  await advance(200)
  await Promise.all([paused, busy, silent])
  for (const gauge of [metric.oldestActive, metric.lastProgress, metric.paused]) expect(await valueOf(gauge, name)).toEqual([0])
})

test('a run that waits for its retry, and the run that waits for it, are not without progress', async () => {
  const child = agentWith(async () => {
    throw new Error('flaky')
  })
  const parent = agentWith(() => child.agent())
  const settled = parent.agent().catch(() => {})
  await advance(300)
  expect([progressOf(child.name).slowest, progressOf(parent.name).slowest]).toEqual([undefined, undefined])
  expect(isStuck(parent.name)).toEqual([false])
  await advance(3_000)
  await settled
})

describe('a run is stuck', () => {
  const hanging = () => agentWith(() => after(10_000))

  test('after three times the 99th percentile of its agent', async () => {
    const { name, agent } = hanging()
    await runUsually(name, 20)
    void agent()
    await advance(56)
    expect(isStuck(name)).toEqual([false])
    await advance(9)
    expect(isStuck(name)).toEqual([true])
    await advance(10_000)
  })

  test('not before 30 s, however short the runs of its agent are', async () => {
    const { name, agent } = hanging()
    await runUsually(name, 0.1)
    void agent()
    await advance(30)
    expect(isStuck(name)).toEqual([false])
    await advance(1)
    expect(isStuck(name)).toEqual([true])
    await advance(10_000)
  })

  test('after 15 minutes, while fewer than 20 runs of its agent have succeeded', async () => {
    const { name, agent } = hanging()
    void agent()
    await advance(900)
    expect(isStuck(name)).toEqual([false])
    await advance(1)
    expect(isStuck(name)).toEqual([true])
    await advance(10_000)
  })

  test('never while its long tool makes progress', async () => {
    const tool = instrumentTool(
      async () => {
        for (let n = 0; n < 100; n += 1) {
          await after(20)
          currentExecution()!.progress(`part ${n}`)
        }
      },
      { name: 'long' },
    )
    const { name, agent } = agentWith(() => tool())
    await runUsually(name, 1)
    const running = agent()
    for (let n = 0; n < 100; n += 1) {
      expect(isStuck(name)).toEqual([false])
      await advance(20)
    }
    await running
  })
})

describe('the id of a run', () => {
  const ids = async (): Promise<unknown> =>
    (await telemetry.points(metric.stuckRun.name)).map(({ attributes, value }) => ({ ...attributes, value }))
  const tool = instrumentTool(() => after(1_000), { name: 'search' })

  test('is exported, with its last step, only while its progress is overdue', async () => {
    exportStuckRuns(true)
    const { name, agent } = agentWith(async () => {
      currentExecution()!.progress('a note with the name of a customer')
      await tool()
    })
    await runUsually(name, 40)
    const running = agent()
    await advance(35)
    expect(await ids()).toEqual([])
    await advance(10)
    expect(await ids()).toEqual([
      {
        'agent.name': name,
        'swarmwatch.execution.id': getActiveExecutions({ agentName: name })[0]!.id,
        'swarmwatch.last.step': 'tool call started: search',
        value: 45,
      },
    ])
    await advance(1_000)
    await running
  })

  test('does not come with a note of progress(), which may contain anything', async () => {
    exportStuckRuns(true)
    const { agent } = agentWith(async () => {
      currentExecution()!.progress('a note with the name of a customer')
      await after(100)
    })
    void agent()
    await advance(60)
    expect(await ids()).toMatchObject([{ 'swarmwatch.last.step': 'progress()' }])
    await advance(100)
  })

  test('is exported for the worst run of an agent, and for at most 10 agents', async () => {
    exportStuckRuns(true)
    for (let n = 0; n < 12; n += 1) {
      const { agent } = agentWith(() => after(200))
      void agent()
      void agent()
    }
    await advance(60)
    expect(await ids()).toHaveLength(10)
    await advance(200)
  })

  test('is not exported unless the readers forget what is no longer observed', async () => {
    const { agent } = agentWith(() => after(200))
    void agent()
    await advance(60)
    expect(await ids()).toEqual([])
    await advance(200)
  })
})
