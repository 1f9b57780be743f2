import { beforeAll, describe, expect, test } from 'vitest'

import { type Augurs, loadAugurs } from '../../src/forecast/augurs.ts'
import { type Forecast, forecastSeries, leastHours } from '../../src/forecast/forecast-series.ts'
import { week } from '../../src/forecast/models.ts'
import { shapes } from './shapes.ts'

let augurs: Augurs
beforeAll(async () => {
  augurs = await loadAugurs()
})

const ahead = (values: Float64Array, weeks: number): Promise<Forecast | undefined> =>
  forecastSeries({ firstHour: 4 * 24, values: values.slice(0, weeks * week) }, augurs)

const level = (forecast: Forecast): number => forecast.point.reduce((sum, value) => sum + value, 0) / forecast.point.length

describe('with eight weeks of history', () => {
  const seeds = [1, 2, 3]
  const summaries: Record<string, (values: Float64Array) => number> = {
    sum: (values) => values.reduce((sum, value) => sum + value, 0),
    max: (values) => Math.max(...values),
  }

  test('an interval contains the hours of the next week as often as it claims, and the error is below that of last week', async () => {
    const results: Record<string, { inside80: number; inside90: number; error: number }> = {}
    let [insideSums, sums] = [0, 0]
    for (const [name, shape] of Object.entries(shapes)) {
      const found = { inside80: 0, inside90: 0, error: 0, baseline: 0, hours: 0 }
      for (const seed of seeds) {
        const values = shape(9 * week, seed)
        const forecast = (await ahead(values, 8))!
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
        for (const summary of Object.values(summaries)) {
          const [low, high] = forecast.quantilesOf(summary, [0.05, 0.95])
          const actual = summary(values.slice(8 * week))
          insideSums += Number(actual >= low! && actual <= high!)
          sums++
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
    // 54 weeks: a binomial of 0.9 is in this range in 99 of 100 cases
    expect(insideSums / sums).toBeGreaterThan(0.79)
  })

  test('a level that changed three weeks ago is forecast, not the mean with the level before', async () => {
    const values = shapes['weekend']!(9 * week, 5).map((value, hour) => (hour > 5 * week ? 2.5 * value : value))
    const forecast = (await ahead(values, 8))!
    const actual = values.slice(8 * week).reduce((sum, value) => sum + value, 0) / week
    expect(level(forecast) / actual).toBeGreaterThan(0.93)
    expect(level(forecast) / actual).toBeLessThan(1.07)
    expect(forecast.history.change?.ratio).toBeGreaterThan(2)
    expect(forecast.history.change?.ratio).toBeLessThan(3)
  })

  test('a single incident does not come back in the forecast of its hour', async () => {
    const values = shapes['weekend']!(8 * week, 6)
    values.fill(2_000, 7 * week + 34, 7 * week + 36)
    const forecast = (await ahead(values, 8))!
    expect(forecast.history.outlierHours).toBe(2)
    expect(forecast.point[34]).toBeLessThan(150)
  })

  test('the same history has the same forecast', async () => {
    const values = shapes['bursty']!(8 * week, 7)
    const [one, other] = [(await ahead(values, 8))!, (await ahead(values, 8))!]
    expect(one.quantilesOf((hours) => Math.max(...hours), [0.9])).toEqual(other.quantilesOf((hours) => Math.max(...hours), [0.9]))
  })
})

test.for([
  ['zeros', new Float64Array(8 * week)],
  ['one run in eight weeks', new Float64Array(8 * week).fill(1, 700, 701)],
  ['the same number each hour', new Float64Array(8 * week).fill(12)],
  ['zeros, then runs', new Float64Array(8 * week).fill(30, 7 * week)],
  ['very large numbers', new Float64Array(8 * week).fill(1e12)],
] as const)('forecasts %s without a failure, never below 0', async ([, values]) => {
  const forecast = (await forecastSeries({ firstHour: 0, values }, augurs))!
  const [low, high] = forecast.quantilesOf((hours) => Math.max(...hours), [0.05, 0.95])
  for (const value of [...forecast.quantile(0.01), ...forecast.point, low!, high!]) {
    expect(Number.isFinite(value) && value >= 0).toBe(true)
  }
})

test.for([leastHours, 100, week - 1, week, 200, 2 * week, 400, 3 * week, 5 * week - 1])(
  'forecasts from %i hours of history',
  async (hours) => {
    const forecast = (await forecastSeries({ firstHour: 0, values: shapes['daily']!(hours, 3) }, augurs))!
    expect(level(forecast)).toBeGreaterThan(40)
    expect(level(forecast)).toBeLessThan(80)
  },
)

test('less than two days of history have no forecast', async () => {
  expect(await forecastSeries({ firstHour: 0, values: shapes['daily']!(leastHours - 1, 3) }, augurs)).toBeUndefined()
})
