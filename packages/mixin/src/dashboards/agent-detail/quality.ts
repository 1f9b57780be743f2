import { histogramReads, type Observations } from '../../histograms.ts'
import { promql } from '../../promql.ts'
import { by, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { legendOf } from '../queries.ts'
import { ofAgents } from '../selectors.ts'

const byEvaluation = by(label.evaluation)
const scores: Observations = { over: 'increase', histogram: series.evaluationScore, matchers: ofAgents(), range: '[1h]' }

/** Scores of the answers of the agent. */
export function quality({ histograms }: MixinSettings): Row {
  const read = histogramReads(histograms)
  return {
    title: 'Quality',
    panels: [
      {
        shows: 'graph',
        title: 'How good are the answers?',
        description:
          'Mean score of the last hour by evaluation, and the objective of the configuration. AgentQualityLow fires when the mean of a day ' +
          'is below it.',
        unit: 'none',
        queries: {
          mean: {
            expr: promql`
            ${read.sum([label.evaluation], scores)}
              / (${read.count([label.evaluation], scores)} > 0)`,
            legend: legendOf([label.evaluation]),
          },
          objective: {
            expr: `max ${byEvaluation} (${series.evaluationObjective}${ofAgents()})`,
            legend: `${legendOf([label.evaluation])} objective`,
          },
        },
        min: 0,
        span: 10,
        whenEmpty: 'No scores',
      },
      {
        shows: 'graph',
        title: 'Are the answers worse than last week?',
        description:
          'How many standard errors the mean score of the last day is below that of the week before. AgentQualityDropped fires above the ' +
          'line, if the drop is also large enough to matter.',
        unit: 'none',
        queries: { z: { expr: `max ${byEvaluation} (agent:score_drop:z${ofAgents()})`, legend: legendOf([label.evaluation]) } },
        limits: limits.scoreDrop,
        span: 8,
        whenEmpty: 'Less than a week of scores',
      },
      {
        shows: 'graph',
        title: 'How many answers are scored?',
        description: 'Scores of the last hour, by evaluation.',
        unit: 'short',
        queries: {
          scores: {
            expr: read.count([label.evaluation], scores),
            legend: legendOf([label.evaluation]),
          },
        },
        min: 0,
        span: 6,
        whenEmpty: 'No scores',
      },
    ],
  }
}
