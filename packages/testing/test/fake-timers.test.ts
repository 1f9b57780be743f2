import { mock } from 'node:test'

import { afterEach, expect, test, vi } from 'vitest'

import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import { startTestTelemetry } from '../src/index.ts'

afterEach(() => void vi.useRealTimers())

const everything = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'Date',
  'performance',
  'hrtime',
] as const

const clocks: Readonly<Record<string, () => () => void>> = {
  'vitest stops by default': () => {
    vi.useFakeTimers()
    return () => void vi.useRealTimers()
  },
  'stops everything but nextTick': () => {
    vi.useFakeTimers({ toFake: [...everything] })
    return () => void vi.useRealTimers()
  },
  'node:test stops': () => {
    mock.timers.enable()
    return () => mock.timers.reset()
  },
}

test.each(Object.entries(clocks))('agents retry, record and shut down while the clock is one that %s', async (_who, stop) => {
  const restore = stop()
  try {
    const telemetry = await startTestTelemetry()
    const tool = instrumentTool(async () => 'found', { name: 'look' })
    let calls = 0
    const agent = instrumentAgent(
      async () => {
        await tool()
        if (++calls < 4) throw Object.assign(new Error('busy'), { status: 503 })
        return 'done'
      },
      { name: 'patient', logger: false },
    )
    expect(await agent()).toBe('done')
    telemetry.expectExecution('patient', { outcome: 'success', attempts: 4, waits: [5, 15, 30] })
    expect(await telemetry.sum('agent.retries', { 'agent.name': 'patient' })).toBe(3)
    await telemetry.shutdown()
  } finally {
    restore()
  }
})

test('without skipped waits the clock of the test decides: 5, 15 and 30 s and nothing more', async () => {
  vi.useFakeTimers()
  await using telemetry = await startTestTelemetry({ skipWaits: false })
  const agent = instrumentAgent(async () => Promise.reject(Object.assign(new Error('busy'), { status: 503 })), {
    name: 'slow',
    logger: false,
  })
  const result = agent().catch(() => 'failed')
  for (const seconds of [5, 15, 30]) {
    expect(telemetry.executions('slow')).toEqual([])
    await vi.advanceTimersByTimeAsync(seconds * 1_000)
  }
  expect(await result).toBe('failed')
  telemetry.expectExecution('slow', { outcome: 'failure', attempts: 4, durationSeconds: (seconds) => seconds === 50 })
})

test('a second test telemetry is refused while one runs, and the first goes on', async () => {
  await using first = await startTestTelemetry()
  await expect(startTestTelemetry()).rejects.toThrow(
    /^startTestTelemetry\(\) was called while another test telemetry runs in this process: .*Call shutdown\(\)/,
  )
  await instrumentAgent(async () => 'done', { name: 'a' })()
  first.expectExecution('a', { outcome: 'success' })
})

test('of two test telemetries that start at once one is refused; after a shutdown the next one starts', async () => {
  const both = await Promise.allSettled([startTestTelemetry(), startTestTelemetry()])
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  for (const each of both) if (each.status === 'fulfilled') await each.value.shutdown()
  await (await startTestTelemetry()).shutdown()
})
