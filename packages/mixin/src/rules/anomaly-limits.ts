import { anyOf, counts, larger, means, onSignal, shares, single, smaller } from './anomaly-signals.ts'
import { noiseOf, runCount, runs, spread } from './anomaly-spread.ts'
import { promql } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { byAgent, onAgent } from '../series.ts'

const { deviations, leastMargin, leastErrorMargin, leastRuns, leastUsual, firstWeekTimes, newUsualShare } = ruleThresholds.anomaly

const high = (signal: string): string => single(`agent:anomaly_usual_high:recent{${signal}}`)
const low = (signal: string): string => single(`agent:anomaly_usual_low:recent{${signal}}`)

/** A limit, where the spread is known. */
function known(limit: string): string {
  return promql`
    (
      ${limit}
    )
    and ${onSignal}
    ${spread}`
}

/** Limits of the values, the values outside of them, and the others. */
export const limitRecordings: readonly Recording[] = [
  {
    // In the first week, with days alone, every Monday after an office weekend would be unusual
    record: 'agent:anomaly_upper:recent',
    expr: anyOf(
      promql`
      (
        ${known(
          larger(
            `(sqrt(${high(counts)}) + ${onSignal} ${deviations.more / 2} * ${noiseOf(high(counts))}) ^ 2`,
            `${1 + leastMargin.executions} * ${high(counts)}`,
          ),
        )}
      )
      and ${onSignal}
      agent:anomaly_value:recent offset 7d
      or
      ${firstWeekTimes} * ${high(counts)}
      and ${onSignal}
      agent:anomaly_value:recent offset 3d
      unless ${onSignal}
      agent:anomaly_value:recent offset 7d`,
      known(
        larger(
          `${high(means)} * ${onSignal} exp(${deviations.others} * ${spread} / ${onAgent} group_left () sqrt(${runCount}))`,
          `${1 + leastMargin.perRun} * ${high(means)}`,
        ),
      ),
      known(
        larger(
          promql`
        (sqrt(${high(shares)} * ${runs} + 0.375) + ${onSignal} ${deviations.others / 2} * ${spread}) ^ 2
          / ${runs}`,
          `${high(shares)} + ${leastErrorMargin}`,
        ),
      ),
    ),
  },
  {
    record: 'agent:anomaly_lower:recent',
    expr: anyOf(
      promql`
      (
        ${known(
          smaller(
            `clamp_min(sqrt(${low(counts)}) - ${onSignal} ${deviations.fewer / 2} * ${noiseOf(low(counts))}, 0) ^ 2`,
            `${1 - leastMargin.executions} * ${low(counts)}`,
          ),
        )}
      )
      and ${onSignal}
      agent:anomaly_value:recent offset 7d`,
      promql`
      (
        ${known(
          smaller(
            `${low(means)} * ${onSignal} exp(-${deviations.others} * ${spread} / ${onAgent} group_left () sqrt(${runCount}))`,
            `${1 - leastMargin.perRun} * ${low(means)}`,
          ),
        )}
      )
      and ${onSignal}
      agent:anomaly_value:recent offset 7d`,
    ),
  },
  {
    record: 'agent:anomaly_outside:recent',
    expr: promql`
      (
        agent:anomaly_value:recent > agent:anomaly_upper:recent
        or
        agent:anomaly_value:recent < agent:anomaly_lower:recent
      )
      and ${onAgent}
      (
        agent:anomaly_usual_high:recent{${counts}} >= ${leastUsual.toBeMore}
        and ${onAgent}
        agent:anomaly_runs:15m >= ${leastRuns}
        or
        agent:anomaly_usual_low:recent{${counts}} >= ${leastUsual.toBeFewer}
      )`,
  },
  {
    // Values outside the range do not enter the baseline, unless they are the new usual. In the first
    // week all enter
    record: 'agent:anomaly_normal:recent',
    expr: promql`
      agent:anomaly_value:recent
      unless ${onSignal}
      (
        agent:anomaly_outside:recent
        and ${onSignal}
        agent:anomaly_value:recent offset 7d
        unless ${onSignal}
        count_over_time(agent:anomaly_outside:recent[2d])
          > ${onAgent} group_left ()
        ${newUsualShare} * max ${byAgent} (count_over_time(agent:anomaly_runs:15m[2d]))
      )`,
  },
]
