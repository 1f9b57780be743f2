import { describe, expect, test } from 'vitest'

import { analyse } from '../../src/analyse.ts'
import { openPrometheus } from '../../src/prometheus/prometheus-client.ts'
import type { Report } from '../../src/report/report.ts'
import { prometheusWithHistory, whyNoPrometheus } from './prometheus-with-history.ts'
import { type PlantedWaste, prices, type SimulatedAgent, simulatedSwarm } from './simulated-swarm.ts'

if (whyNoPrometheus !== undefined) console.log(`skipped: ${whyNoPrometheus}`)

const hours = 15 * 24

async function reportOf(
  agents: readonly SimulatedAgent[],
): Promise<{ readonly report: Report; readonly planted: ReadonlyMap<string, PlantedWaste> }> {
  const { series, planted } = simulatedSwarm(agents, hours)
  await using prometheus = await prometheusWithHistory(series)
  const settings = {
    prometheusMatchers: '',
    weeks: 4,
    workers: undefined,
    concurrency: undefined,
    monthlyBudgetUsd: undefined,
    prices,
  }
  const { report } = await analyse(openPrometheus({ url: prometheus.url }), settings, prometheus.endMs)
  return { report, planted }
}

const isNightly = (hour: number): boolean => hour % 24 === 2

/** One agent for each kind of waste. */
const wasteful: readonly SimulatedAgent[] = [
  {
    name: 'fails',
    failing: { share: 0.1, errorType: 'invalid_request', attempts: 1 },
    recovering: { share: 0.02, errorType: '503' },
  },
  { name: 'retries-without-effect', failing: { share: 0.08, errorType: 'schema_mismatch', attempts: 4 } },
  { name: 'needs-second-attempt', recovering: { share: 0.15, errorType: 'tool_error' } },
  { name: 'is-cut', recovering: { share: 0.2, errorType: 'truncated' } },
  { name: 'grows', excessPerRun: 6_000 },
  { name: 'compares', variant: 'expensive', model: 'large-1' },
  { name: 'compares', variant: 'cheap', model: 'small-1' },
  { name: 'nightly', rate: (hour) => (isNightly(hour) ? 600 : 0), callsPerRun: 1, model: 'small-1' },
]

describe.skipIf(whyNoPrometheus !== undefined)('advice', () => {
  test('finds each planted waste with its dollars, and nothing else', async () => {
    const { report, planted } = await reportOf(wasteful)
    const { advice } = report
    const of = (name: string): PlantedWaste => planted.get(name)!
    const expected: readonly (readonly [finding: string, usd: number])[] = [
      ['failed_work fails', of('fails').failed],
      ['failed_work retries-without-effect', of('retries-without-effect').failed],
      ['useless_retries retries-without-effect', of('retries-without-effect').uselessRetries],
      ['retried_work needs-second-attempt', of('needs-second-attempt').retried],
      ['truncated_answers is-cut', of('is-cut').truncated],
      ['growing_context grows', of('grows').excess],
      ['expensive_model compares', of('compares expensive').total - of('compares cheap').total],
      ['batch_price nightly', of('nightly').total / 2],
    ]
    const found = new Map(advice.map((one) => [`${one.advice} ${one.agentName}`, one.usdPerMonth]))
    expect([...found.keys()].toSorted()).toEqual(expected.map(([finding]) => finding).toSorted())
    for (const [finding, usd] of expected) {
      const ratio = found.get(finding)! / ((usd * 30) / 7)
      expect(Math.abs(ratio - 1), `${finding}: ${ratio} of what was planted`).toBeLessThan(0.1)
    }
    for (const { evidence, fix } of advice) {
      expect(evidence).toMatch(/^[A-Z0-9].*\d.*\.$/)
      expect(fix).toMatch(/^[A-Z].*\.$/)
    }
    for (const { agentName, total, useful, retried, failed, uselessRetries, cancelled } of report.costParts) {
      expect(useful + retried + failed + uselessRetries + cancelled).toBeCloseTo(total, 6)
      const whole = [...planted]
        .filter(([name]) => name.split(' ')[0] === agentName)
        .reduce((sum, [, waste]) => sum + waste.total, 0)
      expect(total).toBeCloseTo(whole, 6)
    }
  })

  test('finds a model whose context is not cached, with the dollars that caching saves', async () => {
    const { report, planted } = await reportOf([{ name: 'uncached', cachedShare: 0, callsPerRun: 5 }])
    expect(report.advice).toMatchObject([{ advice: 'low_cache_share', agentName: 'uncached' }])
    const ratio = report.advice[0]!.usdPerMonth / ((planted.get('uncached')!.uncached * 30) / 7)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1)
  })

  test('finds the siblings of planted waste with their dollars', async () => {
    const { report, planted } = await reportOf([
      // Cut answers of runs that fail in the end are paid several times
      { name: 'is-cut-to-the-end', failing: { share: 0.1, errorType: 'truncated', attempts: 3 } },
      // A schedule that runs once a week, and repeats a fifth of its calls
      {
        name: 'weekly',
        rate: (hour) => (hour % 168 === 30 ? 6_000 : 0),
        callsPerRun: 1,
        model: 'small-1',
        recovering: { share: 0.2, errorType: '429' },
      },
      // Waste of one agent that shares its name with the beginning of another one
      { name: 'writer', recovering: { share: 0.2, errorType: 'tool "x", \\ or {y}' } },
      { name: 'writer-2' },
    ])
    const expected: readonly (readonly [finding: string, usd: number])[] = [
      ['truncated_answers is-cut-to-the-end', planted.get('is-cut-to-the-end')!.truncated],
      ['batch_price weekly', planted.get('weekly')!.total / 2],
      ['retried_work weekly', planted.get('weekly')!.retried],
      ['retried_work writer', planted.get('writer')!.retried],
    ]
    const found = new Map(report.advice.map((one) => [`${one.advice} ${one.agentName}`, one.usdPerMonth]))
    expect([...found.keys()].toSorted()).toEqual(expected.map(([finding]) => finding).toSorted())
    for (const [finding, usd] of expected) expect(found.get(finding)! / ((usd * 30) / 7), finding).toBeCloseTo(1, 1)
  })

  test('does not advise against an expensive variant that succeeds more often, nor a batch price for work that someone reads', async () => {
    const { report } = await reportOf([
      { name: 'compares', variant: 'expensive', model: 'large-1' },
      { name: 'compares', variant: 'cheap', model: 'small-1', failing: { share: 0.06, errorType: '503', attempts: 1 } },
      { name: 'nightly-read', rate: (hour) => (isNightly(hour) ? 600 : 0), callsPerRun: 1, isStreamed: true },
      { name: 'all-day', callsPerRun: 1, model: 'small-1' },
    ])
    expect(report.advice.map((one) => `${one.advice} ${one.agentName}`)).toEqual([])
  })

  test('is quiet about a clean swarm with a few failures, and about waste that was fixed two days ago', async () => {
    const { report } = await reportOf([
      { name: 'clean-1' },
      { name: 'clean-2', failing: { share: 0.01, errorType: '503', attempts: 4 }, recovering: { share: 0.02, errorType: '503' } },
      { name: 'clean-3', recovering: { share: 0.03, errorType: '429' }, callsPerRun: 1, isStreamed: true },
      ...wasteful.slice(0, 5).map((agent) => ({ ...agent, fixedAt: hours - 48 })),
    ])
    expect(report.advice.map((one) => `${one.advice} ${one.agentName}`)).toEqual([])
  })
})
