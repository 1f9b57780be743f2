import { minutesPerDay } from './traffic-shapes.ts'
import { ruleThresholds } from '../src/rule-thresholds.ts'

const { anomaly } = ruleThresholds
const stepMinutes = 2
const steps = (minutes: number): number => Math.round(minutes / stepMinutes)
const perDay = steps(minutesPerDay)
const week = 7 * perDay
/** Of the rules in anomaly-usual.ts and anomaly-spread.ts. */
const edge = steps(10)
const smooth = steps(16)
const noticed = steps(30)
const spreadEvery = steps(30)
const most = { share: 0.85, deviations: 1.4395 }

/** When the number of runs was too low or too high, as minutes from the start. */
export interface ModelAlerts {
  readonly fewer: readonly number[]
  readonly more: readonly number[]
}

/**
 * The rules of AgentAnomaly about the number of runs, without Prometheus: a month of an agent in a
 * tenth of a second, so that hundreds can be judged. The tables with the real Prometheus show that both
 * agree.
 */
export function modelOfRules(runsOfMinute: readonly number[]): ModelAlerts {
  const length = Math.floor(runsOfMinute.length / stepMinutes) + 1
  const total = [0]
  for (const runs of runsOfMinute) total.push(total.at(-1)! + runs)
  const value = Array.from({ length }, (_, k) => {
    const minute = Math.min(k * stepMinutes, runsOfMinute.length)
    return total[minute]! - total[Math.max(0, minute - anomaly.windowMinutes)]!
  })
  const [values, normal, profiles, outside] = [sums(), sums(), sums(), sums()]
  const smoothed: number[] = []
  const profile: number[] = []
  const low: number[] = []
  const high: number[] = []
  const ratios: number[] = []
  const spreads = { excess: [] as number[], chance: [] as number[] }
  let level = Number.NaN
  let spread = { relative: Number.NaN, least: Number.NaN }
  const unusual: { fewer: boolean[]; more: boolean[] } = { fewer: [], more: [] }

  for (let k = 0; k < length; k += 1) {
    const isKnown = k >= week + steps(40)
    const allNormal = (span: number): boolean => normal.count(k - span, k) >= values.count(k - span, k)
    smoothed[k] = allNormal(2 * noticed + smooth) ? normal.mean(k - noticed - smooth, k - noticed) : Number.NaN
    const past = (days: number): number => smoothed[k - days * perDay + noticed + smooth / 2 + edge] ?? Number.NaN
    profile[k] = usualOf(past)
    const around = profile.slice(Math.max(0, k - 2 * edge + 1), k + 1).filter((each) => each >= 0)

    if (k % spreadEvery === 0) {
      ratios.push(
        isKnown && normal.count(k - 1, k) > 0 && value[k]! >= anomaly.leastUsual.toBeFewer
          ? value[k - 1]! / profile[k - edge]!
          : Number.NaN,
      )
      level = Math.min(4, Math.max(0.25, quantile(between(ratios, 5, 1), 0.5)))
      const before = k - noticed
      const steady = (low[before]! + high[before]!) / 2
      const meanOfWeek = average(low.slice(Math.max(0, k - week), k).filter((each) => each >= 0))
      const isSteady =
        before >= week + steps(40) &&
        high[before]! <= 1.5 * low[before]! &&
        low[before]! >= Math.max(anomaly.leastRuns, anomaly.busyShare * meanOfWeek) &&
        allNormal(2 * noticed)
      const chance = (4 * (Math.sqrt(value[before] ?? 0) - Math.sqrt(steady)) ** 2) / most.deviations ** 2
      spreads.chance.push(isSteady ? chance : Number.NaN)
      spreads.excess.push(isSteady ? (chance - 1) / steady : Number.NaN)
      spread = {
        relative: Math.max(0, quantile(between(spreads.excess, 15, 1), most.share)),
        least: Math.max(1, quantile(between(spreads.chance, 15, 1), most.share)),
      }
    }

    let [isFewer, isMore] = [false, false]
    if (around.length > 0) {
      const knownLevel = Number.isNaN(level) ? 1 : level
      const factor = isKnown ? knownLevel * trendAt(k, values, profiles, knownLevel) : knownLevel
      low[k] = Math.min(...around) * factor
      high[k] = Math.max(...around) * factor
      const noise = (usual: number): number => Math.sqrt(Math.max(1 + usual * spread.relative, spread.least))
      const fewest = Math.max(0, Math.sqrt(low[k]!) - (anomaly.deviations.fewer / 2) * noise(low[k]!)) ** 2
      const highest = (Math.sqrt(high[k]!) + (anomaly.deviations.more / 2) * noise(high[k]!)) ** 2
      const margin = anomaly.leastMargin.executions
      isFewer = isKnown && low[k]! >= anomaly.leastUsual.toBeFewer && value[k]! < Math.min(fewest, (1 - margin) * low[k]!)
      isMore =
        isKnown &&
        high[k]! >= anomaly.leastUsual.toBeMore &&
        value[k]! >= anomaly.leastUsual.toBeFewer &&
        value[k]! > Math.max(highest, (1 + margin) * high[k]!)
    }
    unusual.fewer.push(isFewer)
    unusual.more.push(isMore)
    outside.push(isFewer || isMore ? 1 : Number.NaN)
    const isNewUsual = outside.count(k + 1 - 2 * perDay, k + 1) > anomaly.newUsualShare * 2 * perDay
    normal.push((isFewer || isMore) && !isNewUsual ? Number.NaN : value[k]!)
    values.push(value[k]!)
    profiles.push(profile[k]!)
  }
  return { fewer: alertsOf(unusual.fewer), more: alertsOf(unusual.more) }
}

