import { startTestTelemetry, type RecordedHistogram, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { systemClock, useClock } from '../src/clock.ts'
import {
  configureQuality,
  currentExecution,
  instrumentAgent,
  instrumentTool,
  startExecution,
  type ManualExecution,
} from '../src/index.ts'
import { beginInference, configureInferences, exportStuckRuns, recordMcpOperation } from '../src/instrumentation.ts'
import { metric, type Metric } from '../src/names.ts'
import { loadBreakers } from '../src/provider/breaker.ts'
import { providerOf } from '../src/provider/learn.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  configureQuality({ judged: { Relevance: 0.7 } })
})
afterEach(() => {
  configureQuality({})
  return telemetry.shutdown()
})

const quick = { recovery: { baseDelaySeconds: 0.001, exponentialFactor: 1 }, logger: false } as const

/** A run with everything: a failed attempt, a tool, tokens, cost, a variant; and one that fails permanently. */
async function everything(name: string, alsoDo = (): void => {}): Promise<void> {
  const tool = instrumentTool((fails: boolean) => (fails ? Promise.reject(Object.assign(new Error('no'), { status: 503 })) : 1), {
    name: `${name}-tool`,
  })
  const agent = instrumentAgent(
    async (fails: boolean) => {
      currentExecution()?.addTokens({ input: 3, output: 2, model: 'm-1' })
      currentExecution()?.addTokens({ input: 7, output: 3, model: 'm-1' })
      currentExecution()?.addCost(0.5, { model: 'm-1' })
      currentExecution()?.addScore('Relevance', 0.8)
      alsoDo()
      await tool(fails)
      if (fails || currentExecution()?.attempt === 1) throw Object.assign(new Error('no'), { status: 503 })
    },
    {
      name,
      variant: () => ({ experiment: 'counted', variant: 'b', share: 1, group: 3 }),
      budget: { usd: 100, daily: { usd: 100 } },
      ...quick,
    },
  )
  await agent(false)
  await agent(true).catch(() => {})
}

/** A streamed call with all tokens, one without usage, and one that fails. */
function modelCalls(): void {
  const usage = { inputTokens: 9, outputTokens: 5, cacheReadInputTokens: 4, cacheWriteInputTokens: 2, reasoningOutputTokens: 3 }
  const begin = () => beginInference({ source: 'wire', model: 'm-1', serverAddress: 'localhost', serverPort: 8080 })
  begin().end({ status: 200, usage, responseModel: 'm-1-2', firstChunkSeconds: 0.2, chunkSeconds: [0.01] })
  begin().end({ status: 200, responseModel: 'm-1-2' })
  begin().end({ status: 503, responseModel: 'm-1-2' })
}

/** A provider with a breaker and quotas, of which a retry was avoided. */
async function limitedProvider(): Promise<void> {
  await loadBreakers()
  const called = { provider: 'openai', model: 'm-1' }
  const state = providerOf({ ...called, serverAddress: undefined })
  state.needBreaker({})
  state.retryAvoided('breaker')
  const retryHeaders = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '59' }
  beginInference({ source: 'wire', ...called }).end({ status: 200, usage: { inputTokens: 1, outputTokens: 1 }, retryHeaders })
}

/** A failed tool call over MCP, as both sides see it. */
function mcpCalls(): void {
  const connection = {
    'mcp.protocol.version': '2025-11-25',
    'mcp.session.id': 'session-1',
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
    'server.address': 'localhost',
    'server.port': 8080,
  }
  const failed = { tool: 'add', seconds: 0.3, connection, errorType: '-32603', statusCode: '-32603' }
  for (const side of ['client', 'server'] as const) recordMcpOperation({ side, ...failed })
}

/** Starts a run that has made no progress for a minute. */
function startLongAgo(agentName: string): ManualExecution {
  const restore = useClock(() => ({ ...systemClock, wallClock: () => Date.now() - 60_000 }))
  const execution = startExecution(agentName)
  restore()
  return execution
}

test('every instrument of the contract comes out with its name, kind, unit, buckets and labels, and no other', async () => {
  const undo = configureInferences({ seesEveryCall: true })
  const once = instrumentTool(async () => 1, { name: 'everything-once', once: true })
  await everything('everything', () => {
    modelCalls()
    void once()
  })
  mcpCalls()
  await limitedProvider()
  undo()
  exportStuckRuns(true)
  const stuck = startLongAgo('everything')
  const seen = new Map((await telemetry.metrics()).map((data) => [data.name, data]))
  exportStuckRuns(false)
  stuck.complete({ success: true })
  // Nothing went wrong, so nothing was swallowed
  const expected = Object.values(metric).filter(({ name }) => name !== metric.guardTrips.name)
  expect([...seen.keys()].toSorted()).toEqual(expected.map(({ name }) => name).toSorted())
  for (const of of expected) {
    const data = seen.get(of.name)!
    expect(data).toMatchObject({ unit: of.unit, description: of.description, kind: of.kind })
    const labels = new Set(data.points.flatMap(({ attributes }) => Object.keys(attributes)))
    expect([...labels].toSorted(), of.name).toEqual([...of.attributes].toSorted())
    if (of.buckets) expect((data.points[0]!.value as RecordedHistogram).buckets.boundaries).toEqual(of.buckets)
  }
})

