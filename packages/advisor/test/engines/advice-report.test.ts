import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { openTemporaryFolder, repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { runAdvise } from '../../src/index.ts'
import { prometheusWithHistory, type SimulatedSeries, whyNoPrometheus } from './prometheus-with-history.ts'
import { prices, simulatedSwarm } from './simulated-swarm.ts'

if (whyNoPrometheus !== undefined) console.log(`skipped: ${whyNoPrometheus}`)

const hours = 8 * 7 * 24
/** A Monday, so that the report is the same on every day. */
const endMs = Date.UTC(2026, 10, 2)
const document = join(repositoryRoot, 'docs/advisor.md')
const [begin, end] = ['<!-- report -->', '<!-- end of report -->']

/** Eight weeks of the three agents of the reference swarm, two of which waste money. */
function referenceSwarm(): readonly SimulatedSeries[] {
  const office = (hour: number): number => (hour % 24 >= 8 && hour % 24 < 18 && Math.floor(hour / 24) % 7 < 5 ? 60 : 6)
  const { series } = simulatedSwarm(
    [
      { name: 'rapid-builder', rate: office, recovering: { share: 0.2, errorType: 'truncated' } },
      { name: 'api-integrator', rate: office, failing: { share: 0.08, errorType: 'schema_mismatch', attempts: 3 } },
      { name: 'reviewer', rate: (hour) => office(hour) / 2, model: 'small-1' },
    ],
    hours,
  )
  const succeeded = series.filter(({ name, labels }) => name === 'agent_executions_total' && labels['outcome'] === 'success')
  const all = Float64Array.from({ length: hours }, (_, hour) => succeeded.reduce((sum, { hourly }) => sum + hourly[hour]!, 0))
  const quota = { gen_ai_provider_name: 'anthropic', gen_ai_request_model: 'large-1', quota: 'requests' }
  const gauge = (name: string, labels: Readonly<Record<string, string>>, value: (runs: number) => number): SimulatedSeries => ({
    name,
    labels,
    hourly: all.map(value),
    isGauge: true,
  })
  return [
    ...series,
    { name: 'agent_execution_duration_seconds_count', labels: {}, hourly: all },
    { name: 'agent_execution_duration_seconds_sum', labels: {}, hourly: all.map((runs) => 45 * runs) },
    gauge('active_executions', {}, (runs) => Math.min(4, Math.ceil((runs * 45) / 3_600))),
    gauge('provider_quota_limit', quota, () => 1_000),
    gauge('provider_quota_remaining', quota, (runs) => 1_000 - 3 * runs),
  ]
}

describe.skipIf(whyNoPrometheus !== undefined)('docs/advisor.md', () => {
  test('contains the report of the reference swarm as the command prints it', async () => {
    await using prometheus = await prometheusWithHistory(referenceSwarm(), { endMs })
    using folder = openTemporaryFolder()
    const config = join(folder.path, 'production.yaml')
    const inFile = Object.entries(prices).map(
      ([model, { cacheRead, cacheWrite, ...own }]) =>
        [model, { ...own, cache_read: cacheRead, cache_write: cacheWrite }] as const,
    )
    writeFileSync(config, JSON.stringify({ prices: Object.fromEntries(inFile) }))
    const printed: string[] = []
    const code = await runAdvise(['--prometheus', prometheus.url], {
      env: { SWARMWATCH_CONFIG: config, ADVISOR_MONTHLY_BUDGET_USD: '1500', ADVISOR_WORKERS: '2' },
      now: () => endMs + 60_000,
      print: (text) => void printed.push(text),
      printError: (text) => void printed.push(text),
    })
    expect(code, printed.join()).toBe(1)
    const report = `${begin}\n\n\`\`\`\n${printed.join('\n')}\n\`\`\`\n\n${end}`
    const text = readFileSync(document, 'utf8')
    const found = text.slice(text.indexOf(begin), text.indexOf(end) + end.length)
    if (process.env['UPDATE'] === '1')
      writeFileSync(
        document,
        text.replace(found, () => report),
      )
    else expect(found, 'UPDATE=1 writes it').toBe(report)
  })
})
