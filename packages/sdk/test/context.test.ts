import { AsyncResource } from 'node:async_hooks'
import { setImmediate as soon, setTimeout as after } from 'node:timers/promises'

import { trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, getActiveExecutions, getExecutionMetrics, instrumentAgent, instrumentTool } from '../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const quick = { recovery: { maxRetries: 3, baseDelaySeconds: 0 }, logger: false } as const

/** A small repeatable source of chance (mulberry32). */
function chance(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Lets others run for a random while, by every kind of waiting there is. */
async function interleave(random: () => number): Promise<void> {
  for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) {
    const kind = random()
    if (kind < 0.4) await Promise.resolve()
    else if (kind < 0.7) await soon()
    else if (kind < 0.9) await new Promise<void>((done) => process.nextTick(done))
    else await after(1)
  }
}

const activeSpan = (): ReadableSpan => trace.getActiveSpan() as unknown as ReadableSpan

test('1,000 runs at once, with tools, nested agents and retries, never see each other', async () => {
  const random = chance(42)
  const wrong: string[] = []
  const check = (holds: boolean, what: string): void => void (holds || wrong.push(what))

  const tool = instrumentTool(
    async (run: number) => {
      await interleave(random)
      check(currentExecution()?.state.get('run') === run, 'a tool is in its run')
      check(activeSpan().name === 'execute_tool lookup', 'the span of the tool is active inside it')
      await interleave(random)
      return run
    },
    { name: 'lookup' },
  )
  const inner = instrumentAgent(
    async (run: number, outerId: string) => {
      const execution = currentExecution()!
      check(execution.agentName === 'inner' && execution.id !== outerId, 'a nested agent is a run of its own')
      check(execution.state.size === 0, 'a nested agent has a state of its own')
      execution.state.set('run', run)
      await interleave(random)
      check(currentExecution() === execution, 'the nested run is kept across waiting')
      return tool(run)
    },
    { name: 'inner', ...quick },
  )
  const outer = instrumentAgent(
    async (run: number, failures: number) => {
      const execution = currentExecution()!
      const { attempt, state, previousErrors, id } = execution
      check(attempt === 1 || state.get('run') === run, 'the state is that of the attempts before')
      state.set('run', run)
      check(
        previousErrors.length === attempt - 1 &&
          previousErrors.every((error, n) => (error as Error).message === `${run}/${n + 1}`),
        'the earlier errors are its own',
      )
      await interleave(random)
      check((await tool(run)) === run, 'a tool gives its own value')
      check((await inner(run, id)) === run, 'a nested agent gives its own value')
      await interleave(random)
      check(currentExecution() === execution && execution.attempt === attempt, 'run and attempt are kept across waiting')
      check(activeSpan().name === `attempt ${attempt}`, 'the span of the attempt is active')
      if (attempt <= failures) throw new Error(`${run}/${attempt}`)
      return run
    },
    { name: 'outer', ...quick },
  )
  const runs = Array.from({ length: 1000 }, (_, run) => run)
  const results = await Promise.all(
    runs.map(async (run) => {
      await interleave(random)
      return outer(run, run % 4)
    }),
  )
  expect(results).toEqual(runs)
  expect([...new Set(wrong)]).toEqual([])
  expect(getActiveExecutions()).toEqual([])

  const spans = telemetry.spans()
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  const paths = new Map<string, number>()
  for (let span of spans) {
    const names = [span.name]
    while (span.parentSpanContext && (span = byId.get(span.parentSpanContext.spanId)!)) names.unshift(span.name)
    const path = names.join(' > ')
    paths.set(path, (paths.get(path) ?? 0) + 1)
  }
  const expected = new Map([['invoke_agent outer', 1000]])
  for (const [attempt, calls] of [1000, 750, 500, 250].entries()) {
    const root = `invoke_agent outer > attempt ${attempt + 1}`
    const nested = ['', ' > execute_tool lookup', ' > invoke_agent inner']
    for (const below of [
      ...nested,
      ' > invoke_agent inner > attempt 1',
      ' > invoke_agent inner > attempt 1 > execute_tool lookup',
    ])
      expected.set(root + below, calls)
  }
  expect(paths).toEqual(expected)
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1000)
})

test('context, state and arguments are the same objects in every attempt', async () => {
  const seen: unknown[][] = []
  const context = Object.freeze({ requirements: ['AUTH-001'] })
  const task = { goal: 'build' }
  const agent = instrumentAgent(
    async (given: object) => {
      const execution = currentExecution()!
      seen.push([given, execution.context, execution.state])
      if (execution.attempt < 3) throw new Error('again')
    },
    { name: 'builder', context, ...quick },
  )
  await agent(task)
  expect(seen).toHaveLength(3)
  for (const [given, itsContext, state] of seen) {
    expect(given).toBe(task)
    expect(itsContext).toBe(context)
    expect(state).toBe(seen[0]![2])
  }
})

test('each attempt has a signal of its own that does not abort by itself, and keeps it', async () => {
  const signals: AbortSignal[] = []
  const agent = instrumentAgent(
    async () => {
      const execution = currentExecution()!
      signals.push(execution.signal)
      await soon()
      expect(execution.signal).toBe(signals.at(-1))
      if (execution.attempt === 1) throw new Error('again')
    },
    { name: 'builder', ...quick },
  )
  await agent()
  expect(signals.map((signal) => signal.aborted)).toEqual([false, false])
  expect(signals[0]).not.toBe(signals[1])
})

test('work that continues after its run still has that run, and code outside of runs has none', async () => {
  let later: Promise<unknown> | undefined
  const agent = instrumentAgent(
    async () => {
      later = soon().then(() => currentExecution()?.agentName)
    },
    { name: 'builder', ...quick },
  )
  await agent()
  expect(await later).toBe('builder')
  expect(currentExecution()).toBeUndefined()
})

test('an amount, an attribute or a tool call that comes after the end of a run changes neither counter nor span nor record', async () => {
  const lookUp = instrumentTool(async () => 'found', { name: 'look_up' })
  let late = async (): Promise<void> => {}
  const agent = instrumentAgent(
    async () => {
      const execution = currentExecution()!
      execution.addTokens({ input: 1, output: 1 })
      await lookUp()
      late = AsyncResource.bind(async () => {
        execution.addTokens({ input: 10, output: 10 })
        execution.addCost(5)
        execution.setAttribute('late', true)
        await lookUp()
      })
    },
    { name: 'writer', ...quick },
  )
  await agent()
  await late()
  const tokens = await telemetry.points('agent.tokens')
  expect(tokens.map(({ value }) => value)).toEqual([1, 1])
  expect(await telemetry.points('agent.cost.usd')).toEqual([])
  const root = telemetry.spans().find(({ name }) => name === 'invoke_agent writer')!
  expect(root.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 1,
    'gen_ai.usage.output_tokens': 1,
    'swarmwatch.tool.calls': 1,
  })
  expect(root.attributes).not.toHaveProperty('late')
  const { recent } = getExecutionMetrics()
  expect(recent[0]).toMatchObject({ inputTokens: 1, outputTokens: 1, costUsd: 0, toolCalls: 1 })
  const trips = await telemetry.points('swarmwatch.guard.trips')
  expect(trips).toMatchObject([{ value: 3, attributes: { where: 'option' } }])
})
