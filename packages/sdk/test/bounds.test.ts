import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, getExecutionMetrics, instrumentAgent, instrumentTool } from '../src/index.ts'
import { beginToolCall, recordMcpOperation } from '../src/instrumentation.ts'
import { keptLines } from './kept-lines.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const labels = async (metricName: string, label: string): Promise<unknown[]> => [
  ...new Set((await telemetry.points(metricName)).map(({ attributes }) => attributes[label])),
]

test('a metric has at most 10 variants of an agent, 50 models, 100 tools, 100 error types; the rest has one name', async () => {
  const agent = instrumentAgent(
    async (number: number) => {
      currentExecution()?.addTokens({ input: 1, model: `model-${number}` })
      instrumentTool(() => {}, { name: `tool-${number}` })()
      throw Object.assign(new Error(), { code: `CODE_${number}` })
    },
    { name: 'various', variant: (number) => `variant-${number}`, recovery: false, logger: false },
  )
  for (let number = 0; number < 150; number += 1) await agent(number).catch(() => {})
  expect(await labels('agent.execution.duration', 'swarmwatch.variant')).toHaveLength(11)
  expect(await labels('agent.tokens', 'gen_ai.request.model')).toHaveLength(51)
  expect(await labels('gen_ai.execute_tool.duration', 'gen_ai.tool.name')).toHaveLength(101)
  expect(await labels('agent.failures', 'error.type')).toHaveLength(101)
  expect(await labels('agent.tokens', 'gen_ai.request.model')).toContain('__other__')
  expect(await labels('agent.failures', 'error.type')).toContain('_OTHER')
})

test('MCP metrics have at most 100 tools of each side, 50 servers and 20 codes, and tool calls 100 error types', async () => {
  const agent = instrumentAgent(async () => {}, { name: 'caller', logger: false })
  await agent()
  for (let number = 0; number < 150; number += 1) {
    const statusCode = String(-33_000 - number)
    const connection = { 'server.address': '127.0.0.1', 'server.port': 40_000 + number, 'mcp.protocol.version': `v${number}` }
    for (const side of ['client', 'server'] as const)
      recordMcpOperation({ side, tool: `mcp-${number}`, seconds: 0.1, connection, errorType: statusCode, statusCode })
    beginToolCall({ name: 'mcp', source: 'mcp' }).fail(new Error(), statusCode)
  }
  const client = 'mcp.client.operation.duration'
  expect(await labels(client, 'server.port')).toHaveLength(51)
  expect(await labels(client, 'server.address')).toEqual(['127.0.0.1', '__other__'])
  expect(await labels(client, 'rpc.response.status_code')).toHaveLength(21)
  expect(await labels(client, 'mcp.protocol.version')).toHaveLength(21)
  expect((await labels(client, 'gen_ai.tool.name')).length).toBeLessThanOrEqual(101)
  expect(await labels('mcp.server.operation.duration', 'gen_ai.tool.name')).toHaveLength(101)
  for (const name of [client, 'gen_ai.execute_tool.duration'])
    expect((await labels(name, 'error.type')).length).toBeLessThanOrEqual(102)
})

test('the 101st agent name is __other__ in metrics and unchanged in spans and lines, and this is logged once', async () => {
  const { lines, logger } = keptLines()
  const fail = (): Promise<never> => Promise.reject(new Error())
  for (let number = 0; number < 120; number += 1) {
    await instrumentAgent(fail, { name: `agent-${number}`, recovery: false, logger })().catch(() => {})
  }
  const names = await labels('agent.executions', 'agent.name')
  expect(names).toContain('__other__')
  expect(names).toHaveLength(101)
  expect(lines.filter((line) => line.startsWith('[WARN]'))).toEqual([
    '[WARN] more than 100 agent names in this process: the others are counted as __other__',
  ])
  expect(telemetry.spans('invoke_agent agent-119')[0]!.attributes['gen_ai.agent.name']).toBe('agent-119')
  expect(lines.at(-1)).toContain('agent-119')
})

test('the last 1,000 executions are kept and no more, newest first, and later changes do not reach what was given out', async () => {
  const agent = instrumentAgent(async (number: number) => currentExecution()?.setAttribute('n', number), { name: 'agent-0' })
  for (let number = 0; number < 1_100; number += 1) await agent(number)
  const { recent } = getExecutionMetrics()
  expect(recent).toHaveLength(1_000)
  expect(new Set(recent.map(({ id }) => id)).size).toBe(1_000)
  expect(recent[0]!.startedAt).toBeGreaterThanOrEqual(recent[999]!.startedAt)
  expect(getExecutionMetrics({ recent: 3 }).recent).toEqual(recent.slice(0, 3))
  expect(getExecutionMetrics({ recent: -1 }).recent).toEqual([])
  recent[0]!.attempts.length = 0
  expect(getExecutionMetrics().recent[0]!.attempts).toHaveLength(1)
})

test('a log line is ASCII, whatever the name of the agent', async () => {
  const { lines, logger } = keptLines()
  await instrumentAgent(() => Promise.reject(new Error()), { name: 'ag\u{202e}ent\n\u{1f680}', recovery: false, logger })().catch(
    () => {},
  )
  expect(lines).toEqual(['[FAILED] ag?ent??? gave up after 1 attempt, 0.0 s (Error)'])
})
