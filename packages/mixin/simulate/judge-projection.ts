import { randomFrom } from './random.ts'
import { minutesPerDay, trafficOf, type TrafficShape } from './traffic-shapes.ts'

/** How far the projected cost of 30 days is off, for several swarms of a shape, after days of history. */
export interface ProjectionVerdict {
  readonly shape: string
  readonly errors: Readonly<Record<(typeof judgedDays)[number], readonly number[]>>
}

/** Days of history after which the projection is judged. */
export const judgedDays = [7, 10, 14, 28] as const

const hoursOfWeek = 168
const weeksAhead = (3.5 + 15) / 7
/** As in `swarm:cost_usd:growth_7d` (packages/mixin/src/rules/cost.ts). */
const timesVariance = { early: 1, later: 2 }
const alikeDays = 0.06

/** Judges a model of the rule `swarm:cost_usd:projected_month`: four swarms begin on each day of the week. */
export function judgeProjection(shape: TrafficShape, swarms = 28): ProjectionVerdict {
  const errors = { 7: [] as number[], 10: [] as number[], 14: [] as number[], 28: [] as number[] }
  for (let swarm = 0; swarm < swarms; swarm++) {
    const from = (swarm % 7) * minutesPerDay
    const own: TrafficShape = { ...shape, expected: (minute) => shape.expected(minute + from) }
    const traffic = trafficOf(own, randomFrom(`projection ${swarm} ${shape.name}`))
    const hours = Array.from({ length: Math.max(...judgedDays) * 24 }, (_, hour) =>
      sumOf(Array.from({ length: 60 }, (_each, minute) => traffic(hour * 60 + minute, 1))),
    )
    for (const days of judgedDays) {
      const truth = sumOf(Array.from({ length: 30 * minutesPerDay }, (_, minute) => own.expected(days * minutesPerDay + minute)))
      errors[days].push((720 * projectedHour(hours.slice(0, days * 24))) / truth - 1)
    }
  }
  return { shape: shape.name, errors }
}

function projectedHour(hours: readonly number[]): number {
  const before: number[] = [0]
  for (const value of hours) before.push(before.at(-1)! + value)
  /** The mean of the hours before an hour. */
  const meanBefore = (hour: number, length: number): number => {
    const from = Math.max(0, hour - length)
    return (before[hour]! - before[from]!) / (hour - from)
  }
  const now = hours.length
  const means = (length: number, from: number): number[] =>
    Array.from({ length: now - from + 1 }, (_, at) => meanBefore(from + at, length))
  const mean = meanBefore(now, hoursOfWeek)
  if (now >= 2 * hoursOfWeek) {
    const weeks = means(hoursOfWeek, Math.max(hoursOfWeek, now - 21 * 24 + 1))
    const days = means(24, now - hoursOfWeek + 1).map((value, at) => value - meanBefore(now - 2 * hoursOfWeek + 1 + at, 24))
    const change = lineThrough(weeks).perHour * hoursOfWeek
    return grown(mean, change, (timesVariance.later * varianceOf(days)) / 7 / (weeks.length / hoursOfWeek) ** 3)
  }
  const days = means(24, 24)
  const { perHour, rest } = lineThrough(days)
  if (rest >= (alikeDays * mean) ** 2) return mean
  const chance = (rest * 12) / (days.length / hoursOfWeek) ** 2 / (days.length / 24 - 2)
  return grown(mean, perHour * hoursOfWeek, timesVariance.early * chance)
}

function grown(mean: number, change: number, allowed: number): number {
  return mean * Math.exp((weeksAhead * change * Math.max(0, 1 - allowed / change ** 2)) / mean)
}

function lineThrough(values: readonly number[]): { readonly perHour: number; readonly rest: number } {
  const [middle, mean] = [(values.length - 1) / 2, sumOf(values) / values.length]
  const squares = sumOf(values.map((_, at) => (at - middle) ** 2))
  const perHour = sumOf(values.map((value, at) => (at - middle) * (value - mean))) / squares
  return { perHour, rest: Math.max(0, varianceOf(values) - (perHour ** 2 * squares) / values.length) }
}

function varianceOf(values: readonly number[]): number {
  const mean = sumOf(values) / values.length
  return sumOf(values.map((value) => (value - mean) ** 2)) / values.length
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
