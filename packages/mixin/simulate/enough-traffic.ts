import { minutesPerWeek, type TrafficShape } from './traffic-shapes.ts'
import { ruleThresholds } from '../src/rule-thresholds.ts'

const { windowMinutes, leastUsual } = ruleThresholds.anomaly

/** Expected runs in a time, from which on a stop, and half the runs, can be found in it. */
export interface EnoughTraffic {
  readonly minutes: number
  readonly stop: number
  readonly halving: number
}

/** Half-hours of 30 days: a test that looks once at each, and is wrong once. */
const falseAlarmShare = 1 / (30 * 48)
const foundShare = 0.95

/**
 * No test can do with less: runs arrive by chance alone, the usual number is known, and the test is
 * the most powerful one (Neyman and Pearson: the likelihood ratio of two Poisson distributions orders
 * the numbers of runs, so that it is a limit). It is wrong once in 30 days and finds 95 %.
 */
export const bestPossible: EnoughTraffic = {
  minutes: 30,
  stop: leastRunsToFind(0),
  halving: leastRunsToFind(0.5),
}

/**
 * Enough for AgentAnomaly: for a stop, its guard; for half the runs, measured: 95 % are found within 30
 * minutes when the traffic of an agent also wobbles by 8 % within hours.
 */
export const enoughForRules: EnoughTraffic = { minutes: windowMinutes, stop: leastUsual.toBeFewer, halving: 230 }

/** The least expected number of runs at which the best limit finds that only a share of them arrive. */
function leastRunsToFind(share: number): number {
  for (let runs = 1; ; runs += 1) {
    const limit = largestLimit(runs)
    if (limit >= 0 && shareUpTo(limit, runs * share) >= foundShare) return runs
  }
}

/** The largest number of runs that is rare enough; -1 if none is. */
function largestLimit(expected: number): number {
  let limit = -1
  while (shareUpTo(limit + 1, expected) <= falseAlarmShare) limit += 1
  return limit
}

/** Chance of at most this many events, of a Poisson distribution. */
function shareUpTo(most: number, expected: number): number {
  let term = Math.exp(-expected)
  let sum = 0
  for (let events = 0; events <= most; events += 1) {
    sum += term
    term *= expected / (events + 1)
  }
  return sum
}

/** Hours of the last week in which an agent is expected to have at least this many runs. */
export function hoursWith(shape: TrafficShape, least: number, minutes: number): number {
  const start = 4 * minutesPerWeek
  const step = 10
  let hours = 0
  for (let minute = start; minute < start + minutesPerWeek; minute += step) {
    const runs = Array.from({ length: minutes }, (_, n) => shape.expected(minute - n)).reduce((sum, each) => sum + each, 0)
    if (runs >= least) hours += step / 60
  }
  return Math.round(hours)
}
