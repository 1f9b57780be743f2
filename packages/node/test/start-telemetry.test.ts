import { logs, trace } from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { ConfigurationError, startTelemetry, type TelemetryOptions } from '../src/index.ts'
import { readSettings } from '../src/read-settings.ts'
import { recordedLines } from './recorded-lines.ts'
import { startedTelemetry } from './started-telemetry.ts'

const failing = async (): Promise<never> => {
  throw new Error('no')
}

test('returns the handle of the first call to a second one, and logs one line', async () => {
  const { telemetry } = await startedTelemetry()
  const { lines, logger } = recordedLines()
  expect(await startTelemetry({ logger, metrics: { port: 1 } })).toBe(telemetry)
  expect(lines).toEqual(['[TELEMETRY] startTelemetry() was called before: the settings of the first call remain in force'])
})

test('starts again after shutdown', async () => {
  const first = await startedTelemetry()
  await first.telemetry.shutdown()
  const second = await startedTelemetry()
  expect(second.telemetry).not.toBe(first.telemetry)
  await instrumentAgent(async () => 'done', { name: 'again' })()
  expect(await (await fetch(second.telemetry.metricsUrl!)).text()).toContain(
    'agent_executions_total{agent_name="again",outcome="success",deployment_environment_name="development"} 1',
  )
  expect(second.lines).toEqual([])
})

test('passes spans and metrics to processors and readers of the application, with our resource', async () => {
  const [spans, points] = [new InMemorySpanExporter(), new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)]
  const { telemetry } = await startedTelemetry({
    serviceName: 'mine',
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
    metricReaders: [new PeriodicExportingMetricReader({ exporter: points })],
  })
  await instrumentAgent(async () => 'done', { name: 'a' })()
  await telemetry.flush()
  expect(spans.getFinishedSpans().map(({ name, resource }) => [name, resource.attributes['service.name']])).toEqual([
    ['attempt 1', 'mine'],
    ['invoke_agent a', 'mine'],
  ])
  const names = points
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => metric.descriptor.name)))
  expect(names).toContain('agent.executions')
})

test('makes the settings of the environment the defaults of every agent', async () => {
  await startedTelemetry({ env: { MAX_RETRIES: '1', BASE_RETRY_DELAY: '0' } })
  let calls = 0
  const agent = instrumentAgent(
    () => {
      calls++
      return failing()
    },
    { name: 'limited', logger: false },
  )
  await expect(agent()).rejects.toThrow('no')
  expect(calls).toBe(2)
})

test('lets code win over the environment', async () => {
  const { telemetry } = await startedTelemetry({ env: { MAX_RETRIES: '1', METRICS_PORT: '1' }, recovery: { maxRetries: 2 } })
  const { recovery, metrics: settings, origins } = telemetry.configuration
  expect([recovery.maxRetries, settings.port, origins['recovery.maxRetries']]).toEqual([2, 0, 'code'])
})

