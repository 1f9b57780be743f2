import { day, meanOf, week } from './models.ts'
import { studentQuantile } from './spread.ts'

/** Hours of history below which nothing is stated about a week: two weeks that can be compared with the one before them. */
export const leastHoursOfWeek: number = 3 * week

/** Weeks whose mean counts for half of the forecast; the last week is the other half. */
const recentWeeks = 4
/** Weeks of history from which on growth is looked for. */
const leastWeeksOfGrowth = 4
/** Times its variance that the square of the growth must exceed: among so few weeks, half of it is exceeded by chance too often. */
const timesVariance = 8
/** Times the highest week of the history above which nothing is forecast. */
const mostIncrease = 10

/** Options of {@link quantilesOfNextWeek}. */
export interface NextWeek {
  /** Hours of the past as they were, also with incidents: what happened once in eight weeks happens in one of eight. */
  readonly values: Float64Array
  /** The same hours without incidents, at the level of now: the middle of the interval comes from them. */
  readonly clean: Float64Array
  /** A number of a week, such as the sum or the maximum of its hours. */
  readonly summary: (hours: Float64Array) => number
  readonly probabilities: readonly number[]
}

/**
 * Quantiles of a summary of the next seven days; undefined with less than {@link leastHoursOfWeek}. The forecast is the mean of the last
 * week and of the last four, as logarithms, with the growth of the weeks as far as it is no chance. Its spread is that of the same
 * forecast of every past seven days, one a day, reduced where it had fewer weeks to learn from. They overlap: a history of four weeks has three that do not, so that the
 * tails are those of Student's t with three degrees of freedom. A level that wanders is in these errors, because they are those of a week.
 */
export function quantilesOfNextWeek({ values, clean, summary, probabilities }: NextWeek): readonly number[] | undefined {
  const hours = values.length
  if (hours < leastHoursOfWeek) return undefined
  const weeks = Math.floor(hours / week)
  const past = weeksBefore(values, hours, weeks)
  const known = past.map(summary)
  const least = 0.01 * meanOf(known) + 1e-9
  const log = (from: Float64Array): number => Math.log(summary(from) + least)
  const growth = growthOf(past.map((each) => Math.log(meanOf(each) + 1e-9)))
  const forecast = (of: Float64Array, hour: number): number => {
    const logs = weeksBefore(of, hour, recentWeeks).map(log)
    return (logs[0]! + meanOf(logs)) / 2 + growth.ofWeek * weeksAhead(logs.length)
  }
  const squares: number[] = []
  for (let hour = hours - week; hour >= week; hour -= day) {
    const error = log(values.subarray(hour, hour + week)) - forecast(values, hour)
    squares.push((error ** 2 * varianceFrom(weeks)) / varianceFrom(Math.floor(hour / week)))
  }
  // Past forecasts have the growth of now, so their errors lack that the growth is not known exactly
  const variance = meanOf(squares) + growth.variance * weeksAhead(recentWeeks) ** 2
  const middle = forecast(clean, hours)
  const highest = mostIncrease * Math.max(...known)
  return probabilities.map((probability) => {
    const error = Math.sqrt(variance) * studentQuantile(probability, weeks - 1)
    return Math.min(Math.max(0, Math.exp(middle + error) - least), highest)
  })
}

/**
 * Variance of the error of a forecast from this number of weeks, in variances of one week: of the coming week, 1; of the last week and of
 * the mean, half of each, `1/4 + 3/(4 weeks)`. Weeks are taken for independent.
 */
function varianceFrom(weeks: number): number {
  return 1.25 + 0.75 / Math.min(weeks, recentWeeks)
}

/** At most `count` whole weeks before an hour, the last one first. */
function weeksBefore(values: Float64Array, hour: number, count: number): readonly Float64Array[] {
  const known = Math.min(count, Math.floor(hour / week))
  return Array.from({ length: known }, (_, at) => values.subarray(hour - (at + 1) * week, hour - at * week))
}

/** From the middle of the weeks of a forecast to that of the next week. */
function weeksAhead(count: number): number {
  return (1 + (count + 1) / 2) / 2
}

/** Growth of a week, as a logarithm, shrunk by what can be chance (James and Stein), and its variance. */
function growthOf(levels: readonly number[]): { readonly ofWeek: number; readonly variance: number } {
  if (levels.length < leastWeeksOfGrowth) return { ofWeek: 0, variance: 0 }
  const changes = levels.slice(0, -1).map((level, at) => level - levels[at + 1]!)
  const mean = meanOf(changes)
  const variance = meanOf(changes.map((change) => (change - mean) ** 2)) / (changes.length - 1)
  const certain = mean === 0 ? 0 : Math.max(0, 1 - (timesVariance * variance) / mean ** 2)
  return { ofWeek: certain * mean, variance: certain * variance }
}
