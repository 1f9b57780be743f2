import { context, metrics, propagation, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { startedTelemetry } from './started-telemetry.ts'

const run = (): Promise<string> => instrumentAgent(async () => 'done', { name: 'shared' })()

/** Their spans, as Sentry or Langfuse would take them. */
function foreignTracer(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
  onTestFinished(() => trace.disable())
  return exporter
}

/** The names of their metrics. */
function foreignMeter(): () => Promise<string[]> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  onTestFinished(() => metrics.disable())
  return async () => {
    await reader.forceFlush()
    return exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => metric.descriptor.name)))
  }
}

test('spans go to a tracer provider that was there before; metrics are ours', async () => {
  const theirs = foreignTracer()
  const ours = new InMemorySpanExporter()
  const { telemetry, lines } = await startedTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter: ours })] })
  await run()
  expect(theirs.getFinishedSpans().map(({ name }) => name)).toEqual(['attempt 1', 'invoke_agent shared'])
  expect(ours.getFinishedSpans()).toEqual([])
  expect(await (await fetch(telemetry.metricsUrl!)).text()).toContain(
    'agent_executions_total{agent_name="shared",outcome="success",deployment_environment_name="development"} 1',
  )
  expect(lines).toEqual(['[TELEMETRY] another OpenTelemetry set-up was registered before: spans go to it; metrics are ours'])
})

test('metrics go to a meter provider that was there before; spans are ours and /metrics is not served', async () => {
  const theirs = foreignMeter()
  const ours = new InMemorySpanExporter()
  const { telemetry, lines } = await startedTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter: ours })] })
  await run()
  const names = await theirs()
  expect(names).toContain('agent.executions')
  expect(names).not.toContain('process.cpu.time')
  expect(ours.getFinishedSpans()).toHaveLength(2)
  expect([telemetry.metricsUrl, telemetry.isRecording]).toEqual([undefined, true])
  expect(lines).toEqual([
    '[TELEMETRY] another OpenTelemetry set-up was registered before: metrics go to it, and /metrics is not served; spans are ours',
  ])
})

test('alongside a complete set-up only the telemetry of the agents is added, and shutdown leaves the set-up unchanged', async () => {
  const [spans, names] = [foreignTracer(), foreignMeter()]
  const { telemetry, lines } = await startedTelemetry()
  await telemetry.shutdown()
  expect([telemetry.metricsUrl, telemetry.isRecording]).toEqual([undefined, false])
  expect(lines).toEqual([
    '[TELEMETRY] another OpenTelemetry set-up was registered before: spans and metrics go to it, and /metrics is not served',
  ])
  await run()
  expect(spans.getFinishedSpans()).toHaveLength(2)
  expect(await names()).toContain('agent.executions')
})

test('shutdown unregisters context and propagation when they were ours', async () => {
  const { telemetry } = await startedTelemetry()
  expect(propagation.fields()).toEqual(['traceparent', 'tracestate', 'baggage'])
  await telemetry.shutdown()
  expect(propagation.fields()).toEqual([])
  expect(trace.getSpan(context.active())).toBeUndefined()
})
