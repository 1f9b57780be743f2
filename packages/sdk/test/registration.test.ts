import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { metrics, trace } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { currentExecution, instrumentAgent, instrumentTool } from '../src/index.ts'
import { keptLines } from './kept-lines.ts'
import { outcomeOf } from './run-watch.ts'

const registered: TestTelemetry[] = []
async function register(): Promise<TestTelemetry> {
  const telemetry = await startTestTelemetry()
  registered.push(telemetry)
  return telemetry
}
afterEach(async () => {
  for (const telemetry of registered.splice(0)) await telemetry.shutdown()
})

/** An agent that runs until the test ends it, and the number of runs that a telemetry sees as active. */
function lasting() {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { agent: instrumentAgent(() => promise, { name: 'lasting', logger: false }), end: () => resolve('done') }
}
const active = async (telemetry: TestTelemetry): Promise<unknown[]> =>
  (await telemetry.points('active_executions', 'lasting')).map(({ value }) => value)

describe('in any order', () => {
  test('wrapped first and registered later: everything from then on', async () => {
    const agent = instrumentAgent(async () => 'done', { name: 'early', logger: false })
    expect(await agent()).toBe('done')
    const telemetry = await register()
    expect(await agent()).toBe('done')
    expect(telemetry.spans().map(({ name }) => name)).toEqual(['attempt 1', 'invoke_agent early'])
    const executions = await telemetry.points('agent.executions', 'early')
    expect(executions.map(({ attributes, value }) => [attributes['outcome'], value])).toEqual([
      ['success', 1],
      ['failure', 0],
      ['cancelled', 0],
    ])
  })

  test('registered first and wrapped later', async () => {
    const telemetry = await register()
    await instrumentAgent(async () => 'done', { name: 'writer', logger: false })()
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
  })

  test('registered during a run: it is active from the first recording on, and no longer when it has ended', async () => {
    const before = lasting()
    const run = before.agent()
    const telemetry = await register()
    const other = lasting()
    const otherRun = other.agent()
    expect(await active(telemetry)).toEqual([2])
    before.end()
    await run
    expect(await active(telemetry)).toEqual([1])
    other.end()
    await otherRun
    expect(await active(telemetry)).toEqual([0])
    expect(telemetry.spans().map(({ name }) => name)).toEqual(['attempt 1', 'invoke_agent lasting'])
  })

  test('a provider that replaces another: each records its own part, and no run is counted twice', async () => {
    const first = await register()
    const { agent, end } = lasting()
    const run = agent()
    expect(await active(first)).toEqual([1])
    await first.shutdown()
    const second = await register()
    end()
    await run
    expect(await active(second)).toEqual([0])
    const again = lasting()
    const next = again.agent()
    again.end()
    await next
    expect(second.spans().map(({ name }) => name)).toEqual(['attempt 1', 'invoke_agent lasting'])
    expect(await active(second)).toEqual([0])
  })

  test('a provider that is removed: the agent continues', async () => {
    const telemetry = await register()
    const agent = instrumentAgent(async () => 'done', { name: 'writer', logger: false })
    await agent()
    await telemetry.shutdown()
    expect(await agent()).toBe('done')
    expect(telemetry.spans()).toHaveLength(2)
  })
})

test('without an OpenTelemetry SDK, agents recover, tools work, runs are available in code, and nothing else is printed', async () => {
  trace.disable()
  metrics.disable()
  const consoles = (['log', 'warn', 'error', 'info', 'debug'] as const).map((level) => vi.spyOn(console, level))
  const { lines, logger } = keptLines()
  const tool = instrumentTool(async (n: number) => n * 2, { name: 'double' })
  const agent = instrumentAgent(
    async (n: number) => {
      if (currentExecution()?.attempt === 1) throw new Error('once')
      return tool(n)
    },
    { name: 'writer', recovery: { baseDelaySeconds: 0 }, logger },
  )
  expect(await agent(21)).toBe(42)
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['[RETRY]', '[SUCCESS]'])
  for (const spy of consoles) {
    expect(spy).not.toHaveBeenCalled()
    spy.mockRestore()
  }
})

test('two copies of the package in one process share monitor, current execution, listeners, recovery defaults and instruments', async () => {
  const packageFolder = join(import.meta.dirname, '..')
  // Inside the package, so that the copy finds its dependencies
  const copy = await mkdtemp(join(packageFolder, '.tsc-copy-'))
  try {
    await cp(join(packageFolder, 'src'), copy, { recursive: true })
    const indexes = [join(packageFolder, 'src/index.ts'), join(copy, 'index.ts')]
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'two-copies.mjs'), ...indexes])
    expect(JSON.parse(stdout)).toEqual({
      copiesDiffer: true,
      agentName: 'outer',
      attempt: 2,
      tool: 'outer',
      inner: 'inner',
      activeInBoth: [1, 1],
      heard: [
        'started outer',
        'waiting outer',
        'started inner',
        'finished inner',
        'finished outer',
        'started fails',
        'finished fails',
      ],
      recoveryOf: 'fails',
      sameTotals: true,
      executions: 3,
      instruments: 1,
      counted: [
        ['inner', 1],
        ['outer', 1],
        ['fails', 1],
      ],
      healthScores: [1],
    })
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
})
