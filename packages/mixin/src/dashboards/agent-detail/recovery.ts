import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { outcomeColors } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

/** What is tried again, why, and how long that takes. */
export const recovery: Row = {
  title: 'Recovery',
  panels: [
    {
      shows: 'graph',
      title: 'Retries by error',
      question: 'Why does it try again?',
      description: 'Retries by the error that caused them.',
      unit: 'suffix: /min',
      queries: {
        reasons: {
          expr: promql`
            60 * sum by (${label.errorType}) (
              rate(${series.retries}${ofAgents()}[$__rate_interval])
            )`,
          legend: `{{${label.errorType}}}`,
        },
      },
      isStacked: true,
      min: 0,
      span: 8,
      whenEmpty: 'No retries',
    },
    {
      shows: 'graph',
      title: 'Attempt time',
      question: 'How long does an attempt take?',
      description: '95% of the attempts end within this time, by outcome, without the waits between them.',
      unit: 's',
      queries: {
        p95: {
          expr: promql`
            histogram_quantile(
              0.95,
              sum by (${label.outcome}, le) (
                rate(${series.attemptDuration}_bucket${ofAgents()}[$__rate_interval])
              )
            ) >= 0`,
          legend: `{{${label.outcome}}}`,
        },
      },
      colors: outcomeColors,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Back-off',
      question: 'How long does it wait before a retry?',
      description: 'Mean back-off that was really waited before an attempt.',
      unit: 's',
      queries: {
        mean: {
          expr: promql`
            sum(
              rate(${series.retryWait}_sum${ofAgents()}[$__rate_interval])
            )
              / (sum(
                rate(${series.retryWait}_count${ofAgents()}[$__rate_interval])
              ) > 0)`,
          legend: 'mean',
        },
      },
      min: 0,
      span: 8,
      whenEmpty: 'No retries',
    },
  ],
}
