import { context, propagation, SpanKind, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { instrumentAgent } from '@swarmwatch/sdk'
import { startTestTelemetry } from '@swarmwatch/testing'
import { expect, onTestFinished, test } from 'vitest'

import { AgentInstrumentation } from '../../src/agent-instrumentation.ts'
import { startScriptedServer } from './scripted-server.ts'

let ids = 0

interface SetUp {
  /** HTTP instrumentations, enabled before and after ours. */
  readonly before?: () => { disable(): void }
  readonly after?: (agents: AgentInstrumentation) => { disable(): void }
  /** Sends the request of the agent; the default is a plain `fetch`. */
  readonly send?: (url: string, init: RequestInit) => Promise<unknown>
}

/** Runs an agent with one model call; returns the raw trace headers that the server received, and the client spans. */
async function observed({ before, after, send = fetch }: SetUp) {
  const exporter = new InMemorySpanExporter()
  const telemetry = await startTestTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const first = before?.()
  const agents = new AgentInstrumentation({ frameworks: ['wire'], warn: () => {} })
  const last = after?.(agents)
  onTestFinished(async () => {
    for (const each of [first, agents, last]) each?.disable()
    propagation.disable()
    await telemetry.shutdown()
  })
  const { url, received } = await startScriptedServer({
    pieces: [
      JSON.stringify({ id: `trace-${(ids += 1)}`, model: 'm', choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } }),
    ],
  })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":"m"}' }
  const agent = instrumentAgent(async () => send(`${url}/v1/chat/completions`, init), {
    name: 'caller',
    logger: false,
    recovery: false,
  })
  await agent()
  const { rawHeaders } = received[0]!
  const sent = (header: string): string[] =>
    rawHeaders.flatMap((name, at) => (name.toLowerCase() === header ? [rawHeaders[at + 1]!] : []))
  const spans = exporter.getFinishedSpans()
  const [traceparents, tracestates] = [sent('traceparent'), sent('tracestate')]
  return { traceparents, tracestates, clients: spans.filter(({ kind }) => kind === SpanKind.CLIENT), spans, telemetry }
}

const headerOf = (span: ReadableSpan): string => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`

test('a model request carries the context of its model call', async () => {
  const { traceparents, clients } = await observed({})
  expect(clients.map(({ name }) => name)).toEqual(['chat m'])
  expect(traceparents).toEqual([headerOf(clients[0]!)])
})

test('a model request has one client span if an HTTP instrumentation leaves it out', async () => {
  const { traceparents, clients } = await observed({
    after: (agents) => new UndiciInstrumentation({ ignoreRequestHook: (request) => agents.isModelRequest(request) }),
  })
  expect(clients.map(({ name }) => name)).toEqual(['chat m'])
  expect(traceparents).toEqual([headerOf(clients[0]!)])
})

test.each([
  ['before', { before: () => new UndiciInstrumentation() }],
  ['after', { after: () => new UndiciInstrumentation() }],
] as const)('a model request carries one valid context if another HTTP instrumentation was enabled %s', async (_, setUp) => {
  const { traceparents, clients } = await observed(setUp)
  expect(clients.map(({ name }) => name).toSorted()).toEqual(['POST', 'chat m'])
  expect(traceparents).toEqual([headerOf(clients.find(({ name }) => name === 'POST')!)])
})

test('a context that the client sets itself is replaced by that of the model call', async () => {
  const { traceparents, clients } = await observed({
    send: (url, init) => {
      const headers = { ...(init.headers as Record<string, string>) }
      propagation.inject(context.active(), headers)
      expect(headers['traceparent']).toBeDefined()
      return fetch(url, { ...init, headers })
    },
  })
  expect(traceparents).toEqual([headerOf(clients[0]!)])
})

test('a context of another trace that the client sets is replaced by that of the model call, with its state', async () => {
  const other = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'other=1' }
  const { traceparents, tracestates, clients } = await observed({
    send: (url, init) => fetch(url, { ...init, headers: { ...(init.headers as object), ...other } }),
  })
  expect(traceparents).toEqual([headerOf(clients[0]!)])
  expect(tracestates).toEqual([])
})

test('a model call inside a span that another library made for it has no second one, and its context is sent once', async () => {
  const { traceparents, clients, telemetry } = await observed({
    send: (url, init) =>
      trace
        .getTracer('com.anthropic.sdk.typescript')
        .startActiveSpan('chat m', { kind: SpanKind.CLIENT, attributes: { 'gen_ai.operation.name': 'chat' } }, async (span) => {
          await fetch(url, init).then((response) => response.text())
          span.end()
        }),
  })
  expect(clients).toHaveLength(1)
  expect(traceparents).toEqual([headerOf(clients[0]!)])
  expect(telemetry.executions('caller')[0]!.tokens).toMatchObject({ input: 3, output: 1 })
})
