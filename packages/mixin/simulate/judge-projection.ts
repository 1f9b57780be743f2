import { randomFrom } from './random.ts'
import { minutesPerDay, trafficOf, type TrafficShape } from './traffic-shapes.ts'

/** How far the projected cost of 30 days is off, for several swarms of a shape, after days of history. */
export interface ProjectionVerdict {
  readonly shape: string
  readonly errors: Readonly<Record<(typeof judgedDays)[number], readonly number[]>>
  /** Share of the swarms and days, of every day from the seventh to the last, whose interval contains what the next 30 days cost. */
  readonly coverage: number
}

/** Days of history after which the projection is judged. */
export const judgedDays = [7, 10, 14, 28] as const

const day = 24
const week = 7 * day
const weeksAhead = (3.5 + 15) / 7
/** As in `swarm:cost_usd:growth_7d` (packages/mixin/src/rules/cost.ts). */
const [mostGrowth, timesVariance, alikeDays, slowerDays] = [0.14, 2, 0.04, 0.4]
const chanceOfDays = 1.96 * Math.sqrt(1 / 7 + 1 / 30)

/**
 * Judges a model of the rules `swarm:cost_usd:projected_month` and `_margin`: the same number of swarms begin on each day of the week.
 * The rules were developed with other random numbers.
 */
export function judgeProjection(shape: TrafficShape, swarms = 84): ProjectionVerdict {
  const errors = { 7: [] as number[], 10: [] as number[], 14: [] as number[], 28: [] as number[] }
  const lastDay = Math.max(...judgedDays)
  let covered = 0
  for (let swarm = 0; swarm < swarms; swarm++) {
    const from = (swarm % 7) * minutesPerDay
    const own: TrafficShape = { ...shape, expected: (minute) => shape.expected(minute + from) }
    const traffic = trafficOf(own, randomFrom(`projection ${swarm} ${shape.name}`))
    const before = [0]
    for (let hour = 0; hour < lastDay * day; hour++) {
      before.push(before.at(-1)! + sumOf(Array.from({ length: 60 }, (_, minute) => traffic(hour * 60 + minute, 1))))
    }
    const expectedOfDays = Array.from({ length: lastDay + 30 }, (_, of) =>
      sumOf(Array.from({ length: minutesPerDay }, (_each, minute) => own.expected(of * minutesPerDay + minute))),
    )
    for (let days = 7; days <= lastDay; days++) {
      const truth = sumOf(expectedOfDays.slice(days, days + 30))
      const { projected, margin } = projectedMonth(before, days * day)
      if (Math.abs(projected - truth) <= margin) covered += 1
      if (isJudged(days)) errors[days].push(projected / truth - 1)
    }
  }
  return { shape: shape.name, errors, coverage: covered / swarms / (lastDay - 6) }
}

function isJudged(days: number): days is (typeof judgedDays)[number] {
  return (judgedDays as readonly number[]).includes(days)
}

/** Projection and half of its interval; `before` has the cost before each hour. */
function projectedMonth(before: readonly number[], now: number): { readonly projected: number; readonly margin: number } {
  const meanBefore = (hour: number, length: number): number => (before[hour]! - before[hour - length]!) / length
  /** Values of these hours until now, the last first. */
  const until = (back: number, step: number, first: number, value: (hour: number) => number): number[] => {
    const values: number[] = []
    for (let hour = now; hour >= first && hour > now - back; hour -= step) values.push(value(hour))
    return values
  }
  const mean = meanBefore(now, week)
  const projectedWith = (growth: number): number =>
    720 * mean * Math.exp(weeksAhead * Math.min(mostGrowth, Math.max(-mostGrowth, growth)))
  const continued = (change: number): number => Math.exp(Math.min(1, weeksAhead * change)) - 1
  const twoMoreDays = 48 * Math.abs(meanBefore(now - week + 2 * day, 2 * day) - mean)

  const days = until(14 * day, 6, day, (hour) => meanBefore(hour, day))
  const count = days.length / 4
  const { perStep, rest: restOfDays } = lineThrough(days.toReversed())
  const [trend, rest] = [(perStep * 28) / mean, restOfDays / mean ** 2]
  const quarters = until(6 * day, 3, 30, (hour) => meanBefore(hour, 6) - meanBefore(hour - day, 6))
  const dayVariance = Math.max((rest * count) / (count - 2), (0.15 * varianceOf(quarters)) / mean ** 2)
  const trendVariance = (588 * dayVariance) / count ** 3
  const isNearLine = rest < alikeDays ** 2

  if (isNearLine && now <= 3 * week) {
    const growth = trend === 0 ? 0 : trend * Math.max(0, 1 - (timesVariance * trendVariance) / trend ** 2)
    const projected = projectedWith(growth)
    const unknown = chanceOfDays * Math.sqrt(dayVariance) + continued(Math.abs(trend - growth) + 1.96 * Math.sqrt(trendVariance))
    return { projected, margin: projected * unknown + twoMoreDays }
  }
  if (now < 2 * week) {
    const deviation = Math.sqrt(varianceOf(until(week - day + 1, 1, day, (hour) => meanBefore(hour, day))))
    return { projected: projectedWith(0), margin: 720 * chanceOfDays * deviation }
  }
  const changes = until(14 * day, 6, week + day, (hour) => Math.log(meanBefore(hour, day) / meanBefore(hour - week, day)))
  const growth =
    now <= 3 * week ? 0 : Math.max(0, quantileOf(changes, slowerDays)) + Math.min(0, quantileOf(changes, 1 - slowerDays))
  const projected = projectedWith(growth)
  const weeks = until(week, 1, week + day, (hour) => meanBefore(hour, day) - meanBefore(hour - week, day))
  const deviation = Math.sqrt(varianceOf(weeks))
  const change = Math.log(mean / meanBefore(now - week, week))
  const unknown = continued(Math.abs(change - growth) + (0.62 * deviation) / mean)
  return { projected, margin: ((720 * chanceOfDays) / Math.SQRT2) * deviation + projected * unknown + twoMoreDays }
}

function lineThrough(values: readonly number[]): { readonly perStep: number; readonly rest: number } {
  const [middle, mean] = [(values.length - 1) / 2, sumOf(values) / values.length]
  const squares = sumOf(values.map((_, at) => (at - middle) ** 2))
  const perStep = sumOf(values.map((value, at) => (at - middle) * (value - mean))) / squares
  return { perStep, rest: Math.max(0, varianceOf(values) - (perStep ** 2 * squares) / values.length) }
}

function varianceOf(values: readonly number[]): number {
  const mean = sumOf(values) / values.length
  return sumOf(values.map((value) => (value - mean) ** 2)) / values.length
}

/** With interpolation, as `quantile_over_time`. */
function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const rank = quantile * (sorted.length - 1)
  const lower = sorted[Math.floor(rank)]!
  return lower + (rank % 1) * (sorted[Math.ceil(rank)]! - lower)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
