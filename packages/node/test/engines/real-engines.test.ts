import { instrumentAgent } from '@swarmwatch/sdk'
import { metric } from '@swarmwatch/sdk/names'
import { eventually, whyNoEngines } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTelemetry, type Telemetry } from '../../src/index.ts'
import { type Engines, startEngines } from './engines.ts'
import { useEveryInstrument } from './every-instrument.ts'
import { query, type Sample } from './prometheus-query.ts'
import { seriesOf } from './series.ts'

const byScrape = 'job="scraped"'
const byOtlp = 'job="swarmwatch/engine-test"'

/** Measured again at every collection: the same series, but never the same value. */
const measuredAgain = new Set<string>(
  [metric.resourceUtilization, metric.healthScore, metric.lastProgress, metric.oldestActive, metric.stuckRun].map(
    ({ prometheus }) => prometheus,
  ),
)

describe.skipIf(whyNoEngines('prometheus', 'otel-collector') !== undefined)('on a real Collector and a real Prometheus', () => {
  let engines: Engines
  let telemetry: Telemetry

  beforeAll(async () => {
    engines = await startEngines()
    telemetry = await startTelemetry({
      serviceName: 'engine-test',
      environment: 'production',
      region: 'eu-1',
      configFile: false,
      monitor: { port: false },
      metrics: { host: engines.hostAddress, port: 0, exportIntervalSeconds: 1 },
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: engines.otlpUrl },
    })
    await engines.scrape(telemetry.metricsUrl!)
  })

  afterAll(async () => {
    await telemetry?.shutdown()
    await engines?.stop()
  })

  /** The samples of our own instruments that one way has brought. */
  async function ownSeries(way: string): Promise<Sample[]> {
    const names = Object.values(metric).map(({ prometheus, kind }) =>
      kind === 'histogram' ? `${prometheus}_(bucket|sum|count)` : prometheus,
    )
    const samples = await query(engines.prometheusUrl, `{__name__=~"${names.join('|')}",${way}}`)
    return samples.map((sample) =>
      measuredAgain.has(sample.labels['__name__']!) ? { ...sample, value: 'measured anew' } : sample,
    )
  }

  test('a run produces the same series by scrape and by OTLP, for every instrument of the SDK', async () => {
    await useEveryInstrument()
    const [scraped, pushed] = await eventually('both ways to bring every instrument with the same values', async () => {
      const both = [seriesOf(await ownSeries(byScrape)), seriesOf(await ownSeries(byOtlp))] as const
      const isComplete = Object.values(metric).every(({ prometheus }) => both.every((series) => has(series, prometheus)))
      return isComplete && JSON.stringify([...both[0]]) === JSON.stringify([...both[1]]) ? both : undefined
    }).catch(async () => [seriesOf(await ownSeries(byScrape)), seriesOf(await ownSeries(byOtlp))] as const)

    expect(Object.fromEntries(scraped)).toEqual(Object.fromEntries(pushed))
    const fleet = ['cloud_region="eu-1"', 'deployment_environment_name="production"']
    expect([...scraped.keys()].filter((line) => !fleet.every((label) => line.includes(label)))).toEqual([])
    expect(
      Object.values(metric)
        .filter(({ prometheus }) => !has(scraped, prometheus))
        .map(({ name }) => name),
    ).toEqual([])
    const types = { counter: 'counter', histogram: 'histogram', gauge: 'gauge', upDownCounter: 'gauge' } as const
    for (const { prometheus, kind } of Object.values(metric)) {
      const ofThis = [...scraped.keys()].filter((line) => line.startsWith(prometheus))
      expect(
        ofThis.every((line) => line.includes(`__type__="${types[kind]}"`)),
        `${prometheus} is a ${kind}`,
      ).toBe(true)
    }
  })

  test('runtime and process metrics have the same names and labels both ways', async () => {
    const foreign = (way: string) => query(engines.prometheusUrl, `{__name__=~"(process|nodejs|v8js)_.*",${way}}`)
    const [scraped, pushed] = await eventually('the same names', async () => {
      const both = [[...seriesOf(await foreign(byScrape)).keys()], [...seriesOf(await foreign(byOtlp)).keys()]].map(
        withoutPassing,
      )
      return both[0]!.length > 5 && JSON.stringify(both[0]) === JSON.stringify(both[1]) ? both : undefined
    })
    expect(scraped).toEqual(pushed)
    expect(scraped!.filter((line) => line.includes('memory_heap'))).toEqual([])
  })

  test('promtool finds no fault with /metrics', async () => {
    await useEveryInstrument()
    const text = await (await fetch(telemetry.metricsUrl!)).text()
    expect(await engines.promtoolCheck(text)).toBe('')
  })

  test.each([byScrape, byOtlp])('the first failure ever, of a type never seen, shows in the failure ratio (%s)', async (way) => {
    const agent = `first-failure-${way.length}`
    const series = (outcome: string): string => `agent_executions_total{${way},agent_name="${agent}",outcome=~"${outcome}"}`
    let fails = false
    const run = instrumentAgent(
      async () => {
        if (fails) throw Object.assign(new Error('never seen'), { name: `BrandNewError${way.length}` })
      },
      { name: agent, recovery: false, logger: false },
    )
    await eventually('the zeros', async () => (await query(engines.prometheusUrl, series('failure')))[0])
    await run()
    fails = true
    await expect(run()).rejects.toThrow('never seen')

    const ratio = `sum(increase(${series('failure')}[1m])) / sum(increase(${series('success|failure')}[1m]))`
    const rate = `sum(rate(${series('failure')}[1m])) > 0`
    const [found] = await eventually('one failure in two', async () => {
      const [sample] = await query(engines.prometheusUrl, ratio)
      return sample !== undefined && Number(sample.value) > 0.49 ? [sample] : undefined
    })
    expect(Number(found.value)).toBeCloseTo(0.5)
    expect(await query(engines.prometheusUrl, rate)).toHaveLength(1)
  })
})

function has(series: ReadonlyMap<string, string>, name: string): boolean {
  return [...series.keys()].some((line) => /^[^{]*/.exec(line)![0].replace(/_(bucket|sum|count)$/, '') === name)
}

/**
 * Without what comes and goes between two collections: handles that are open at the moment, kinds
 * of garbage collection.
 */
function withoutPassing(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^v8js_(resource_active|gc_duration)/.test(line))
}
