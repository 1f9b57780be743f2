import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'

import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { startedTelemetry } from './started-telemetry.ts'

async function takenPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('serves the metrics of the agents, of the process and of the runtime as Prometheus text', async () => {
  const { telemetry, lines } = await startedTelemetry({ serviceName: 'worker' })
  await instrumentAgent(async () => 'done', { name: 'scraped' })()

  const response = await fetch(telemetry.metricsUrl!)
  const text = await response.text()
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(text).toContain(
    'agent_executions_total{agent_name="scraped",outcome="success",deployment_environment_name="development"} 1\n',
  )
  expect(text).toContain(
    'agent_executions_total{agent_name="scraped",outcome="failure",deployment_environment_name="development"} 0\n',
  )
  expect(text).toMatch(/^process_cpu_time_seconds_total\{cpu_mode="user",deployment_environment_name="development"\} [\d.]+$/m)
  expect(text).toMatch(/^process_memory_usage\{deployment_environment_name="development"\} \d+$/m)
  expect(text).toMatch(/^nodejs_eventloop_time_seconds_total\{/m)
  expect(text).toMatch(/^target_info\{.*service_name="worker"/m)
  expect(text).not.toContain('v8js_memory_heap')
  expect(text).not.toMatch(/nodejs_eventloop_delay_(?:min|max|mean|stddev|p50|p90)|v8js_resource_active/)
  expect(lines).toEqual([])
})

test('its own requests make no series and no span', async () => {
  const { telemetry } = await startedTelemetry()
  await fetch(telemetry.metricsUrl!)
  expect(await (await fetch(telemetry.metricsUrl!)).text()).not.toContain('http_server')
})

test.each([
  ['GET', '/metrics?x=1', 200],
  ['HEAD', '/metrics', 200],
  ['POST', '/metrics', 405],
  ['GET', '/', 404],
  ['GET', '/metrics/more', 404],
])('answers %s %s with %i', async (method, path, status) => {
  const { telemetry } = await startedTelemetry()
  expect((await fetch(new URL(path, telemetry.metricsUrl), { method })).status).toBe(status)
})

test('continues without /metrics when the port is taken, and logs one line', async () => {
  const port = await takenPort()
  const { telemetry, lines } = await startedTelemetry({ metrics: { port } })
  expect(telemetry.metricsUrl).toBeUndefined()
  expect(lines).toEqual([
    `[TELEMETRY] METRICS_PORT ${port} is taken on 127.0.0.1: /metrics is not served, the agents continue; set METRICS_PORT or METRICS_HOST`,
  ])
})

test('uses the next free port if configured to, and logs it', async () => {
  const port = await takenPort()
  const { telemetry, lines } = await startedTelemetry({ metrics: { port }, onPortTaken: 'next' })
  expect((await fetch(telemetry.metricsUrl!)).status).toBe(200)
  expect(lines).toEqual([`[TELEMETRY] METRICS_PORT ${port} is taken: /metrics is at ${telemetry.metricsUrl}`])
})

test('continues without /metrics when the address is not of this machine', async () => {
  const { telemetry, lines } = await startedTelemetry({ metrics: { host: '192.0.2.1', port: 9 } })
  expect(telemetry.metricsUrl).toBeUndefined()
  expect(lines).toEqual([
    '[TELEMETRY] METRICS_HOST 192.0.2.1 is not an address of this machine: /metrics is not served, the agents continue; ' +
      'set METRICS_PORT or METRICS_HOST',
  ])
})

test('does not serve /metrics when it is switched off in code', async () => {
  expect((await startedTelemetry({ metrics: { port: false } })).telemetry.metricsUrl).toBeUndefined()
})

test('stops at once although a client keeps its connection open', async () => {
  const { telemetry } = await startedTelemetry()
  const { port, hostname } = new URL(telemetry.metricsUrl!)
  const idle = connect(Number(port), hostname)
  await new Promise((resolve) => idle.once('connect', resolve))
  const closed = new Promise((resolve) => idle.once('close', resolve))
  await telemetry.shutdown()
  await closed
  await expect(fetch(telemetry.metricsUrl!)).rejects.toThrow('fetch failed')
})
