import { logs, SeverityNumber } from '@opentelemetry/api'
import { expect, test } from 'vitest'

import { runRegistered } from './run-node.ts'
import { startedTelemetry } from './started-telemetry.ts'
import { testCollector } from './test-collector.ts'

const optIn = { OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs' }

function emitException(): void {
  const attributes = { 'exception.type': 'TestError' }
  logs.getLogger('test').emit({ eventName: 'exception', severityNumber: SeverityNumber.ERROR, attributes })
}

test.each(['logs', 'logs/dup'])('with %s, log records are exported with our resource and the token', async (value) => {
  await using collector = await testCollector()
  const { telemetry, lines } = await startedTelemetry({
    serviceName: 'logger',
    env: {
      OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: value,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      SWARMWATCH_OTLP_TOKEN: 't0ken',
    },
  })
  emitException()
  await telemetry.flush()
  const [request] = collector.received.filter(({ path }) => path === '/v1/logs')
  expect(request?.headers).toMatchObject({ 'content-type': 'application/x-protobuf', authorization: 'Bearer t0ken' })
  for (const text of ['TestError', 'exception', 'service.instance.id', 'logger']) expect(request?.body).toContain(text)
  expect(lines).toEqual([])
})

test('the last log records are exported by shutdown, and later ones by nothing', async () => {
  await using collector = await testCollector()
  const { telemetry } = await startedTelemetry({ env: { ...optIn, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: collector.url } })
  emitException()
  await telemetry.shutdown()
  emitException()
  expect(collector.received).toHaveLength(1)
})

test.each<[string, Record<string, string>]>([
  ['without the opt-in', {}],
  ['with OTEL_LOGS_EXPORTER=none', { ...optIn, OTEL_LOGS_EXPORTER: 'none' }],
])('%s no log record is exported', async (_title, env) => {
  await using collector = await testCollector()
  const { telemetry } = await startedTelemetry({ env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  emitException()
  await telemetry.shutdown()
  expect(collector.received.map(({ path }) => path)).not.toContain('/v1/logs')
})

test('the failure of a run is one log record of a registered program', async () => {
  await using collector = await testCollector()
  const code = `
    import { instrumentAgent } from '@swarmwatch/sdk'
    class QuotaError extends Error { name = 'QuotaError' }
    const agent = instrumentAgent(async () => { throw new QuotaError('over the limit') }, { name: 'failing', recovery: false })
    await agent().catch(() => {})`
  const env = { ...optIn, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, METRICS_PORT: '0' }
  expect((await runRegistered(code, { env })).code).toBe(0)
  const bodies = collector.received.filter(({ path }) => path === '/v1/logs').map(({ body }) => body)
  expect(bodies).toHaveLength(1)
  expect(bodies[0]).toContain('QuotaError')
})