test('rejects bad settings of every source with one report and starts nothing', async () => {
  const { lines, logger } = recordedLines()
  const options = {
    env: { MAX_RETRIES: 'abc', OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' },
    configFile: false,
    metrics: { port: 70_000 },
    onPortTaken: 'explode',
    colour: 'red',
    logger,
  } as unknown as TelemetryOptions
  const error: unknown = await startTelemetry(options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect((error as ConfigurationError).problems.map(({ path }) => path).sort()).toEqual([
    'MAX_RETRIES',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'colour',
    'metrics.port',
    'onPortTaken',
  ])
  expect(lines).toEqual([])
  expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
  const { telemetry } = await startedTelemetry()
  expect(telemetry.isRecording).toBe(true)
})

test.each([
  [5, ['options must be an object, got 5']],
  [null, ['options must be an object']],
  [
    { serviceVersion: 5, region: {}, resourceAttributes: 5, env: 5, logger: {} },
    [
      'serviceVersion must be a string, got 5',
      'region must be a string, got a mapping',
      'resourceAttributes must be an object, got 5',
      'env must be an object, got 5',
      'logger must be false or an object with warn() and error(), got a mapping',
    ],
  ],
  [
    { configFile: 5, handleSignals: 'yes', capturesUrlPaths: 1, spanProcessors: 'x', metricReaders: [5] },
    [
      'configFile must be a path or false, got 5',
      'handleSignals must be true or false, got "yes"',
      'capturesUrlPaths must be true or false, got 1',
      'spanProcessors must be a list of objects, got "x"',
      'metricReaders must be a list of objects, got a list',
    ],
  ],
  [
    { metrics: 5, monitor: 'x', recovery: [], alerts: null },
    [
      'metrics must be an object, got 5',
      'monitor must be an object, got "x"',
      'recovery must be an object, got a list',
      'alerts must be an object',
    ],
  ],
  [
    { alerts: { deliver: 5, rules: 5 } },
    ['alerts.deliver must be a function, got 5', 'alerts.rules must be a list of rules, got 5'],
  ],
  [
    { alerts: { rules: [{ name: 'Busy', condition: 5, severity: 'info', description: 'x' }, { name: 'low_health' }, 5] } },
    [
      'alerts.rules[0].condition must be a function (health) => boolean, got 5',
      'alerts.rules[1].threshold is missing; it must be a score above 0, at most 100',
      'alerts.rules[2] must be a mapping with name and threshold, got 5',
    ],
  ],
])('rejects options of a wrong type, %j', async (options, problems) => {
  const quiet =
    typeof options === 'object' && options !== null ? { env: {}, configFile: false, logger: false, ...options } : options
  const error: unknown = await startTelemetry(quiet as TelemetryOptions).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConfigurationError)
  const lines = (error as ConfigurationError).message.split('\n').slice(1)
  expect(lines.map((line) => line.trim()).toSorted()).toEqual(problems.toSorted())
})

test('leaves nothing registered when a reader of yours cannot be used', async () => {
  const bound = new PeriodicExportingMetricReader({ exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE) })
  const first = await startedTelemetry({ metricReaders: [bound] })
  await first.telemetry.shutdown()
  const again = startTelemetry({
    env: {},
    configFile: false,
    logger: false,
    metrics: { port: 0 },
    monitor: { port: false },
    metricReaders: [bound],
  })
  await expect(again).rejects.toThrow('can not be bound to a MeterProvider again')
  expect((await startedTelemetry()).telemetry.isRecording).toBe(true)
})

test('measures nothing when OTEL_SDK_DISABLED is true, but recovers', async () => {
  const { telemetry, lines } = await startedTelemetry({ env: { OTEL_SDK_DISABLED: 'true', MAX_RETRIES: '0' } })
  await expect(instrumentAgent(failing, { name: 'unseen', logger: false })()).rejects.toThrow('no')
  expect([telemetry.isRecording, telemetry.metricsUrl]).toEqual([false, undefined])
  expect(lines).toEqual(['[TELEMETRY] OTEL_SDK_DISABLED is set: recovery works, but nothing is measured'])
  await telemetry.flush()
  await telemetry.shutdown()
})

test('takes OTEL_METRIC_EXPORT_INTERVAL only where METRICS_EXPORT_INTERVAL is not set', () => {
  const intervalOf = (env: Record<string, string>): number => readSettings({ configFile: false }, env).exportIntervalMs
  expect(intervalOf({})).toBe(15_000)
  expect(intervalOf({ OTEL_METRIC_EXPORT_INTERVAL: '2500' })).toBe(2_500)
  expect(intervalOf({ OTEL_METRIC_EXPORT_INTERVAL: '2500', METRICS_EXPORT_INTERVAL: '4' })).toBe(4_000)
})

test('survives a logger that throws', async () => {
  const logger = {
    warn: () => {
      throw new Error('log disk is full')
    },
    error: () => {},
  }
  await startedTelemetry({ logger, env: { OTEL_SDK_DISABLED: 'true' } })
})

test('does not take the logs: another set-up can register for them later', async () => {
  await startedTelemetry()
  onTestFinished(() => logs.disable())
  expect(logs.setGlobalLoggerProvider(logs.getLoggerProvider())).toBe(true)
})
