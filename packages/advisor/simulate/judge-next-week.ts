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

function share(weeks: readonly JudgedWeek[]): string {
  return ((100 * weeks.filter(({ isInside }) => isInside).length) / weeks.length).toFixed(0)
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!
}

/** Share of weeks in the interval of 90 %, and its width. */
function cell(weeks: readonly JudgedWeek[]): string {
  return `${share(weeks)} %; ${medianOf(weeks.map(({ width }) => width)).toFixed(2)}`
}

/** Mean error of the middle, divided by that of the last week. */
function relativeError(weeks: readonly JudgedWeek[]): number {
  return meanOf(weeks.map(({ error }) => error)) / meanOf(weeks.map(({ errorOfLastWeek }) => errorOfLastWeek))
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
    console.log(`| ${[shapeName, ...judged.map(cell), relativeError(judged.flat()).toFixed(2)].join(' | ')} |`)
  }
}

const traces = fileURLToPath(new URL('../../../../shared/data/azure-llm', import.meta.url))
if (!existsSync(traces)) console.log('skipped: the traces are not in ../shared/data/azure-llm')
else {
  console.log('\n| history | weeks | forecasts | weeks that do not overlap | in the interval | width | error / last week |')
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
}
for (const seconds of existsSync(traces) ? [0.5, 1, 2.5] : []) {
  for (const name of ['code', 'conversation']) {
    const values = readTrace(`${traces}/${name}.csv`, seconds)
    const judged: JudgedWeek[] = []
    for (let now = leastHoursOfWeek; now + week <= values.length; now += 6)
      judged.push(judgeNextWeek(values, now, peakOf, augurs))
    const apart = Math.floor((values.length - leastHoursOfWeek) / week)
    const ratio = relativeError(judged)
    const errorOfRatio =
      standardError(judged, ({ error, errorOfLastWeek }) => error - ratio * errorOfLastWeek) /
      meanOf(judged.map(({ errorOfLastWeek }) => errorOfLastWeek))
    const cells = [
      `${name}, ${seconds} s as an hour`,
      Math.floor(values.length / week),
      judged.length,
      apart,
      `${share(judged)} +- ${(200 * standardError(judged, ({ isInside }) => Number(isInside))).toFixed(0)} %`,
      medianOf(judged.map(({ width }) => width)).toFixed(2),
      `${ratio.toFixed(2)} +- ${(2 * errorOfRatio).toFixed(2)}`,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

/** Standard error of a mean over forecasts every six hours, from blocks of a week: those within one resemble each other. */
function standardError(weeks: readonly JudgedWeek[], valueOf: (one: JudgedWeek) => number): number {
  const length = week / 6
  const blocks = Array.from({ length: Math.floor(weeks.length / length) }, (_, at) =>
    meanOf(weeks.slice(at * length, (at + 1) * length).map(valueOf)),
  )
  const mean = meanOf(blocks)
  return Math.sqrt(meanOf(blocks.map((block) => (block - mean) ** 2)) / (blocks.length - 1))
}
