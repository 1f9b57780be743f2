import { describe, expect, test } from 'vitest'

import { runAdvise } from '../../src/index.ts'
import { dailySwarm } from './daily-swarm.ts'
import { prometheusWithHistory, type PrometheusWithHistory, whyNoPrometheus } from './prometheus-with-history.ts'

if (whyNoPrometheus !== undefined) console.log(`skipped: ${whyNoPrometheus}`)

async function adviceFrom(prometheus: PrometheusWithHistory, ...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = []
  const print = (text: string): void => void lines.push(text)
  const code = await runAdvise(['--prometheus', prometheus.url, ...args], {
    env: {},
    now: () => prometheus.endMs + 60_000,
    print,
    printError: print,
  })
  return { code, text: lines.join('\n') }
}

describe.skipIf(whyNoPrometheus !== undefined)('the report of a Prometheus', () => {
  test('that is empty names what to check', async () => {
    await using prometheus = await prometheusWithHistory([])
    const { code, text } = await adviceFrom(prometheus)
    expect(code).toBe(2)
    expect(text).toContain(
      'Note: Prometheus has no executions of agents in the last 8 weeks: check PROMETHEUS_URL, and that agents send metrics.',
    )
  })

  test('that has been filled for five hours names the history that each part needs', async () => {
    await using prometheus = await prometheusWithHistory(dailySwarm(2, 5))
    const { code, text } = await adviceFrom(prometheus)
    expect(code).toBe(0)
    expect(text).toContain('Note: There are 5 hours of history; forecasts need 48.')
  })

  test('that has been filled for five days forecasts a day, and no week', async () => {
    await using prometheus = await prometheusWithHistory(dailySwarm(2, 120))
    const { text } = await adviceFrom(prometheus)
    expect(text).toContain('Note: There are 5 days of history; forecasts of a week, peaks, workers and quotas need 21.')
    expect(text).toContain('the cost of the month needs 7 days')
    expect(text).toMatch(/agent-0 +executions +\d+ \(\d+ - \d+\) +- +- /)
  })

  test('that was down for two days fills the gap and reports it', async () => {
    await using prometheus = await prometheusWithHistory(dailySwarm(2, 28 * 24), { gap: [400, 448] })
    const { code, text } = await adviceFrom(prometheus, '--json')
    const report = JSON.parse(text) as { notices: string[]; forecasts: { next24Hours: { middle: number } }[] }
    expect(code).toBe(0)
    // The first hour after the gap has no value before it to rise from
    expect(report.notices[0]).toMatch(/^4[89] hours of the history have no data; they are filled/)
    expect(report.forecasts).toHaveLength(6)
    for (const { next24Hours } of report.forecasts.filter((_, index) => index === 1 || index === 2)) {
      expect(next24Hours.middle / (24 * 20)).toBeGreaterThan(0.8)
      expect(next24Hours.middle / (24 * 20)).toBeLessThan(1.2)
    }
  })

  test('that dies is one sentence and exit code 1', async () => {
    await using prometheus = await prometheusWithHistory(dailySwarm(1, 5))
    await prometheus.kill()
    const { code, text } = await adviceFrom(prometheus)
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/^swarmwatch advise: Prometheus at 127\.0\.0\.1:\d+ cannot be reached \(\w+\); is it running/),
    ])
  })
})
