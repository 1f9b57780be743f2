import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { type Judged, judgeReplay, readTrace } from '../../simulate/replay.ts'
import { loadAugurs } from '../../src/forecast/augurs.ts'
import { day, meanOf, week } from '../../src/forecast/models.ts'
import { forecastSeries } from '../../src/forecast/forecast-series.ts'
import { shapes, wandering } from './shapes.ts'

const traces = fileURLToPath(new URL('../../../../../shared/data/azure-llm', import.meta.url))
const hasTraces = existsSync(traces)
if (!hasTraces)
  console.log('skipped: the traces of production are not in ../shared/data/azure-llm; the generated ones are replayed')

/** The intervals contain what they claim, to five points, and the forecast is better than the same hour of last week. */
function expectAsClaimed({ day80, day90, week80, week90, error }: Judged, name: string): void {
  for (const [what, share, claim] of [
    ['80 % of the next day', day80, 0.8],
    ['90 % of the next day', day90, 0.9],
    ['80 % of the next week', week80, 0.8],
    ['90 % of the next week', week90, 0.9],
  ] as const) {
    expect(Math.abs(share - claim), `${name}: the interval of ${what} contains ${share}`).toBeLessThanOrEqual(0.05)
  }
  expect(error, `${name}: error compared with last week`).toBeLessThan(0.95)
}

test('intervals of traffic without a rhythm, whose level wanders, contain the next day and week as often as they claim', async () => {
  const augurs = await loadAugurs()
  const judged: Judged[] = []
  for (const seed of [1, 2, 3, 4]) judged.push(await judgeReplay(wandering(8 * week, seed), augurs))
  const mean = (of: keyof Judged): number => judged.reduce((sum, one) => sum + one[of], 0) / judged.length
  const all = Object.fromEntries((Object.keys(judged[0]!) as (keyof Judged)[]).map((of) => [of, mean(of)])) as unknown as Judged
  expectAsClaimed(all, 'wandering')
})

test.skipIf(!hasTraces).for(['code', 'conversation'])(
  'intervals of the replayed production trace "%s" contain the next day and week as often as they claim',
  async (name) => {
    // 2.5 s as an hour: the trace of 58 minutes becomes the eight weeks that the advisor reads
    expectAsClaimed(await judgeReplay(readTrace(`${traces}/${name}.csv`, 2.5), await loadAugurs()), name)
  },
)

// docs/statistics.md has 40 series of each for histories of other lengths
test('from three weeks of history, the interval of the sum of the next 24 hours contains it as often as it claims', async () => {
  const augurs = await loadAugurs()
  const inside: number[] = []
  for (const shape of Object.values({ ...shapes, wandering })) {
    for (let seed = 1; seed <= 20; seed++) {
      // The next day is each day of the week in turn
      const values = shape(4 * week, seed).subarray((seed % 7) * day)
      const series = { firstHour: (4 + (seed % 7)) * day, values: values.slice(0, 3 * week) }
      const [low, high] = (await forecastSeries(series, augurs))!.quantilesOfSum(day, [0.05, 0.95])
      const actual = values.subarray(3 * week, 3 * week + day).reduce((sum, value) => sum + value, 0)
      inside.push(Number(actual >= low! && actual <= high!))
    }
  }
  expect(Math.abs(meanOf(inside) - 0.9)).toBeLessThanOrEqual(0.05)
})

const seeds = [1, 2, 3, 4, 5, 6]

test('from eight weeks of history, an interval contains the hours of the next week as often as it claims, and the error is below that of last week', async () => {
  const augurs = await loadAugurs()
  const results: Record<string, { inside80: number; inside90: number; error: number }> = {}
  for (const [name, shape] of Object.entries(shapes)) {
    const found = { inside80: 0, inside90: 0, error: 0, baseline: 0, hours: 0 }
    for (const seed of seeds) {
      const values = shape(9 * week, seed)
      const forecast = (await forecastSeries({ firstHour: 4 * 24, values: values.slice(0, 8 * week) }, augurs))!
      const quantiles = [0.05, 0.1, 0.9, 0.95].map((probability) => forecast.quantile(probability))
      for (let hour = 0; hour < week; hour++) {
        const actual = values[8 * week + hour]!
        const [low90, low80, high80, high90] = quantiles.map((quantile) => quantile[hour]!)
        found.inside80 += Number(actual >= low80! && actual <= high80!)
        found.inside90 += Number(actual >= low90! && actual <= high90!)
        found.error += Math.abs(actual - forecast.point[hour]!)
        found.baseline += Math.abs(actual - values[7 * week + hour]!)
        found.hours++
      }
    }
    const { hours, inside80, inside90, error, baseline } = found
    results[name] = { inside80: inside80 / hours, inside90: inside90 / hours, error: error / baseline }
  }
  for (const [name, { inside80, inside90, error }] of Object.entries(results)) {
    expect(Math.abs(inside80 - 0.8), `${name}: 80 % interval contains ${inside80}`).toBeLessThan(0.05)
    expect(Math.abs(inside90 - 0.9), `${name}: 90 % interval contains ${inside90}`).toBeLessThan(0.05)
    expect(error, `${name}: error compared with last week`).toBeLessThan(0.95)
  }
})
