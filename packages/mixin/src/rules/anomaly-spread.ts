import { anyOf, counts, larger, means, onSignal, shares, single } from './anomaly-signals.ts'
import { knownOffset, wasNormal } from './anomaly-usual.ts'
import { promql } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { byAgent, onAgent } from '../series.ts'

const { leastRuns, busyShare } = ruleThresholds.anomaly

/** Share of normal noise that is within this number of standard deviations. */
interface Share {
  readonly share: number
  readonly deviations: number
}

const half: Share = { share: 0.5, deviations: 0.6745 }
const most: Share = { share: 0.85, deviations: 1.4395 }
const tail: Share = { share: 0.95, deviations: 1.96 }

export const runCount: string = `max ${byAgent} (agent:anomaly_runs:15m)`
export const runs: string = `${onAgent} group_left () ${runCount}`

/** Recorded spread of a signal; of executions, the relative one on top of chance, and the least one in units of chance. */
export const spread: string = single('last_over_time(agent:anomaly_spread:14d[65m])')
const leastNoise = single('last_over_time(agent:anomaly_noise:14d[65m])')

/**
 * Standard deviation of twice the root of a number of runs. 1 is chance alone. The spread of the
 * agent grows with the number, but what runs that cause each other add does not shrink with it.
 */
export function noiseOf(usual: string): string {
  return promql`
    sqrt(
      ${larger(`1 + ${usual} * ${onSignal} (${spread} ^ 2)`, `${leastNoise} ^ 2`)}
    )`
}

const quantile = (recorded: string, { share }: Share): string => `quantile_over_time(${share}, ${recorded}[14d] offset 1d)`

/** The standard deviation from the median or from the tail, whichever is more: some agents have heavier tails than normal noise. */
function widest(signal: string): string {
  return larger(
    `${single(quantile(`agent:anomaly_deviation:recent{${signal}}`, half))} / ${half.deviations}`,
    `${single(quantile(`agent:anomaly_deviation:recent{${signal}}`, tail))} / ${tail.deviations}`,
  )
}

/**
 * How much the normal values of an agent vary. Noise is measured on scales where chance does not
 * depend on the value: square roots of counts, logarithms of means times the root of the number of
 * runs.
 */
export const spreadRecordings: readonly Recording[] = [
  {
    // The usual number of runs in the busy hours, where it was steady. A problem that is found in time has no
    // part in it
    record: 'agent:anomaly_steady:recent',
    expr: promql`
      ${steady(counts, ` ${knownOffset}`)}
      and ${onSignal}
      ${usual('low', counts, ` ${knownOffset}`)}
        >= ${onSignal}
      ${busyShare} * ${single(`avg_over_time(agent:anomaly_usual_low:recent{${counts}}[7d])`)}
      and ${onSignal}
      ${wasNormal}
      and ${onSignal}
      agent:anomaly_value:recent offset 7d
      and ${onAgent}
      agent:anomaly_runs:15m ${knownOffset} >= ${leastRuns}`,
  },
  {
    // In squares of what chance would be
    record: 'agent:anomaly_chance:recent',
    expr: promql`
      4 * (sqrt(${single(`agent:anomaly_value:recent{${counts}} ${knownOffset}`)}) - ${onSignal} sqrt(${single('agent:anomaly_steady:recent')})) ^ 2
        / ${(most.deviations ** 2).toFixed(3)}`,
  },
  {
    record: 'agent:anomaly_excess:recent',
    expr: promql`
      (${single('agent:anomaly_chance:recent')} - 1)
        / ${onSignal}
      ${single('agent:anomaly_steady:recent')}`,
  },
  {
    record: 'agent:anomaly_deviation:recent',
    expr: anyOf(
      deviation(
        means,
        (value, middle) => `abs(ln(${value} / ${onSignal} ${middle})) * ${onAgent} group_left () sqrt(${runCount})`,
      ),
      deviation(
        shares,
        (value, middle) => `2 * abs(sqrt(${value} * ${runs} + 0.375) - ${onSignal} sqrt(${middle} * ${runs} + 0.375))`,
      ),
    ),
  },
  {
    record: 'agent:anomaly_noise:14d',
    expr: `sqrt(clamp_min(${quantile('agent:anomaly_chance:recent', most)}, 1))`,
  },
  {
    record: 'agent:anomaly_spread:14d',
    expr: promql`
      sqrt(clamp_min(${quantile('agent:anomaly_excess:recent', most)}, 0))
      or
      clamp_min(
        ${widest(shares)},
        1
      )
      or
      ${widest(means)}`,
  },
]

function usual(end: 'low' | 'high', signal: string, offset = ''): string {
  return single(`agent:anomaly_usual_${end}:recent{${signal}}${offset}`)
}

/** The middle of the usual range, while it is narrow. */
function steady(signal: string, offset = ''): string {
  const [low, high] = [usual('low', signal, offset), usual('high', signal, offset)]
  return promql`
    (
      (${low} + ${high}) / 2
      and
      ${high} <= 1.5 * ${low}
    )`
}

/** How far a normal value is from the usual one, while that is steady and there are enough runs. */
function deviation(signal: string, distance: (value: string, middle: string) => string): string {
  return promql`
    ${distance(single(`agent:anomaly_normal:recent{${signal}}`), steady(signal))}
    and ${onAgent}
    agent:anomaly_runs:15m >= ${leastRuns}`
}
