import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { startedTelemetry } from './started-telemetry.ts'

/** A model that keeps the trace context it is called with. */
async function modelServer(): Promise<{ origin: string; traceparents: (string | undefined)[] }> {
  const traceparents: (string | undefined)[] = []
  const server = createServer((request, response) => {
    traceparents.push(request.headers['traceparent'] as string | undefined)
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, traceparents }
}

async function spansOf(url: string, options: { capturesUrlPaths?: boolean } = {}): Promise<readonly ReadableSpan[]> {
  const exporter = new InMemorySpanExporter()
  const { telemetry } = await startedTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter })], ...options })
  await instrumentAgent(async () => (await fetch(url)).text(), { name: 'caller' })()
  await telemetry.flush()
  return exporter.getFinishedSpans()
}

test('a model gets the trace context of the attempt that calls it', async () => {
  const model = await modelServer()
  const spans = await spansOf(`${model.origin}/v1/chat`)
  const [request, attempt] = [spans.find(({ name }) => name === 'GET'), spans.find(({ name }) => name === 'attempt 1')]
  expect(request?.parentSpanContext?.spanId).toBe(attempt?.spanContext().spanId)
  expect(model.traceparents).toEqual([`00-${request?.spanContext().traceId}-${request?.spanContext().spanId}-01`])
})

test('a model gets the trace context also while spans are exported nowhere', async () => {
  const model = await modelServer()
  await startedTelemetry()
  await instrumentAgent(async () => (await fetch(model.origin)).text(), { name: 'caller' })()
  expect(model.traceparents).toEqual([expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)])
})

test('neither path nor query of an address is kept, for they may hold arguments and keys', async () => {
  const model = await modelServer()
  const spans = await spansOf(`${model.origin}/users/secret-user?key=secret-key`)
  expect(JSON.stringify(spans.map(({ attributes, events, name }) => ({ attributes, events, name })))).not.toContain('secret')
  expect(spans.find(({ name }) => name === 'GET')?.attributes['url.full']).toBe(model.origin)
})

test('the path is kept when asked for, the query never', async () => {
  const model = await modelServer()
  const spans = await spansOf(`${model.origin}/v1/chat?key=secret`, { capturesUrlPaths: true })
  expect(spans.find(({ name }) => name === 'GET')?.attributes).toMatchObject({
    'url.full': `${model.origin}/v1/chat`,
    'url.path': '/v1/chat',
  })
})

test('requests outside a run make no span and carry no header', async () => {
  const model = await modelServer()
  const exporter = new InMemorySpanExporter()
  await startedTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  await (await fetch(model.origin)).text()
  expect(exporter.getFinishedSpans()).toEqual([])
  expect(model.traceparents).toEqual([undefined])
})

test('hosts do not become labels of the request metric', async () => {
  const model = await modelServer()
  const { telemetry } = await startedTelemetry()
  await (await fetch(model.origin)).text()
  const text = await (await fetch(telemetry.metricsUrl!)).text()
  const [, labels = ''] = /^http_client_request_duration_seconds_count\{(.*)\} 1$/m.exec(text) ?? []
  expect(labels.split(',').sort()).toEqual([
    'deployment_environment_name="development"',
    'http_request_method="GET"',
    'http_response_status_code="200"',
    'url_scheme="http"',
  ])
})
