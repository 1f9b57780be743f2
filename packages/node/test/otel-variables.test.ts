import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import { instrumentAgent } from '@swarmwatch/sdk'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { otelNotices, supportedVariables } from '../src/opentelemetry/otel-variables.ts'
import { readSettings } from '../src/read-settings.ts'
import { startedTelemetry } from './started-telemetry.ts'
import { testCollector } from './test-collector.ts'

const settingsOf = (env: Record<string, string>): ReturnType<typeof readSettings> => readSettings({ configFile: false }, env)
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test('sends metrics every OTEL_METRIC_EXPORT_INTERVAL milliseconds', async () => {
  await using collector = await testCollector()
  await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: collector.url, OTEL_METRIC_EXPORT_INTERVAL: '300' } })
  await eventually('three exports', () => collector.received[2])
})

test.each([
  [{}, [15_000, 15_000], []],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '2000' }, [2_000, 2_000], []],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '2000', OTEL_METRIC_EXPORT_TIMEOUT: '500' }, [2_000, 500], []],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '2000', OTEL_METRIC_EXPORT_TIMEOUT: '30000' }, [2_000, 2_000], []],
  [
    { OTEL_METRIC_EXPORT_INTERVAL: '2000', METRICS_EXPORT_INTERVAL: '7' },
    [7_000, 7_000],
    ['OTEL_METRIC_EXPORT_INTERVAL has no effect: METRICS_EXPORT_INTERVAL is set too and overrides it'],
  ],
  [
    { OTEL_METRIC_EXPORT_INTERVAL: '10s', OTEL_METRIC_EXPORT_TIMEOUT: '-1' },
    [15_000, 15_000],
    [
      'OTEL_METRIC_EXPORT_INTERVAL must be a number above 0, got "10s"; the default is used',
      'OTEL_METRIC_EXPORT_TIMEOUT must be a number above 0, got "-1"; the default is used',
    ],
  ],
])('interval and timeout of %j are %j ms', (env, expected, notices) => {
  const { exportIntervalMs, exportTimeoutMs, otlp } = settingsOf({ ...endpoint, ...env })
  expect([exportIntervalMs, exportTimeoutMs]).toEqual(expected)
  expect(otlp.notices).toEqual(notices)
})

test.each(['grpc', 'http/json'])(
  'logs at start that the protocol %s is not supported, for all signals and for one',
  async (protocol) => {
    const line = `[TELEMETRY] OTLP over ${protocol} is not offered: http/protobuf is used (a Collector takes it on port 4318)`
    for (const name of [
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    ]) {
      await using collector = await testCollector()
      const { lines, telemetry } = await startedTelemetry({
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, [name]: protocol },
      })
      expect(lines).toEqual([line])
      await telemetry.shutdown()
      expect(collector.received[0]?.headers['content-type']).toBe('application/x-protobuf')
    }
  },
)

test('names the port that takes gRPC and the one to set', () => {
  const { otlp } = settingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' })
  expect(otlp.notices).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT names port 4317, where a Collector takes gRPC, which is not offered: set its port for HTTP, 4318',
  ])
})

test.each([
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip', 'gzip'],
  ['OTEL_EXPORTER_OTLP_METRICS_COMPRESSION', 'gzip', 'gzip'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'none', undefined],
])('%s=%s compresses as asked', async (name, value, encoding) => {
  await using collector = await testCollector()
  const { telemetry } = await startedTelemetry({
    serviceName: 'compressed',
    env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: collector.url, [name]: value },
  })
  await instrumentAgent(async () => 'done', { name: 'a' })()
  await telemetry.shutdown()
  const [request] = collector.received
  expect(request?.headers['content-encoding']).toBe(encoding)
  const body = Buffer.from(request?.body ?? '', 'latin1')
  expect(String(encoding === 'gzip' ? gunzipSync(body) : body)).toContain('compressed')
})

