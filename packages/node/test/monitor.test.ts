import { createServer } from 'node:net'

import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, onTestFinished, test, vi } from 'vitest'

import type { AlertGroup } from '../src/index.ts'
import { startedTelemetry } from './started-telemetry.ts'

const onAnyPort = { monitor: { port: 0, intervalSeconds: 1 } }

test('serves the status page with the runs of this process, and stops it on shutdown', async () => {
  const { telemetry } = await startedTelemetry({ ...onAnyPort, serviceName: 'shop' })
  await instrumentAgent(async () => {}, { name: 'seen-on-the-page' })()
  const page = await (await fetch(telemetry.pageUrl!)).text()
  expect(page).toContain('seen-on-the-page')
  expect(page).toContain('shop')
  await telemetry.shutdown()
  await expect(fetch(telemetry.pageUrl!)).rejects.toThrow('fetch failed')
})

test('logs one line when the port of the page is taken, and the agents continue', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => taken.once('listening', done))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const { telemetry, lines } = await startedTelemetry({ monitor: { port } })
  expect(telemetry.pageUrl).toBeUndefined()
  expect(lines).toEqual([
    `[TELEMETRY] MONITOR_PORT ${port} is taken on 127.0.0.1: the status page is not served; set MONITOR_PORT or MONITOR_HOST`,
  ])
  expect(telemetry.metricsUrl).toBeDefined()
})

test('evaluates custom rules and passes firing alerts to deliver()', async () => {
  const groups: AlertGroup[] = []
  const rule = { name: 'AlwaysWrong', condition: () => true, severity: 'warning', description: 'something is wrong' } as const
  const { telemetry } = await startedTelemetry({
    ...onAnyPort,
    serviceName: 'shop',
    alerts: { rules: [rule], deliver: (group) => groups.push(group) },
  })
  await vi.waitFor(() => expect(groups).toHaveLength(1), { timeout: 120_000 })
  expect(groups[0]).toMatchObject({
    version: '4',
    status: 'firing',
    alerts: [{ labels: { alertname: 'AlwaysWrong', service: 'shop' } }],
  })
  expect(await (await fetch(telemetry.pageUrl!)).text()).toContain('AlwaysWrong')
})

test('rules that cannot work stop the start, all problems at once', async () => {
  const rule = { name: '', condition: 'x', severity: 'loud', description: 'd' }
  await expect(
    startedTelemetry({ alerts: { rules: [rule as never, { name: 'slow_response', threshold: -1 }] } }),
  ).rejects.toThrow(/alerts\.rules\[0\]\.name[^]*alerts\.rules\[0\]\.condition[^]*alerts\.rules\[0\]\.severity[^]*threshold/)
})

test('leaves the rules to Prometheus when metrics are exported by OTLP, unless they are switched on; the page shows it', async () => {
  const asked = vi.fn(() => false)
  const rule = { name: 'Asked', condition: asked, severity: 'warning', description: 'asked' } as const
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_METRIC_EXPORT_INTERVAL: '60000' }
  const left = await startedTelemetry({ ...onAnyPort, env, alerts: { rules: [rule] } })
  expect(await (await fetch(left.telemetry.pageUrl!)).text()).toContain('No rules are evaluated in this process.')
  await left.telemetry.shutdown()
  expect(asked).not.toHaveBeenCalled()
  const { telemetry } = await startedTelemetry({ ...onAnyPort, env, alerts: { rules: [rule], inProcess: 'on' } })
  expect(await (await fetch(telemetry.pageUrl!)).text()).toContain('None: no rule is violated.')
  await vi.waitFor(() => expect(asked).toHaveBeenCalled(), { timeout: 120_000 })
})

test('logs that an alert channel is off where this process sends alerts, and only there', async () => {
  const off = 'alert channel "email" is off: ALERT_EMAIL_TO is not set'
  const env = { ALERT_EMAIL_HOST: 'mail' }
  const inProcess = await startedTelemetry({ ...onAnyPort, env })
  expect(inProcess.lines.filter((line) => line.includes(off))).toHaveLength(1)
  await inProcess.telemetry.shutdown()
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_METRIC_EXPORT_INTERVAL: '60000' }
  const { lines } = await startedTelemetry({ ...onAnyPort, env: { ...env, ...endpoint } })
  expect(lines.filter((line) => line.includes('alert channel'))).toEqual([])
})
