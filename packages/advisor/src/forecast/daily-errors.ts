import { day, meanOf } from './models.ts'

/** A forecast of the past: what was forecast, and what came, as far as it is known. */
export interface Origin {
  readonly forecast: Float64Array
  readonly actual: Float64Array
}

/** Errors of forecasts, divided by the scale of each value, by the number of days ahead. */
export interface DailyErrors {
  /** The error that a forecast of this day ahead (0 is the next 24 hours) stays below with a probability. */
  quantile(probability: number, dayAhead: number): number
}

/** How strongly the share of past hours below a quantile corrects it, for each past forecast. */
const correction = 0.07
/** Past forecasts whose errors are known before the correction begins. */
const leastKnown = 3
/** Share of days with an error of their level above which {@link doesLevelWander}. */
const mostWithLevel = 0.4
/** Widening of the largest known error for each point of probability beyond it. */
const beyondKnown = 5

/** Hours of the past to forecast from, the oldest first: those of the last three weeks, `stepHours` apart. */
export function calibrationStarts(length: number, leastHistory: number, stepHours: number): readonly number[] {
  const count = Math.floor(Math.min(21 * day, length - leastHistory) / stepHours)
  return Array.from({ length: Math.max(0, count) }, (_, at) => length - (count - at) * stepHours)
}

/**
 * Adaptive conformal prediction (Gibbs and Candes 2021): each day ahead has the quantiles of its own past errors. They are calibrated as
 * they would have been used: the interval of each past forecast comes from errors known before it, and the shares of hours that it missed
 * move the probability that the next one is asked for. `origins` are `stepHours` apart, the oldest first.
 */
export function dailyErrors(origins: readonly Origin[], stepHours: number, scaleOf: (value: number) => number): DailyErrors {
  const errors = origins.map(({ forecast, actual }) =>
    actual.map((value, hour) => (value - forecast[hour]!) / scaleOf(forecast[hour]!)),
  )
  const longest = Math.max(...errors.map(({ length }) => length))
  const cache = new Map<string, Float64Array>()

  /** Errors of one day ahead that were known when forecast `now` was made, sorted. */
  function knownErrors(now: number, dayAhead: number): Float64Array {
    const key = `${now} ${dayAhead}`
    let sorted = cache.get(key)
    if (sorted === undefined) {
      const known = errors
        .slice(0, now)
        .map((own, at) => own.slice(dayAhead * day, Math.min((dayAhead + 1) * day, (now - at) * stepHours)))
        .filter(({ length }) => length > 0)
      const all = doesLevelWander(known) ? [...known, ...known.map(mirrored)] : known
      cache.set(key, (sorted = Float64Array.from(all.flatMap((hours) => [...hours])).toSorted()))
    }
    return sorted
  }

  return {
    quantile(probability, dayAhead) {
      // A day far ahead has the errors of the farthest one that several past forecasts reached
      const reached = Math.floor(longest / day) - 1
      const ahead = Math.max(0, Math.min(dayAhead, reached - leastKnown))
      const delay = Math.ceil(((ahead + 1) * day) / stepHours)
      const misses: number[] = []
      const corrected = (known: number): number =>
        probability + correction * misses.slice(0, known).reduce((sum, miss) => sum + (probability - miss), 0)
      for (let at = leastKnown + delay - 1; at + delay <= errors.length; at++) {
        const limit = quantileBeyond(knownErrors(at, ahead), corrected(Math.max(0, misses.length - delay + 1)))
        const own = errors[at]!.slice(ahead * day, (ahead + 1) * day)
        misses.push(own.reduce((below, error) => below + Number(error < limit), 0) / own.length)
      }
      return quantileBeyond(knownErrors(errors.length, ahead), corrected(misses.length))
    },
  }
}

/** Whether errors of days show that the level of a series wanders, and does not only vary by chance. */
export function doesLevelWander(days: readonly Float64Array[]): boolean {
  return days.filter(hasLevel).length > mostWithLevel * days.length
}

/** Whether the mean error of these hours is further from 0 than that of independent errors. */
function hasLevel(hours: Float64Array): boolean {
  const level = meanOf(hours)
  const deviation = Math.sqrt(meanOf(hours.map((error) => (error - level) ** 2)))
  return Math.abs(level) > (2 * deviation) / Math.sqrt(hours.length)
}

/** The same hours with the opposite error of their level: a level that has only risen in a few weeks can fall as well. */
function mirrored(hours: Float64Array): Float64Array {
  const level = meanOf(hours)
  return hours.map((error) => error - 2 * level)
}

function quantileBeyond(sorted: Float64Array, probability: number): number {
  const inside = Math.min(Math.max(probability, 0.0005), 0.9995)
  return sortedQuantile(sorted, inside) * (1 + beyondKnown * Math.abs(probability - inside))
}

/** The value at a share of sorted values, between its neighbours. */
export function sortedQuantile(sorted: ArrayLike<number>, probability: number): number {
  const at = probability * (sorted.length - 1)
  const low = Math.floor(at)
  const from = sorted[low]!
  return from + (at - low) * ((sorted[low + 1] ?? from) - from)
}
