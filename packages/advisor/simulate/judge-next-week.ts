/**
 * Prints the tables of the next seven days in docs/statistics.md, in three minutes:
 * `node --conditions=swarmwatch-source packages/advisor/simulate/judge-next-week.ts [series of each shape] [first seed]`
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { loadAugurs } from '../src/forecast/augurs.ts'
import { meanOf, week } from '../src/forecast/models.ts'
import { leastHoursOfWeek } from '../src/forecast/next-week.ts'
import { shapes, wandering } from '../test/forecast/shapes.ts'
import { type JudgedWeek, judgeNextWeek, peakOf, totalOf } from './next-week.ts'
import { readTrace } from './replay.ts'

const [repetitions = 400, firstSeed = 1_000_000] = process.argv.slice(2).map(Number)
const weeksOfHistory = [3, 4, 5, 6, 8]
const augurs = await loadAugurs()

function share(weeks: readonly JudgedWeek[], isInside: (one: JudgedWeek) => boolean): string {
  return ((100 * weeks.filter(isInside).length) / weeks.length).toFixed(0)
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!
}

/** Of the interval of 90 % and of 80 %, the share of weeks inside, and the width. */
function cell(weeks: readonly JudgedWeek[]): string {
  return `${share(weeks, ({ isIn90 }) => isIn90)}, ${share(weeks, ({ isIn80 }) => isIn80)} %; ${medianOf(weeks.map(({ width }) => width)).toFixed(2)}`
}

/** Mean error of the middle, divided by that of the last week. */
function relativeError(weeks: readonly JudgedWeek[]): string {
  return (meanOf(weeks.map(({ error }) => error)) / meanOf(weeks.map(({ errorOfLastWeek }) => errorOfLastWeek))).toFixed(2)
}

for (const [name, summary] of [
  ['busiest hour', peakOf],
  ['all runs', totalOf],
] as const) {
  console.log(`\n| ${name} | ${weeksOfHistory.map((weeks) => `${weeks} weeks`).join(' | ')} | error / last week |`)
  console.log(`| --- | ${weeksOfHistory.map(() => '---').join(' | ')} | --- |`)
  for (const [shapeName, shape] of Object.entries({ ...shapes, wandering })) {
    const series = Array.from({ length: repetitions }, (_, at) => shape(9 * week, firstSeed + 131 * at))
    const judged = weeksOfHistory.map((weeks) => series.map((values) => judgeNextWeek(values, weeks * week, summary, augurs)))
    console.log(`| ${[shapeName, ...judged.map(cell), relativeError(judged.flat())].join(' | ')} |`)
  }
}

const traces = fileURLToPath(new URL('../../../../shared/data/azure-llm', import.meta.url))
if (!existsSync(traces)) console.log('skipped: the traces are not in ../shared/data/azure-llm')
else {
  console.log(
    '\n| history | weeks | forecasts | weeks that do not overlap | in the 90 % | in the 80 % | width | error / last week |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
}
for (const seconds of existsSync(traces) ? [0.5, 1, 2.5] : []) {
  for (const name of ['code', 'conversation']) {
    const values = readTrace(`${traces}/${name}.csv`, seconds)
    const judged: JudgedWeek[] = []
    for (let now = leastHoursOfWeek; now + week <= values.length; now += 6)
      judged.push(judgeNextWeek(values, now, peakOf, augurs))
    const apart = Math.floor((values.length - leastHoursOfWeek) / week)
    const cells = [
      `${name}, ${seconds} s as an hour`,
      Math.floor(values.length / week),
      judged.length,
      apart,
      `${share(judged, ({ isIn90 }) => isIn90)} +- ${(2 * errorOfShare(judged.map(({ isIn90 }) => isIn90))).toFixed(0)} %`,
      `${share(judged, ({ isIn80 }) => isIn80)} +- ${(2 * errorOfShare(judged.map(({ isIn80 }) => isIn80))).toFixed(0)} %`,
      medianOf(judged.map(({ width }) => width)).toFixed(2),
      relativeError(judged),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

/** Standard error of the share of forecasts every six hours, in points, from blocks of a week: those within one resemble each other. */
function errorOfShare(inside: readonly boolean[]): number {
  const length = week / 6
  const blocks = Array.from({ length: Math.floor(inside.length / length) }, (_, at) =>
    meanOf(inside.slice(at * length, (at + 1) * length).map(Number)),
  )
  const mean = meanOf(blocks)
  return 100 * Math.sqrt(meanOf(blocks.map((block) => (block - mean) ** 2)) / (blocks.length - 1))
}
