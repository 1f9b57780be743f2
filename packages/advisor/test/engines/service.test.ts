import { Secret } from '@swarmwatch/config'
import { openHttpServer } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { readAdvisorSettings } from '../../src/advisor-settings.ts'
import { startService } from '../../src/service/start-service.ts'
import { prometheusWithHistory, whyNoPrometheus } from './prometheus-with-history.ts'
import { simulatedSwarm } from './simulated-swarm.ts'

if (whyNoPrometheus !== undefined) console.log(`skipped: ${whyNoPrometheus}`)

const settings = { ...readAdvisorSettings({ env: {} }), port: 0 }
const swarm = simulatedSwarm(
  [{ name: 'clean' }, { name: 'wasteful', recovering: { share: 0.3, errorType: 'tool_error' }, model: 'large-1' }],
  22 * 24,
).series
const gauges = (name: string, value: number): typeof swarm => [
  { name, labels: {}, hourly: new Float64Array(22 * 24).fill(value), isGauge: true },
]

describe.skipIf(whyNoPrometheus !== undefined)('the service', () => {
  test('shows the report as a page, JSON and metrics, and sends one digest a week', async () => {
    await using prometheus = await prometheusWithHistory([
      ...swarm,
      ...gauges('active_executions', 2),
      ...swarm
        .filter(({ name, labels }) => name === 'agent_executions_total' && labels['outcome'] === 'success')
        .flatMap(({ labels, hourly }) => [
          { name: 'agent_execution_duration_seconds_count', labels, hourly },
          { name: 'agent_execution_duration_seconds_sum', labels, hourly: Float64Array.from(hourly, (count) => count * 30) },
        ]),
    ])
    await using bridge = await openHttpServer()
    const lines: string[] = []
    const service = await startService(
      { ...settings, prometheusUrl: prometheus.url, bridgeUrl: bridge.url, bridgeToken: new Secret('bridge-token'), workers: 3 },
      { write: (line) => void lines.push(line), now: () => prometheus.endMs + 1_000 },
    )
    try {
      await service.analysed()
      const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${service.port}${path}`)).text()
      const metrics = await get('/metrics')
      for (const quantile of ['0.05', '0.5', '0.95']) {
        expect(metrics).toMatch(
          new RegExp(`^agent_forecast\\{agent_name="clean",signal="executions",quantile="${quantile}"\\} [\\d.]+$`, 'm'),
        )
        expect(metrics).toMatch(new RegExp(`^swarm_forecast\\{signal="cost_usd",quantile="${quantile}"\\} [\\d.]+$`, 'm'))
        expect(metrics).toMatch(new RegExp(`^swarm_cost_month_usd\\{quantile="${quantile}"\\} [\\d.]+$`, 'm'))
      }
      expect(metrics).toMatch(/^swarm_capacity_headroom_ratio\{resource="workers"\} 0\.\d+$/m)
      expect(metrics).toMatch(/^swarm_advice_usd_per_month\{advice="retried_work",agent_name="wasteful"\} [\d.]+$/m)
      expect(metrics).toMatch(/^swarm_advice_usd_per_month\{advice="failed_work",agent_name="\(all\)"\} 0$/m)
      expect(JSON.parse(await get('/api/report'))).toMatchObject({
        advice: [{ advice: 'retried_work', agentName: 'wasteful' }],
        problem: null,
      })
      const page = await get('/')
      expect(page).toContain('<h2>Advice: what would save money</h2>')
      expect(page).not.toMatch(/<script|https?:\/\//)
      expect(bridge.requests).toHaveLength(1)
      const [request] = bridge.requests
      expect(request).toMatchObject({ path: '/api/v1/events', headers: { authorization: 'Bearer bridge-token' } })
      expect(JSON.parse(request!.body)).toMatchObject({
        title: expect.stringMatching(/^Cost advice: 1 finding would save about \d+ USD a month$/),
        key: expect.stringMatching(/^advice:\d+$/),
        source: 'advisor',
      })
    } finally {
      await service.stop()
    }
    expect(lines).toEqual([expect.stringMatching(/^\[ADVISOR\] ready on http:\/\/127\.0\.0\.1:\d+\/, reads 127\.0\.0\.1:\d+$/)])
  })
})

test('a service without Prometheus is healthy, reports the problem once, and exports no forecast', async () => {
  const lines: string[] = []
  const service = await startService(
    { ...settings, prometheusUrl: 'http://127.0.0.1:9' },
    { write: (line) => void lines.push(line) },
  )
  try {
    await service.analysed()
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${service.port}${path}`)
    expect((await get('/healthz')).status).toBe(200)
    expect((await get('/api/report')).status).toBe(503)
    const metrics = await (await get('/metrics')).text()
    expect(metrics).toContain('advisor_failed_analyses_total 1\n')
    expect(metrics).not.toContain('agent_forecast')
    expect(await (await get('/')).text()).toContain('Prometheus at 127.0.0.1:9 cannot be reached')
    expect(lines.slice(1)).toEqual([expect.stringMatching(/^\[ADVISOR\] Prometheus at 127\.0\.0\.1:9 cannot be reached/)])
  } finally {
    await service.stop()
  }
})