test.each([
  [
    { OTEL_LOGS_EXPORTER: 'otlp' },
    'OTEL_LOGS_EXPORTER is not supported and has no effect: only exceptions can be exported as logs: set OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs',
  ],
  [
    { OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'log' },
    'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN must be logs or logs/dup, got "log"; the default is used',
  ],
  [
    { OTEL_BLRP_SCHEDULE_DELAY: '10' },
    'OTEL_BLRP_SCHEDULE_DELAY is not supported and has no effect: log records have the default batches and limits',
  ],
  [
    { OTEL_EXPORTER_PROMETHEUS_PORT: '9464' },
    'OTEL_EXPORTER_PROMETHEUS_PORT is not supported and has no effect: set METRICS_PORT',
  ],
  [{ OTEL_CONFIG_FILE: 'otel.yaml' }, 'OTEL_CONFIG_FILE is not supported and has no effect: set the variables it stands for'],
  [
    { OTEL_EXPORTER_OTLP_INSECURE: 'true' },
    'OTEL_EXPORTER_OTLP_INSECURE is not supported and has no effect: the endpoint decides: http:// or https://',
  ],
  [{ OTEL_SDK_DISABLED: 'yes' }, 'OTEL_SDK_DISABLED must be true or false, got "yes"; false is used'],
  [{ OTEL_LOG_LEVEL: 'loud' }, 'OTEL_LOG_LEVEL must be none, error, warn, info, debug, verbose or all, got "loud"; warn is used'],
  [{ OTEL_BSP_MAX_QUEUE_SIZE: 'many' }, 'OTEL_BSP_MAX_QUEUE_SIZE must be a number above 0, got "many"; the default is used'],
  [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' }, 'OTEL_EXPORTER_OTLP_COMPRESSION must be gzip or none, got "zstd"; none is used'],
  [
    { OTEL_EXPORTER_OTLP_HEADER: 'a=b' },
    'OTEL_EXPORTER_OTLP_HEADER is not a setting and has no effect; did you mean OTEL_EXPORTER_OTLP_HEADERS?',
  ],
  [{ OTEL_SERVICENAME: 'x' }, 'OTEL_SERVICENAME is not a setting and has no effect; did you mean OTEL_SERVICE_NAME?'],
  [
    { OTEL_METRICS_EXPORT_INTERVAL: '100' },
    'OTEL_METRICS_EXPORT_INTERVAL is not a setting and has no effect; did you mean OTEL_METRIC_EXPORT_INTERVAL?',
  ],
])('logs at start what %j does not do', (env, line) => {
  expect(settingsOf({ ...endpoint, ...(env as unknown as Record<string, string>) }).otlp.notices).toEqual([line])
})

test.each([
  { OTEL_TRACES_EXPORTER: 'otlp' },
  { OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs' },
  { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cret' },
  { OTEL_METRIC_EXPORT_INTERVAL: '1000' },
])('logs at start that %j exports nothing without an endpoint, and shows no value', (env) => {
  expect(settingsOf({ ...(env as unknown as Record<string, string>) }).otlp.notices).toEqual([
    `${Object.keys(env)[0]}: nothing is exported by OTLP while OTEL_EXPORTER_OTLP_ENDPOINT is not set`,
  ])
})

test('logs nothing about variables that are supported, empty, off, or for other programs', () => {
  const values: Record<string, string> = {
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_SDK_DISABLED: 'false',
    OTEL_LOG_LEVEL: 'debug',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_SEMCONV_STABILITY_OPT_IN: 'http',
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
    OTEL_PYTHON_LOG_LEVEL: 'info',
    OTEL_GO_X_EXEMPLAR: '',
    OTEL_CONFIG_FILE: ' ',
  }
  expect(settingsOf(values).otlp.notices).toEqual([])
})

test('the guide lists every variable that is honoured', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  const listed = new Set(page.match(/`OTEL_[A-Z_]+`/g)?.map((name) => name.slice(1, -1)))
  const common = supportedVariables.filter((name) => !/^OTEL_EXPORTER_OTLP_(TRACES|METRICS|LOGS)_(?!TEMPORALITY)/.test(name))
  expect(common.filter((name) => !listed.has(name))).toEqual([])
  expect(otelNotices({}, false)).toEqual([])
})
