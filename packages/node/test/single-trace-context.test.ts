import { channel } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { context, propagation, trace } from '@opentelemetry/api'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { startedTelemetry } from './started-telemetry.ts'

const traceHeaders = ['traceparent', 'tracestate', 'baggage']
const foreign = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1', baggage: 'user=7,tenant=old' }

type Sent = readonly (readonly [name: string, value: string])[]

/** A server that keeps the trace headers of each request as they came over the wire. */
async function listener(): Promise<{ url: string; requests: Sent[] }> {
  const requests: Sent[] = []
  const server = createServer(({ rawHeaders }, response) => {
    const names = rawHeaders.filter((_, index) => index % 2 === 0)
    const all = names.map((name, index) => [name.toLowerCase(), rawHeaders[2 * index + 1]!] as const)
    requests.push(all.filter(([name]) => traceHeaders.includes(name)))
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests }
}

/** Telemetry whose spans can be looked at; `own` is the header of the span of a request. */
async function started(): Promise<{ own: () => string }> {
  const exporter = new InMemorySpanExporter()
  await startedTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  return {
    own() {
      const { traceId, spanId } = exporter
        .getFinishedSpans()
        .find(({ name }) => name === 'GET' || name === 'POST')!
        .spanContext()
      return `00-${traceId}-${spanId}-01`
    },
  }
}

const inRun = (call: () => Promise<unknown>): Promise<unknown> => instrumentAgent(async () => call(), { name: 'caller' })()

const shapes: Readonly<Record<string, RequestInit>> = {
  'an object': { headers: { ...foreign } },
  'names in other case': {
    headers: { TraceParent: foreign.traceparent, TRACESTATE: foreign.tracestate, Baggage: foreign.baggage },
  },
  'a list of pairs': { headers: Object.entries(foreign) },
  Headers: { headers: new Headers(foreign) },
  'the same name twice': { headers: [...Object.entries(foreign), ...Object.entries(foreign)] },
  'a body': { method: 'POST', body: 'x', headers: { ...foreign } },
}

test.each(Object.entries(shapes))(
  'a client that sets a trace context of its own (%s) sends one: that of the span of the request',
  async (_shape, init) => {
    const { url, requests } = await listener()
    const { own } = await started()
    await inRun(async () => (await fetch(url, init)).text())
    expect(requests).toEqual([
      [
        ['traceparent', own()],
        ['baggage', 'user=7,tenant=old'],
      ],
    ])
  },
)

test('outside a run the trace context of a client goes out as it is, and twice the same as one', async () => {
  const { url, requests } = await listener()
  await startedTelemetry()
  await (await fetch(url, { headers: foreign })).text()
  await (await fetch(url, { headers: [...Object.entries(foreign), ['traceparent', foreign.traceparent]] })).text()
  const one = Object.entries(foreign)
  expect(requests[0]).toEqual(one)
  expect(requests[1]?.filter(([name]) => name === 'traceparent')).toEqual([['traceparent', foreign.traceparent]])
})

test('baggage of the run and of the client is merged into one header; the run wins', async () => {
  const { url, requests } = await listener()
  await startedTelemetry()
  const active = propagation.setBaggage(context.active(), propagation.createBaggage({ tenant: { value: 'new' } }))
  await context.with(active, () => inRun(async () => (await fetch(url, { headers: { baggage: foreign.baggage } })).text()))
  expect(requests[0]?.filter(([name]) => name === 'baggage')).toEqual([['baggage', 'user=7,tenant=new']])
})

test('each redirect and each retry carries one trace context', async () => {
  const requests: Sent[] = []
  const server = createServer(({ rawHeaders, url }, response) => {
    const at = rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() === 'traceparent' ? index : []))
    requests.push(at.map((index) => ['traceparent', rawHeaders[index + 1]!] as const))
    if (url === '/') response.writeHead(307, { location: '/end' }).end()
    else response.writeHead(requests.length < 4 ? 503 : 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  await startedTelemetry()
  const agent = instrumentAgent(
    async () => {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
        headers: { ...foreign, connection: 'close' },
      })
      if (!response.ok) throw Object.assign(new Error('busy'), { status: response.status })
    },
    { name: 'patient', logger: false, recovery: { baseDelaySeconds: 0 } },
  )
  await agent()
  expect(requests.map(({ length }) => length)).toEqual([1, 1, 1, 1])
  expect(new Set(requests.map(([header]) => header?.[1].slice(3, 35))).size).toBe(1)
  expect(requests.flat().map(([, value]) => value)).not.toContain(foreign.traceparent)
})

test('an instrumentation that is registered after us adds no second header', async () => {
  const { url, requests } = await listener()
  await startedTelemetry()
  const late = new UndiciInstrumentation()
  onTestFinished(() => late.disable())
  await inRun(async () => (await fetch(url, { headers: foreign })).text())
  expect(requests[0]?.map(([name]) => name)).toEqual(['traceparent', 'baggage'])
  expect(requests[0]?.[0]?.[1]).not.toBe(foreign.traceparent)
})

test('headers as one text, as undici 5 has them, carry one trace context', async () => {
  const { own } = await started()
  const request = {
    origin: 'http://model.example',
    path: '/',
    method: 'GET',
    headers: `accept: */*\r\nTraceParent: ${foreign.traceparent}\r\ntracestate: vendor=1\r\n`,
  }
  await inRun(async () => {
    channel('undici:request:create').publish({ request })
    channel('undici:request:trailers').publish({ request })
  })
  expect(request.headers).toBe(`accept: */*\r\ntraceparent: ${own()}\r\n`)
})

test('values in lists, as undici takes them, are reduced to one', async () => {
  const { own } = await started()
  const headers: (string | string[])[] = ['accept', ['a', 'b'], 'traceparent', [foreign.traceparent, foreign.traceparent]]
  const request = { origin: 'http://model.example', path: '/', method: 'GET', headers }
  await inRun(async () => {
    channel('undici:request:create').publish({ request })
    channel('undici:request:trailers').publish({ request })
  })
  expect(headers).toEqual(['accept', ['a', 'b'], 'traceparent', own()])
})

test('the tracestate of the trace that goes out stays', async () => {
  const { url, requests } = await listener()
  await startedTelemetry()
  const remote = propagation.extract(context.active(), { ...foreign, tracestate: 'ours=1' })
  await context.with(remote, () => inRun(async () => (await fetch(url, { headers: foreign })).text()))
  expect(trace.getSpanContext(remote)?.traceId).toBe('a'.repeat(32))
  expect(requests[0]?.filter(([name]) => name === 'tracestate')).toEqual([['tracestate', 'ours=1']])
})

test('nothing of a request changes once telemetry is shut down', async () => {
  const { url, requests } = await listener()
  const { telemetry } = await startedTelemetry()
  await telemetry.shutdown()
  await (
    await fetch(url, {
      headers: [
        ['baggage', 'a=1'],
        ['baggage', 'a=1'],
      ],
    })
  ).text()
  expect(requests).toEqual([[['baggage', 'a=1, a=1']]])
})
