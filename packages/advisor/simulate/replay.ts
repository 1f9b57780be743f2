import { readFileSync } from 'node:fs'

import type { Augurs } from '../src/forecast/augurs.ts'
import { forecastSeries } from '../src/forecast/forecast-series.ts'
import { day, week } from '../src/forecast/models.ts'

/** How often forecasts of a replayed history were right; shares from 0 to 1. */
export interface Judged {
  /** Hours of the next day inside their interval of 80 % and 90 %. */
  readonly day80: number
  readonly day90: number
  /** The same for all hours of the next seven days. */
  readonly week80: number
  readonly week90: number
  /** Mean absolute error, divided by that of "each hour as one week ago". */
  readonly error: number
}

/**
 * Plays a history hour by hour: from its second week on, each 24th hour is the present of a forecast from the last eight weeks. Forecasts
 * of a week begin with the third week, as in a report.
 */
export async function judgeReplay(values: Float64Array, augurs: Augurs): Promise<Judged> {
  const found = { dayHours: 0, day80: 0, day90: 0, weekHours: 0, week80: 0, week90: 0, error: 0, lastWeek: 0 }
  for (let now = week; now + day <= values.length; now += day) {
    const from = Math.max(0, now - 8 * week)
    const forecast = (await forecastSeries({ firstHour: 4 * day + from, values: values.slice(from, now) }, augurs))!
    const future = values.slice(now, now + (now < 2 * week ? day : week))
    const [low90, low80, high80, high90] = [0.05, 0.1, 0.9, 0.95].map((each) => forecast.quantile(each))
    future.forEach((actual, hour) => {
      const in80 = Number(actual >= low80![hour]! && actual <= high80![hour]!)
      const in90 = Number(actual >= low90![hour]! && actual <= high90![hour]!)
      if (hour < day) {
        found.dayHours++
        found.day80 += in80
        found.day90 += in90
      }
      if (now >= 2 * week) {
        found.weekHours++
        found.week80 += in80
        found.week90 += in90
      }
      found.error += Math.abs(actual - forecast.point[hour]!)
      found.lastWeek += Math.abs(actual - values[now - week + hour]!)
    })
  }
  const { dayHours, weekHours } = found
  return {
    day80: found.day80 / dayHours,
    day90: found.day90 / dayHours,
    week80: found.week80 / weekHours,
    week90: found.week90 / weekHours,
    error: found.error / found.lastWeek,
  }
}

/** Arrivals of a trace (`TIMESTAMP,...` in its first column), with `secondsPerHour` of it replayed as one hour. */
export function readTrace(path: string, secondsPerHour: number): Float64Array {
  const seconds = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Date.parse(`${line.slice(0, 23).replace(' ', 'T')}Z`) / 1_000)
  const [first, last] = [seconds[0]!, seconds.at(-1)!]
  const values = new Float64Array(Math.floor((last - first) / secondsPerHour))
  for (const at of seconds) {
    const hour = Math.floor((at - first) / secondsPerHour)
    if (hour < values.length) values[hour]!++
  }
  return values
}
