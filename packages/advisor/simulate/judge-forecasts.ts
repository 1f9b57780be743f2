/**
 * Prints the tables of hourly forecasts in docs/statistics.md:
 * `node --conditions=swarmwatch-source packages/advisor/simulate/judge-forecasts.ts [series of each shape] [weeks of history]`
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { loadAugurs } from '../src/forecast/augurs.ts'
import { forecastSeries } from '../src/forecast/forecast-series.ts'
import { week } from '../src/forecast/models.ts'
import { shapes, wandering } from '../test/forecast/shapes.ts'
import { type Judged, judgeReplay, readTrace } from './replay.ts'

const [repetitions = 30, weeks = 8] = process.argv.slice(2).map(Number)
/** Share beyond the extreme errors from which on TrafficOutsideForecast fires (packages/mixin/src/rule-thresholds.ts). */
const timesWider = 0.3

const augurs = await loadAugurs()
const percent = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`

console.log(
  '| traffic | in the 80 % interval | in the 90 % interval | error / last week | false alarms in 30 days | stop found | halving found |',
)
console.log('| --- | --- | --- | --- | --- | --- | --- |')
for (const [name, shape] of Object.entries(shapes)) {
  const found = {
    hours: 0,
    in80: 0,
    in90: 0,
    error: 0,
    baseline: 0,
    alarms: 0,
    judged: 0,
    stops: 0,
    halvings: 0,
  }
  for (let seed = 1; seed <= repetitions; seed++) {
    const values = shape((weeks + 1) * week, 1_000 * weeks + seed)
    const future = values.slice(weeks * week)
    const forecast = (await forecastSeries({ firstHour: 4 * 24, values: values.slice(0, weeks * week) }, augurs))!
    const [lowest, low90, low80, median, high80, high90, highest] = [0.001, 0.05, 0.1, 0.5, 0.9, 0.95, 0.999].map((each) =>
      forecast.quantile(each),
    )
    future.forEach((actual, hour) => {
      found.hours++
      found.in80 += Number(actual >= low80![hour]! && actual <= high80![hour]!)
      found.in90 += Number(actual >= low90![hour]! && actual <= high90![hour]!)
      found.error += Math.abs(actual - forecast.point[hour]!)
      found.baseline += Math.abs(actual - values[(weeks - 1) * week + hour]!)
      const middle = median![hour]!
      if (middle < 20) return
      const upper = (1 + timesWider) * highest![hour]! - timesWider * middle
      const lower = Math.max(0, (1 + timesWider) * lowest![hour]! - timesWider * middle)
      const isOutside = (value: number): boolean => value > upper || value < lower
      found.judged++
      found.alarms += Number(isOutside(actual))
      found.stops += Number(isOutside(0))
      found.halvings += Number(isOutside(actual / 2))
    })
  }
  const cells = [
    name,
    percent(found.in80, found.hours),
    percent(found.in90, found.hours),
    (found.error / found.baseline).toFixed(2),
    found.judged === 0 ? '-' : ((found.alarms / found.hours) * 720).toFixed(2),
    found.judged === 0 ? '-' : percent(found.stops, found.judged),
    found.judged === 0 ? '-' : percent(found.halvings, found.judged),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

console.log(`
| history | hours | day in its 80 % | day in its 90 % | week in its 80 % | week in its 90 % | error / last week |
| --- | --- | --- | --- | --- | --- | --- |`)
const share = (value: number): string => (Number.isNaN(value) ? '-' : percent(value, 1))
const printReplay = (name: string, hours: number, { day80, day90, week80, week90, error }: Judged): void =>
  console.log(`| ${[name, hours, ...[day80, day90, week80, week90].map(share), error.toFixed(2)].join(' | ')} |`)
const traces = fileURLToPath(new URL('../../../../shared/data/azure-llm', import.meta.url))
if (!existsSync(traces)) console.log('skipped: the traces are not in ../shared/data/azure-llm')
for (const seconds of existsSync(traces) ? [2.5, 5, 10] : []) {
  for (const name of ['code', 'conversation']) {
    const values = readTrace(`${traces}/${name}.csv`, seconds)
    printReplay(`${name}, ${seconds} s as an hour`, values.length, await judgeReplay(values, augurs))
  }
}
for (const seed of [1, 2, 3, 4]) {
  const values = wandering(8 * week, seed)
  printReplay(`wandering ${seed}`, values.length, await judgeReplay(values, augurs))
}
