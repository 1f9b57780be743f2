import { beforeAll, describe, expect, test } from 'vitest'

import { type Augurs, loadAugurs } from '../../src/forecast/augurs.ts'
import { type Forecast, forecastSeries, leastHours } from '../../src/forecast/forecast-series.ts'
import { growingProfile, meanOf, week } from '../../src/forecast/models.ts'
import { shapes } from './shapes.ts'

let augurs: Augurs
beforeAll(async () => {
  augurs = await loadAugurs()
})

const ahead = (values: Float64Array, weeks: number): Promise<Forecast | undefined> =>
  forecastSeries({ firstHour: 4 * 24, values: values.slice(0, weeks * week) }, augurs)

const level = (forecast: Forecast): number => forecast.point.reduce((sum, value) => sum + value, 0) / forecast.point.length

describe('with eight weeks of history', () => {
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
})

test('growth is in a forecast of a day as it is in that of a week', () => {
  const series = { firstHour: 4 * 24, values: shapes['growing']!(8 * week, 3) }
  expect(growingProfile.forecast(series, 24)).toEqual((growingProfile.forecast(series, week) as Float64Array).slice(0, 24))
})

test.for([
  ['zeros', new Float64Array(8 * week)],
  ['one run in eight weeks', new Float64Array(8 * week).fill(1, 700, 701)],
  ['the same number each hour', new Float64Array(8 * week).fill(12)],
  ['zeros, then runs', new Float64Array(8 * week).fill(30, 7 * week)],
  ['very large numbers', new Float64Array(8 * week).fill(1e12)],
] as const)('forecasts %s without a failure, never below 0', async ([, values]) => {
  const forecast = (await forecastSeries({ firstHour: 0, values }, augurs))!
  const summaries = [forecast.quantilesOfSum(24, [0.05, 0.95]), forecast.quantilesOfNextWeek(meanOf, [0.05, 0.95])!]
  for (const value of [...forecast.quantile(0.01), ...forecast.point, ...summaries.flat()]) {
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