/** The median of the weeks and of the days of the same kind. */
function usualOf(past: (days: number) => number): number {
  const weeks = [7, 14, 21, 28].map(past)
  const days = [1, 2, 3, 4, 5, 6].filter((day) => Math.abs(Math.log(past(day + 7) / past(7))) < Math.log(anomaly.sameKindOfDay))
  const usual = quantile([...weeks, ...days.map(past)], 0.5)
  return Number.isNaN(usual) ? Math.max(...[1, 2, 3].map(past)) : usual
}

function trendAt(k: number, values: Sums, profiles: Sums, level: number): number {
  const to = k - steps(anomaly.windowMinutes + 7)
  const from = to - steps(88)
  if (profiles.count(from - edge, to - edge) < values.count(from, to)) return 1
  const ratio = values.mean(from, to) / profiles.mean(from - edge, to - edge) / level
  const { share, above, below } = anomaly.trend
  return ratio > above && ratio < below ? 1 - share + share * ratio : 1
}

/** The first minute of each alert: `for`, and half an hour of `keep_firing_for`. */
function alertsOf(states: readonly boolean[]): readonly number[] {
  const alerts: number[] = []
  let since = 0
  let firedAt = Number.NEGATIVE_INFINITY
  for (const [k, isUnusual] of states.entries()) {
    if (!isUnusual) since = k + 1
    else if (k - firedAt <= steps(30)) firedAt = k
    else if ((k - since) * stepMinutes * 60 >= anomaly.forSeconds.executions) {
      alerts.push(k * stepMinutes)
      firedAt = k
    }
  }
  return alerts
}

interface Sums {
  push(value: number): void
  /** Numbers from one step up to before another. */
  count(from: number, to: number): number
  mean(from: number, to: number): number
}

/** Sums over any span of a growing list; what is no number is left out. */
function sums(): Sums {
  const total = [0]
  const counted = [0]
  const span = (list: readonly number[], from: number, to: number): number => {
    const last = list.length - 1
    return list[Math.max(0, Math.min(last, to))]! - list[Math.max(0, Math.min(last, from))]!
  }
  return {
    push: (value) => {
      total.push(total.at(-1)! + (Number.isNaN(value) ? 0 : value))
      counted.push(counted.at(-1)! + (Number.isNaN(value) ? 0 : 1))
    },
    count: (from, to) => span(counted, from, to),
    mean: (from, to) => span(total, from, to) / span(counted, from, to),
  }
}

/** The values of half-hours from a number of days ago until another. */
function between(values: readonly number[], fromDays: number, toDays: number): readonly number[] {
  return values.slice(Math.max(0, values.length - 48 * fromDays), Math.max(0, values.length - 48 * toDays))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values.filter((each) => !Number.isNaN(each))).toSorted()
  if (sorted.length === 0) return Number.NaN
  const rank = share * (sorted.length - 1)
  const below = sorted[Math.floor(rank)]!
  return below + (sorted[Math.ceil(rank)]! - below) * (rank - Math.floor(rank))
}
