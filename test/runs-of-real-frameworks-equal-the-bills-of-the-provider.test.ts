import { propagation } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { AgentInstrumentation } from '@swarmwatch/instrumentation'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import type { ModelRequest } from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { kindsOf, type Played, playRun, situations } from './framework-runs/play-run.ts'
import { costOf, price, readRows, rowOf } from './framework-runs/run-table.ts'
import { frameworksToTest } from './frameworks-to-test.ts'

const frameworks = await frameworksToTest()
const rows = await readRows()

describe.skipIf(Object.keys(frameworks).length === 0)('an agent of a real framework', () => {
  let telemetry: TestTelemetry
  let agents: AgentInstrumentation
  beforeAll(async () => {
    telemetry = await startTestTelemetry()
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    agents = new AgentInstrumentation({ prices: { m: price }, warn: () => {} })
  })
  afterAll(async () => {
    agents.disable()
    propagation.disable()
    await telemetry.shutdown()
  })

  test('is in the table of docs/model-calls.md in every situation', () => {
    const all = Object.keys(frameworks).flatMap((name) =>
      situations.flatMap((situation) => kindsOf(situation).map((kind) => `${name}, ${kind}, ${situation.name}`)),
    )
    expect(rows.map((cells) => cells.slice(0, 3).join(', '))).toEqual(all)
  })

  test.for(rows)('%s, %s, %s: is recorded as documented', async ([name = '', kind, of, ...cells]) => {
    const situation = situations.find((each) => each.name === of)!
    await using played = await playRun(name, frameworks[name]!, kind as 'plain' | 'stream', situation)
    expect(rowOf(played)).toEqual(cells)
    if (of === 'ok') expect(played.received).toBe('answer-marker')
    expectBilled(played)
    for (const request of played.provider.requests) expectTraced(request, played)
  })

  test('shows no prompt, answer, argument, result or key in what is exported', async () => {
    const spans = telemetry.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
    expect(spans.length).toBeGreaterThan(rows.length)
    expect(JSON.stringify([spans, await telemetry.metrics()])).not.toContain('-marker')
  })

  /** Tokens, cost and tries of the run are those of the provider. */
  function expectBilled({ run, provider }: Played): void {
    const billed = provider.billed()
    expect({
      input: run.inputTokens,
      output: run.outputTokens,
      cached: run.cachedInputTokens,
      usd: run.costUsd.toFixed(9),
      httpTries: run.httpTries,
      ofAttempts: run.attempts.reduce((sum, { httpTries }) => sum + httpTries, 0),
    }).toEqual({
      input: billed.inputTokens,
      output: billed.outputTokens,
      cached: billed.cacheReadInputTokens,
      usd: costOf(billed).toFixed(9),
      httpTries: provider.requests.length,
      ofAttempts: provider.requests.length,
    })
  }

  /** The request names the span of its try, which is a part of the run's trace. */
  function expectTraced({ headers }: ModelRequest, { run }: Played): void {
    const [, traceId, spanId] = /^00-([\da-f]{32})-([\da-f]{16})-01$/.exec(String(headers['traceparent'])) ?? []
    expect(traceId).toBe(run.traceId)
    const span = telemetry.spans().find((each) => each.spanContext().spanId === spanId)
    expect(span?.attributes).toMatchObject({ 'gen_ai.request.model': 'm' })
  }
})