test('a run is counted once, whatever its attempts', async () => {
  await everything('counted')
  const run = { 'agent.name': 'counted', 'swarmwatch.variant': 'b' }
  const valueOf = async (of: Metric) =>
    (await telemetry.points(of.name, 'counted')).map(({ attributes, value }) => [attributes, value])
  expect(await valueOf(metric.executions)).toEqual([
    [{ 'agent.name': 'counted', outcome: 'success' }, 0],
    [{ 'agent.name': 'counted', outcome: 'failure' }, 0],
    [{ 'agent.name': 'counted', outcome: 'cancelled' }, 0],
    [{ ...run, outcome: 'success' }, 1],
    [{ ...run, outcome: 'failure' }, 1],
    [{ ...run, outcome: 'cancelled' }, 0],
  ])
  expect(await valueOf(metric.failures)).toEqual([[{ ...run, 'error.type': '503' }, 1]])
  expect(await valueOf(metric.retries)).toEqual([[{ 'agent.name': 'counted', 'error.type': '503' }, 4]])
  expect(await valueOf(metric.activeExecutions)).toEqual([[{ 'agent.name': 'counted' }, 0]])
  expect(await valueOf(metric.tokens)).toEqual([
    [{ ...run, 'gen_ai.request.model': 'm-1', direction: 'input' }, 60],
    [{ ...run, 'gen_ai.request.model': 'm-1', direction: 'output' }, 30],
  ])
  expect(await valueOf(metric.cost)).toEqual([[{ ...run, 'gen_ai.request.model': 'm-1' }, 3]])
  const counts = async (of: Metric) =>
    (await valueOf(of)).map(([attributes, value]) => [attributes, (value as { count: number }).count])
  expect(await counts(metric.attemptDuration)).toEqual([
    [{ 'agent.name': 'counted', outcome: 'failure' }, 5],
    [{ 'agent.name': 'counted', outcome: 'success' }, 1],
  ])
  expect(await counts(metric.retryWait)).toEqual([[{ 'agent.name': 'counted' }, 4]])
  expect(await counts(metric.invokeAgentDuration)).toEqual([
    [{ 'gen_ai.agent.name': 'counted', 'gen_ai.operation.name': 'invoke_agent' }, 1],
    [{ 'gen_ai.agent.name': 'counted', 'gen_ai.operation.name': 'invoke_agent', 'error.type': '503' }, 1],
  ])
  expect(await counts(metric.executeToolDuration)).toEqual([
    [{ 'gen_ai.tool.name': 'counted-tool', 'gen_ai.tool.type': 'function', 'gen_ai.agent.name': 'counted' }, 2],
    [
      { 'gen_ai.tool.name': 'counted-tool', 'gen_ai.tool.type': 'function', 'gen_ai.agent.name': 'counted', 'error.type': '503' },
      4,
    ],
  ])
})

test('an agent shows its three outcomes with 0 from the moment it is wrapped, and no success rate before it has run', async () => {
  instrumentAgent(async () => {}, { name: 'idle' })
  expect(await telemetry.points(undefined, 'idle')).toEqual([
    { name: 'agent.executions', attributes: { 'agent.name': 'idle', outcome: 'success' }, value: 0 },
    { name: 'agent.executions', attributes: { 'agent.name': 'idle', outcome: 'failure' }, value: 0 },
    { name: 'agent.executions', attributes: { 'agent.name': 'idle', outcome: 'cancelled' }, value: 0 },
    { name: 'active_executions', attributes: { 'agent.name': 'idle' }, value: 0 },
    { name: 'agent.model.calls', attributes: { 'agent.name': 'idle' }, value: 0 },
  ])
})

test('a run that was started by hand counts like a wrapped one, with the duration it was given', async () => {
  startExecution('by-hand').complete({ success: true, metrics: { duration: 45.2, estimatedCost: 0.15 } })
  startExecution('by-hand').complete({ success: false, error: new RangeError('no') })
  const points = await telemetry.points(undefined, 'by-hand')
  const pick = (name: string) => points.filter((point) => point.name === name).map(({ value }) => value)
  expect(pick('agent.executions')).toEqual([1, 1, 0])
  expect(pick('agent.execution.duration')).toMatchObject([{ sum: 45.2, count: 1 }, { count: 1 }])
  expect(pick('agent.cost.usd')).toEqual([0.15])
  expect(pick('active_executions')).toEqual([0])
  expect(points.find(({ name }) => name === 'agent.failures')?.attributes['error.type']).toBe('RangeError')
  expect(pick('agent.success_rate')).toEqual([0.5])
})

test('a run in progress is active until it settles', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const agent = instrumentAgent(() => promise, { name: 'busy' })
  const runs = [agent(), agent()]
  const active = async () => (await telemetry.points('active_executions', 'busy'))[0]?.value
  expect(await active()).toBe(2)
  resolve()
  await Promise.all(runs)
  expect(await active()).toBe(0)
})
