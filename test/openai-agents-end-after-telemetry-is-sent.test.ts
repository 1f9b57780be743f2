import { fileURLToPath } from 'node:url'

import { decodeMetrics, startProgram } from '@swarmwatch/testkit'
import { answer, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { expect, test } from 'vitest'

import { otlpSink } from './apps/otlp-sink.ts'
import { installFrameworks } from './install-packages.ts'

const whyNot = await installFrameworks()
const program = fileURLToPath(new URL('frameworks/until-sigterm.mjs', import.meta.url))

test.skipIf(whyNot)('SIGTERM in a process with @openai/agents, which ends the process itself, loses no telemetry', async () => {
  await using provider = await openModelProvider(({ json }) =>
    /"role":"tool"|function_call_output/.test(JSON.stringify(json))
      ? answer('done')
      : toolCalls({ name: 'look', input: { place: 'Bern' } }),
  )
  await using sink = await otlpSink()
  const service = startProgram(
    process.execPath,
    ['--conditions=swarmwatch-source', '--import', '@swarmwatch/node/register', program],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: {
        PATH: process.env['PATH'],
        PROVIDER_URL: provider.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        METRICS_PORT: '0',
        MONITOR_PORT: '0',
        // Nothing is sent before the end
        OTEL_BSP_SCHEDULE_DELAY: '600000',
        OTEL_METRIC_EXPORT_INTERVAL: '600000',
      },
    },
  )
  const [, listeners] = await service.printed(/listeners (\d)/)
  expect(Number(listeners)).toBeGreaterThanOrEqual(2)
  expect(sink.spans()).toEqual([])
  service.kill('SIGTERM')
  const { code, signal } = await service.ended
  expect(signal ?? code, service.output()).toBeOneOf(['SIGTERM', 0, 143])
  expect(sink.spans().map(({ name }) => name)).toEqual(
    expect.arrayContaining(['invoke_agent solver', 'attempt 1', 'execute_tool look', 'chat m']),
  )
  const metrics = sink.received
    .filter(({ path }) => path.endsWith('/v1/metrics'))
    .flatMap(({ body }) => decodeMetrics(Buffer.from(body, 'latin1')))
  expect(metrics.map(({ name }) => name)).toContain('gen_ai.client.inference.usage.input_tokens')
})
