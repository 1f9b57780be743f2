import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'

import { dailySwarm } from './daily-swarm.ts'
import { prometheusWithHistory, whyNoPrometheus } from './prometheus-with-history.ts'

if (whyNoPrometheus !== undefined) console.log(`skipped: ${whyNoPrometheus}`)

const agents = 100
const hours = 8 * 168

describe.skipIf(whyNoPrometheus !== undefined)('100 agents with eight weeks of history', () => {
  test('are analysed by the service within 200 MB', async () => {
    await using prometheus = await prometheusWithHistory(dailySwarm(agents, hours))
    const program = `
      import { startService } from ${JSON.stringify(fileURLToPath(new URL('../../src/service/start-service.ts', import.meta.url)))}
      import { readAdvisorSettings } from ${JSON.stringify(fileURLToPath(new URL('../../src/advisor-settings.ts', import.meta.url)))}
      const settings = readAdvisorSettings({ env: { PROMETHEUS_URL: ${JSON.stringify(prometheus.url)}, ADVISOR_PORT: '0' } })
      const service = await startService(settings, { now: () => ${prometheus.endMs + 60_000} })
      await service.analysed()
      const report = await (await fetch('http://127.0.0.1:' + service.port + '/api/report')).json()
      const { maxRSS, userCPUTime } = process.resourceUsage()
      console.log(JSON.stringify({ maxRss: maxRSS * 1024, cpuSeconds: userCPUTime / 1e6, forecasts: report.forecasts.length, problem: report.problem }))
      await service.stop()`
    const flags = ['--max-old-space-size=120', '--max-semi-space-size=4', '--conditions=swarmwatch-source', '--input-type=module']
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--eval', program])
    const { maxRss, cpuSeconds, forecasts, problem } = JSON.parse(stdout) as Record<string, number | null>
    console.log(`${Math.round(maxRss! / 1e6)} MB, ${Math.round(cpuSeconds!)} s of processor time`)
    expect({ forecasts, problem }).toEqual({ forecasts: 2 * (agents + 1), problem: null })
    expect(maxRss).toBeLessThan(200e6)
  }, 600_000)
})
