import { trace } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  currentExecution,
  executeWithRecovery,
  getActiveExecutions,
  getExecutionMetrics,
  instrumentAgent,
  instrumentTool,
  startExecution,
} from '../src/index.ts'
import { spanTree } from './span-tree.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const quick = { recovery: { baseDelaySeconds: 0 }, logger: false } as const

test('the record of a run names the trace of its spans and when it ended; without recorded spans it names none', async () => {
  const agent = instrumentAgent(async () => getActiveExecutions()[0]!.traceId, { name: 'traced' })
  const during = await agent()
  const traceId = telemetry.spans()[0]!.spanContext().traceId
  const [run] = getExecutionMetrics({ recent: 1 }).recent
  expect([during, run?.traceId]).toEqual([traceId, traceId])
  expect(run!.endedAt).toBeGreaterThanOrEqual(run!.startedAt)
  await telemetry.shutdown()
  expect(await agent()).toBeUndefined()
})

test('a run that recovers is one root span without error, with a child for each attempt and tool', async () => {
  const search = instrumentTool(async (query: string) => query.length, { name: 'search', description: 'Searches.' })
  let calls = 0
  const agent = instrumentAgent(
    async () => {
      calls += 1
      if (calls === 1) throw Object.assign(new Error('slow down'), { status: 429 })
      return search('a query')
    },
    { name: 'reviewer', description: 'Reviews code.', variant: 'b', attributes: { team: 'core' }, ...quick },
  )
  await agent()
  expect(spanTree(telemetry)).toMatchInlineSnapshot(`
    [
      {
        "attributes": {
          "feature_flag.key": "reviewer",
          "feature_flag.result.variant": "b",
          "gen_ai.agent.description": "Reviews code.",
          "gen_ai.agent.name": "reviewer",
          "gen_ai.operation.name": "invoke_agent",
          "swarmwatch.attempt.count": 2,
          "swarmwatch.execution.id": "string",
          "swarmwatch.retry.outcome": "recovered",
          "swarmwatch.tool.calls": 1,
          "swarmwatch.variant": "b",
          "team": "core",
        },
        "children": [
          {
            "attributes": {
              "error.type": "429",
              "gen_ai.agent.name": "reviewer",
              "swarmwatch.attempt.number": 1,
            },
            "children": [],
            "name": "attempt 1",
            "status": [
              "ERROR",
              "slow down",
            ],
          },
          {
            "attributes": {
              "gen_ai.agent.name": "reviewer",
              "swarmwatch.attempt.number": 2,
              "swarmwatch.retry.wait": "number",
            },
            "children": [
              {
                "attributes": {
                  "gen_ai.agent.name": "reviewer",
                  "gen_ai.operation.name": "execute_tool",
                  "gen_ai.tool.description": "Searches.",
                  "gen_ai.tool.name": "search",
                  "gen_ai.tool.type": "function",
                },
                "children": [],
                "name": "execute_tool search",
              },
            ],
            "name": "attempt 2",
          },
        ],
        "name": "invoke_agent reviewer",
      },
    ]
  `)
})

test('a run that fails permanently is an error with its type, one exception event, and no message in the type', async () => {
  const agent = instrumentAgent(() => Promise.reject(new RangeError('out of tokens')), {
    name: 'reviewer',
    recovery: false,
    logger: false,
  })
  await agent().catch(() => {})
  expect(spanTree(telemetry)).toMatchInlineSnapshot(`
    [
      {
        "attributes": {
          "error.type": "RangeError",
          "gen_ai.agent.name": "reviewer",
          "gen_ai.operation.name": "invoke_agent",
          "swarmwatch.attempt.count": 1,
          "swarmwatch.execution.id": "string",
          "swarmwatch.retry.outcome": "exhausted",
        },
        "children": [
          {
            "attributes": {
              "error.type": "RangeError",
              "gen_ai.agent.name": "reviewer",
              "swarmwatch.attempt.number": 1,
            },
            "children": [],
            "name": "attempt 1",
            "status": [
              "ERROR",
              "out of tokens",
            ],
          },
        ],
        "events": [
          [
            "exception",
            [
              "exception.type",
              "exception.message",
              "exception.stacktrace",
            ],
          ],
        ],
        "name": "invoke_agent reviewer",
        "status": [
          "ERROR",
          "out of tokens",
        ],
      },
    ]
  `)
})

