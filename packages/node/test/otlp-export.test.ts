import { instrumentAgent } from '@swarmwatch/sdk'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { startedTelemetry } from './started-telemetry.ts'
import { deadAddress, testCollector } from './test-collector.ts'

const run = (name: string): Promise<string> => instrumentAgent(async () => 'done', { name })()

test('sends spans and metrics as protobuf with our resource, the headers and the token', async () => {
  await using collector = await testCollector()
  const { telemetry } = await startedTelemetry({
    serviceName: 'sender',
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=one',
      SWARMWATCH_OTLP_TOKEN: 't0ken',
    },
  })
  await run('exported')
  await telemetry.shutdown()

  const byPath = Object.fromEntries(collector.received.map((request) => [request.path, request]))
  expect(Object.keys(byPath).sort()).toEqual(['/v1/metrics', '/v1/traces'])
  expect(byPath['/v1/traces']?.body).toContain('invoke_agent exported')
  expect(byPath['/v1/metrics']?.body).toContain('agent.executions')
  for (const { headers, body } of collector.received) {
    expect(headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'x-tenant': 'one', authorization: 'Bearer t0ken' })
    expect(body).toContain('service.instance.id')
    expect(body).toContain('sender')
  }
})

test('sends metrics every METRICS_EXPORT_INTERVAL without being asked', async () => {
  await using collector = await testCollector()
  await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/m`, METRICS_EXPORT_INTERVAL: '1' } })
  await eventually('two exports', () => collector.received[1])
  expect(collector.received.map(({ path }) => path)).toEqual(['/m', '/m'])
})

test('flush exports the remaining telemetry at once, and telemetry continues', async () => {
  await using collector = await testCollector()
  const { telemetry } = await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url } })
  for (const name of ['first', 'second']) {
    await run(name)
    await telemetry.flush()
  }
  expect(collector.received.map(({ body }) => /invoke_agent [a-z]+/.exec(body)?.[0])).toEqual([
    'invoke_agent first',
    'invoke_agent second',
  ])
})

test('logs one line for a dead collector and one when it works again, and the agents continue', async () => {
  await using collector = await testCollector(401)
  const { telemetry, lines } = await startedTelemetry({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SWARMWATCH_OTLP_TOKEN: 'very-secret' },
  })
  for (let n = 0; n < 3; n++) {
    expect(await run('patient')).toBe('done')
    await telemetry.flush()
  }
  const down = `[TELEMETRY] OTLP export to ${collector.url} fails (401; check SWARMWATCH_OTLP_TOKEN); the agents continue, and the export is retried`
  expect(lines).toEqual([down])

  collector.answerWith(200)
  await telemetry.flush()
  expect(lines).toEqual([down, `[TELEMETRY] OTLP export to ${collector.url} works again`])
})

test('logs one line when no collector listens', async () => {
  const url = await deadAddress()
  const { telemetry, lines } = await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } })
  await run('alone')
  await telemetry.shutdown()
  expect(lines).toEqual([
    `[TELEMETRY] OTLP export to ${url} fails (ECONNREFUSED); the agents continue, and the export is retried`,
  ])
})
