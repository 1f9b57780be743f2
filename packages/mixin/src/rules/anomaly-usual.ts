import { counts, onSignal, single } from './anomaly-signals.ts'
import { promql } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, onAgent } from '../series.ts'

const { sameKindOfDay, trend } = ruleThresholds.anomaly
/** The usual range reaches this far before and after the time of day. */
const edgeMinutes = 10
/** A problem is noticed up to this long after it began: the values before are known to be normal. */
const noticedMinutes = 30
/** Smoothed values are those of this long ago. */
const middleMinutes = 60
/** The number of runs is a mean over a short time, because working hours begin and end within minutes. */
const smoothMinutes = { executions: 16, others: 2 * middleMinutes }
const weeks = [7, 14, 21, 28]
const days = [1, 2, 3, 4, 5, 6]

/** The smoothed value of the same time a number of days before, `edgeMinutes` ahead of now. */
function past(days: number): string {
  return `agent:anomaly_smooth:recent offset ${days * 24 * 60 - middleMinutes - edgeMinutes}m`
}

function marked(days: number, expr: string): string {
  return promql`
    label_replace(
      ${expr},
      "days", "${days}", "", ""
    )`
}

/** A day of the last week, if its kind had about the same values a week earlier: a Tuesday for a Wednesday, not a Sunday for a Monday. */
function sameKind(days: number): string {
  return promql`
    ${past(days)}
      and
    abs(ln(${past(days + 7)} / ${past(7)})) < ${Math.log(sameKindOfDay).toFixed(3)}`
}

function quantileOf(share: number, values: readonly string[]): string {
  return promql`
    quantile ${by(...agentLabels, 'signal')} (
      ${share},
      ${values.join('\nor\n')}
    )`
}

/** No number of runs in this time was unusual. */
function allNormal(range: string): string {
  const number = (recorded: string): string => `count_over_time(${recorded}{${counts}}${range})`
  return `${number('agent:anomaly_normal:recent')} >= ${number('agent:anomaly_value:recent')}`
}

const afterMiddle = middleMinutes - smoothMinutes.executions / 2

/** Smoothed values that were normal, for the weeks to come. */
export const smoothed: Recording = {
  record: 'agent:anomaly_smooth:recent',
  expr: promql`
    avg_over_time(agent:anomaly_normal:recent{${counts}}[${smoothMinutes.executions}m] offset ${afterMiddle}m)
      and
    ${allNormal(`[${2 * noticedMinutes + smoothMinutes.executions}m] offset ${afterMiddle - noticedMinutes}m`)}
    or
    avg_over_time(agent:anomaly_normal:recent{signal!="executions"}[${smoothMinutes.others}m])`,
}

/** This long ago, it is known which values were normal. */
export const knownOffset: string = `offset ${noticedMinutes}m`
/** All numbers of runs around that time were normal. */
export const wasNormal: string = allNormal(`[${2 * noticedMinutes}m]`)

const trendMinutes = 88
const trendOffset = ruleThresholds.anomaly.windowMinutes + 7
const ofTrend = {
  values: `agent:anomaly_value:recent{${counts}}[${trendMinutes}m] offset ${trendOffset}m`,
  profile: `agent:anomaly_profile:ahead10m{${counts}}[${trendMinutes}m] offset ${trendOffset + edgeMinutes}m`,
}

/** The usual range of each signal, from the same time of earlier weeks and days. */
export const usualRecordings: readonly Recording[] = [
  {
    // Below 1, the ranges are still learned
    record: 'agent:anomaly_weeks:count',
    expr: promql`
      count ${byAgent} (
        ${weeks.map((week) => `label_replace(agent:anomaly_value:recent{${counts}} offset ${week}d, "days", "${week}", "", "")`).join('\nor\n')}
      )
      or
      0 * agent:anomaly_runs:15m`,
  },
  {
    // The median of the weeks and of the days of the same kind; the highest of the days as long as there is no week
    record: 'agent:anomaly_profile:ahead10m',
    expr: promql`
      ${quantileOf(0.5, [...weeks.map((week) => marked(week, past(week))), ...days.map((day) => marked(day, sameKind(day)))])}
      or
      ${quantileOf(
        1,
        days.slice(0, 3).map((day) => marked(day, past(day))),
      )}`,
  },
  {
    // Traffic that was a little lower or higher in the hour before will remain so for a while. What is far from
    // usual is a problem, or not known
    record: 'agent:anomaly_trend:88m',
    expr: promql`
      ${1 - trend.share} + ${trend.share} * (
        ${single(`avg_over_time(${ofTrend.values})`)}
          / ${onSignal}
        (${single(`avg_over_time(${ofTrend.profile})`)} > 0)
          / ${onSignal}
        ${single('last_over_time(agent:anomaly_level:4d[65m])')}
          > ${trend.above} < ${trend.below}
      )
      and ${onSignal}
      ${single(`count_over_time(${ofTrend.profile})`)}
        >= ${onSignal}
      ${single(`count_over_time(${ofTrend.values})`)}`,
  },
  {
    record: 'agent:anomaly_level:recent',
    expr: promql`
      ${single('last_over_time(agent:anomaly_level:4d[65m])')}
        * ${onSignal}
      ${single('agent:anomaly_trend:88m')}
      or
      ${single('last_over_time(agent:anomaly_level:4d[65m])')}`,
  },
  ...[
    ['agent:anomaly_usual_low:recent', 'min_over_time'],
    ['agent:anomaly_usual_high:recent', 'max_over_time'],
  ].map(([record, over]): Recording => {
    const around = single(`${over!}(agent:anomaly_profile:ahead10m[${2 * edgeMinutes}m])`)
    return {
      record: record!,
      expr: promql`
        ${around}
          * ${onSignal}
        ${single('agent:anomaly_level:recent')}
        or
        ${around}`,
    }
  }),
]

/** The level of the last days against the usual values. */
export const levelRecordings: readonly Recording[] = [
  {
    // Not in the first week: there, the values of other days are the usual ones
    record: 'agent:anomaly_ratio:recent',
    expr: promql`
      ${single('agent:anomaly_normal:recent{signal!="error_ratio"}')}
        / ${onSignal}
      (${single(`agent:anomaly_profile:ahead10m offset ${edgeMinutes}m`)} > 0)
      and ${onSignal}
      agent:anomaly_value:recent offset 7d
      and ${onAgent}
      agent:anomaly_runs:15m >= ${ruleThresholds.anomaly.leastRuns}`,
  },
  {
    // A day behind, so that a problem of today does not become usual today
    record: 'agent:anomaly_level:4d',
    expr: 'clamp(quantile_over_time(0.5, agent:anomaly_ratio:recent[4d] offset 1d), 0.25, 4)',
  },
]
