import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const byName = `{{${label.agent}}}`

/** What is tried again, why, and how long that takes. */
export const recovery: Row = {
  title: 'Recovery',
  panels: [
    {
      shows: 'graph',
      title: 'Why does it try again?',
      description: 'Retries per second, by the error that caused them.',
      unit: 'ops',
      queries: {
        reasons: {
          expr: promql`
            sum by (${label.agent}, ${label.errorType}) (
              rate(${series.retries}${ofAgents()}[$__rate_interval])
            )`,
          legend: `${byName} {{${label.errorType}}}`,
        },
      },
      isByAgent: true,
      isStacked: true,
      min: 0,
      span: 8,
      whenEmpty: 'No retries',
    },
    {
      shows: 'graph',
      title: 'How long does an attempt take?',
      description: '95% of the attempts end within this time, by outcome, without the waits between them.',
      unit: 's',
      queries: {
        p95: {
          expr: promql`
            histogram_quantile(
              0.95,
              sum by (${label.agent}, ${label.outcome}, le) (
                rate(${series.attemptDuration}_bucket${ofAgents()}[$__rate_interval])
              )
            ) >= 0`,
          legend: `${byName} {{${label.outcome}}}`,
        },
      },
      isByAgent: true,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How long does it wait before a retry?',
      description: 'Mean back-off that was really waited before an attempt.',
      unit: 's',
      queries: {
        mean: {
          expr: promql`
            sum by (${label.agent}) (
              rate(${series.retryWait}_sum${ofAgents()}[$__rate_interval])
            )
              / (sum by (${label.agent}) (
                rate(${series.retryWait}_count${ofAgents()}[$__rate_interval])
              ) > 0)`,
          legend: byName,
        },
      },
      isByAgent: true,
      min: 0,
      span: 8,
      whenEmpty: 'No retries',
    },
  ],
}
