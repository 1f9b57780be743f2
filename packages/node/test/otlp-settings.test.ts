import { expect, test } from 'vitest'

import { otlpSettings } from '../src/opentelemetry/otlp-settings.ts'

const endpoint = 'http://collector:4318'
const certificates = {}

test('exports nothing without an endpoint, whatever else is set', () => {
  expect(
    otlpSettings({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_HEADERS: 'a=b', OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, 'token'),
  ).toEqual({
    targets: {},
    notices: [],
    problems: [],
  })
})

test("appends the signal to the common endpoint, and takes a signal's own endpoint as it is", () => {
  const { targets } = otlpSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/prefix/`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://other/in',
  })
  expect(targets).toEqual({
    traces: { url: 'http://collector:4318/prefix/v1/traces', headers: {}, timeoutMs: 10_000, certificates },
    metrics: { url: 'https://other/in', headers: {}, timeoutMs: 10_000, certificates },
  })
})

test('exports one signal when only its endpoint is set', () => {
  expect(Object.keys(otlpSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }).targets)).toEqual(['traces'])
})

test('leaves out a signal whose exporter is none', () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
  expect(Object.keys(otlpSettings({ ...env, OTEL_TRACES_EXPORTER: 'none' }).targets)).toEqual(['metrics'])
  expect(Object.keys(otlpSettings({ ...env, OTEL_METRICS_EXPORTER: 'none' }).targets)).toEqual(['traces'])
})

test('reports an exporter that is not supported', () => {
  const { targets, notices } = otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'console,otlp' })
  expect(Object.keys(targets)).toEqual(['traces', 'metrics'])
  expect(notices).toEqual(['OTEL_TRACES_EXPORTER offers otlp, none; console is ignored'])
})

test('uses http/protobuf and reports it once when another protocol is set', () => {
  const { targets, notices } = otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
  expect(targets.traces?.url).toBe('http://collector:4318/v1/traces')
  expect(notices).toEqual(['OTLP over grpc is not offered: http/protobuf is used (a Collector takes it on port 4318)'])
})

test("reads headers percent-encoded, a signal's own over the common ones, the token over both", () => {
  const { targets } = otlpSettings(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20abc, x-tenant = one',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=two,broken',
    },
    't0ken',
  )
  expect(targets.traces?.headers).toEqual({ authorization: 'Bearer t0ken', 'x-tenant': 'two' })
  expect(targets.metrics?.headers).toEqual({ authorization: 'Bearer t0ken', 'x-tenant': 'one' })
})

test('takes the timeout of a signal over the common one, and reports and ignores one that is no number', () => {
  const { targets, notices } = otlpSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: 'soon',
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2500',
  })
  expect([targets.traces?.timeoutMs, targets.metrics?.timeoutMs]).toEqual([10_000, 2_500])
  expect(notices).toEqual(['OTEL_EXPORTER_OTLP_TIMEOUT must be a number of milliseconds above 0, got "soon"; 10000 is used'])
})

test('does not read the variable of both signals where each signal has its own, even an invalid one', () => {
  const own = (signal: string): Record<string, string> => ({
    [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]: 'https://own/in',
    [`OTEL_EXPORTER_OTLP_${signal}_CERTIFICATE`]: import.meta.filename,
    [`OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`]: 'soon',
    [`OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`]: 'zip',
  })
  const { targets, problems, notices } = otlpSettings({
    ...own('TRACES'),
    ...own('METRICS'),
    OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  })
  expect(problems).toEqual([])
  expect(targets.traces).toMatchObject({ url: 'https://own/in', timeoutMs: 10_000 })
  expect(targets.traces).not.toHaveProperty('compression')
  expect(notices).toContain(
    'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT must be a number of milliseconds above 0, got "soon"; 10000 is used',
  )
})

test('reports an endpoint and a certificate that cannot be used together, once each, without the address', () => {
  const { targets, problems } = otlpSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318?key=s3cret',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem',
  })
  expect(targets).toEqual({})
  expect(problems).toEqual([
    { path: 'OTEL_EXPORTER_OTLP_ENDPOINT', rule: 'must be an http:// or https:// address', value: '***' },
    { path: 'OTEL_EXPORTER_OTLP_CERTIFICATE', rule: 'must name a file that can be read', value: '"/nowhere/ca.pem"' },
  ])
})