test('a run that its caller cancels is no error', async () => {
  const controller = new AbortController()
  const agent = instrumentAgent(
    async (_task: string, { signal }: { signal: AbortSignal }) => {
      controller.abort(new Error('no longer needed'))
      signal.throwIfAborted()
    },
    { name: 'reviewer', logger: false },
  )
  await expect(agent('x', { signal: controller.signal })).rejects.toThrow('no longer needed')
  expect(spanTree(telemetry)).toMatchInlineSnapshot(`
    [
      {
        "attributes": {
          "gen_ai.agent.name": "reviewer",
          "gen_ai.operation.name": "invoke_agent",
          "swarmwatch.attempt.count": 1,
          "swarmwatch.execution.id": "string",
          "swarmwatch.retry.outcome": "aborted",
        },
        "children": [
          {
            "attributes": {
              "gen_ai.agent.name": "reviewer",
              "swarmwatch.attempt.number": 1,
            },
            "children": [],
            "name": "attempt 1",
          },
        ],
        "name": "invoke_agent reviewer",
      },
    ]
  `)
})

test('the root span has the usage of the model, summed over the attempts, and the attributes that the agent set', async () => {
  await executeWithRecovery(
    async () => {
      const execution = currentExecution()!
      execution.addTokens({ input: 100, output: 20, model: 'm-1' })
      execution.addCost(0.01, { model: 'm-1' })
      execution.setAttribute('files', 3)
      if (execution.attempt < 3) throw new Error('again')
    },
    { agentName: 'rapid-builder', ...quick },
  )
  expect(telemetry.spans('invoke_agent rapid-builder')[0]!.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 300,
    'gen_ai.usage.output_tokens': 60,
    'swarmwatch.cost.usd': expect.closeTo(0.03),
    files: 3,
    'swarmwatch.attempt.count': 3,
  })
})

test('a run that was started by hand has one attempt and its metrics as attributes', () => {
  const execution = startExecution('rapid-builder', { task: 'build API' })
  execution.within(() => trace.getActiveSpan()?.setAttribute('inside', true))
  execution.complete({ success: true, metrics: { files_created: 5, duration: 45.2, estimatedCost: 0.15 } })
  execution.complete({ success: false })
  expect(spanTree(telemetry)).toMatchInlineSnapshot(`
    [
      {
        "attributes": {
          "gen_ai.agent.name": "rapid-builder",
          "gen_ai.operation.name": "invoke_agent",
          "swarmwatch.attempt.count": 1,
          "swarmwatch.cost.usd": 0.15,
          "swarmwatch.execution.id": "string",
          "swarmwatch.metric.files_created": 5,
          "swarmwatch.retry.outcome": "first_try",
        },
        "children": [
          {
            "attributes": {
              "gen_ai.agent.name": "rapid-builder",
              "inside": true,
              "swarmwatch.attempt.number": 1,
            },
            "children": [],
            "name": "attempt 1",
          },
        ],
        "name": "invoke_agent rapid-builder",
      },
    ]
  `)
})

test('the span that is active around a call is the parent of its root span', async () => {
  const agent = instrumentAgent(async () => 'done', { name: 'reviewer' })
  await trace.getTracer('test').startActiveSpan('request', async (span) => {
    await agent()
    span.end()
  })
  expect(telemetry.spans('invoke_agent reviewer')[0]!.parentSpanContext?.spanId).toBe(
    telemetry.spans('request')[0]!.spanContext().spanId,
  )
})
