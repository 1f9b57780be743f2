import { expect, test } from 'vitest'

import { startLongAgo } from './start-long-ago.ts'
import { startedTelemetry } from './started-telemetry.ts'
import { testCollector } from './test-collector.ts'

const scrape = async (url: string | undefined): Promise<string[]> =>
  (await (await fetch(url!)).text()).split('\n').filter((line) => /^agent_(stuck_run|last_progress)_seconds\{/.test(line))

test('the id of a run without progress is in /metrics only until the run ends', async () => {
  const { telemetry } = await startedTelemetry()
  const stuck = startLongAgo('scraped', 60)
  const during = await scrape(telemetry.metricsUrl)
  stuck.complete({ success: true })
  const afterwards = await scrape(telemetry.metricsUrl)
  expect(during.filter((line) => line.includes(`swarmwatch_execution_id="${stuck.id}"`))).toHaveLength(1)
  expect(during.find((line) => line.includes('agent_stuck_run_seconds'))).toContain('swarmwatch_last_step="attempt started"')
  expect(afterwards.filter((line) => line.includes(stuck.id))).toEqual([])
  const progress = afterwards.find((line) => line.startsWith('agent_last_progress_seconds') && line.includes('"scraped"'))
  expect(progress).toMatch(/ 0$/)
})

test('the id of a run without progress is exported by OTLP only until the run ends', async () => {
  await using collector = await testCollector()
  const { telemetry } = await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: collector.url } })
  const stuck = startLongAgo('exported', 60)
  await telemetry.flush()
  stuck.complete({ success: true })
  await telemetry.flush()
  expect(collector.received.map(({ body }) => body.includes(stuck.id))).toEqual([true, false])
})

test('with a reader of the application, which may keep every id, no id is exported', async () => {
  const { PeriodicExportingMetricReader, InMemoryMetricExporter, AggregationTemporality } =
    await import('@opentelemetry/sdk-metrics')
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const { telemetry } = await startedTelemetry({ metricReaders: [new PeriodicExportingMetricReader({ exporter })] })
  const stuck = startLongAgo('kept', 60)
  expect((await scrape(telemetry.metricsUrl)).filter((line) => line.includes(stuck.id))).toEqual([])
  stuck.complete({ success: true })
})
