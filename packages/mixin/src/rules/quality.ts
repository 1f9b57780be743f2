import { sameLabels } from '../annotations.ts'
import { histogramReads, nativeHour } from '../histograms.ts'
import { promql } from '../promql.ts'
import type { Alert, AlertChart, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, label, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const { quality } = ruleThresholds
const scoreLabels = [...agentLabels, label.evaluation]
const byScore = by(...scoreLabels)
/** Series that are recorded of native histograms of an hour. */
const ofHour = { count: 'agent:scores:increase1h', sum: 'agent:score:sum_increase1h', highest: 'agent:score:highest_1h' } as const

/**
 * Variance of the mean of `count` scores from 0 to the highest one seen: never more than mean x (highest - mean) / count (the inequality of
 * Bhatia and Davis), whatever their distribution.
 */
const varianceOf = (mean: string, count: string): string => `${mean} * (agent:score:highest_8d - ${mean}) / ${count}`

/** The scores of an agent in the last day, and in the week before it. */
export function qualityRecordings({ histograms }: MixinSettings): RuleGroup {
  const read = histogramReads(histograms)
  const lastDay = (part: 'sum' | 'count'): string =>
    read[part](scoreLabels, { over: 'increase', histogram: series.evaluationScore, range: '[1d]' })
  const weekBefore = (part: 'sum' | 'count'): string =>
    read.overDays(
      part,
      scoreLabels,
      { over: 'increase', histogram: series.evaluationScore, range: '[7d] offset 1d' },
      `sum_over_time(${ofHour[part]}[7d:1h] offset 1d)`,
    )
  return {
    name: 'quality',
    intervalSeconds: 300,
    rules: [
      ...(histograms === 'native'
        ? (['count', 'sum', 'highest'] as const).map((part) => ({
            record: ofHour[part],
            expr: nativeHour[part](scoreLabels, series.evaluationScore),
          }))
        : []),
      { record: 'agent:scores:increase1d', expr: lastDay('count') },
      { record: 'agent:score:mean_1d', expr: `${lastDay('sum')}\n  / (agent:scores:increase1d > 0)` },
      { record: 'agent:scores:week_before', expr: weekBefore('count') },
      {
        record: 'agent:score:mean_week_before',
        expr: `${weekBefore('sum')}\n  / (agent:scores:week_before > 0)`,
      },
      { record: 'agent:score:objective', expr: `max ${byScore} (${series.evaluationObjective})` },
      {
        // The upper bound of the highest bucket with a score in it
        record: 'agent:score:highest_8d',
        expr: read.highest(scoreLabels, series.evaluationScore, 8, ofHour.highest),
      },
      {
        record: 'agent:score_drop:z',
        expr: promql`
        (agent:score:mean_week_before - agent:score:mean_1d)
          / sqrt(
            ${varianceOf('agent:score:mean_week_before', 'agent:scores:week_before')}
              + ${varianceOf('agent:score:mean_1d', 'agent:scores:increase1d')}
            > 0
          )`,
      },
    ],
  }
}

const before = sameLabels(scoreLabels, (matchers) => `agent:score:mean_week_before{${matchers}}`)
const objective = sameLabels(scoreLabels, (matchers) => `agent:score:objective{${matchers}}`)
const counted = sameLabels(scoreLabels, (matchers) => `agent:scores:increase1d{${matchers}}`)
const scored = `{{ with ${counted} }}{{ . | first | value | printf "%.0f" }}{{ end }} scored answers`

const meanScore: AlertChart = {
  title: 'Mean score of a day',
  unit: 'number',
  query: (matchers) => `agent:score:mean_1d{${matchers}}`,
}

/** Answers are worse than the objective, or than before. */
export const qualityAlerts: readonly Alert[] = [
  {
    alert: 'AgentQualityLow',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:score:mean_1d < agent:score:objective
      and
      agent:scores:increase1d >= ${quality.leastScores}`,
    forSeconds: quality.forSeconds,
    keepFiringForSeconds: quality.keepFiringForSeconds,
    summary: `The score {{ $labels.${label.evaluation} }} of {{ $labels.agent_name }} is {{ $value | printf "%.3g" }}, below its objective`,
    description:
      `The mean score {{ $labels.${label.evaluation} }} of {{ $labels.agent_name }} ({{ $labels.job }}) in the last day is ` +
      `{{ $value | printf "%.3g" }} over ${scored}; the objective is {{ with ${objective} }}{{ . | first | value | printf "%.3g" }}{{ end }}.`,
    identity: scoreLabels,
    runs: 'any',
    chart: meanScore,
    dashboard: 'agent-detail',
  },
  {
    alert: 'AgentQualityDropped',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:score:mean_1d < ${1 - quality.leastDrop} * agent:score:mean_week_before
      and
      agent:score_drop:z > ${quality.significantZ}
      and
      agent:scores:increase1d >= ${quality.leastScores}
      and
      agent:scores:week_before >= ${quality.leastScoresBefore}`,
    forSeconds: quality.forSeconds,
    keepFiringForSeconds: quality.keepFiringForSeconds,
    summary: `The score {{ $labels.${label.evaluation} }} of {{ $labels.agent_name }} dropped to {{ $value | printf "%.3g" }}`,
    description:
      `The mean score {{ $labels.${label.evaluation} }} of {{ $labels.agent_name }} ({{ $labels.job }}) in the last day is ` +
      `{{ $value | printf "%.3g" }} over ${scored}; in the week before it was ` +
      `{{ with ${before} }}{{ . | first | value | printf "%.3g" }}{{ end }}. Chance is an unlikely cause.`,
    identity: scoreLabels,
    runs: 'any',
    chart: meanScore,
    dashboard: 'agent-detail',
  },
]
