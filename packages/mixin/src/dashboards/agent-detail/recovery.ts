import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { quantilePanel, ratePanel } from '../common-panels.ts'
import { outcomeColors } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

/** Retries of the agent, their reasons and their duration. */
export const recovery: Row = {
  title: 'Recovery',
  panels: [
    ratePanel({
      title: 'Why does the agent retry?',
      description: 'Retries, by the error that caused them.',
      query: 'reasons',
      counter: series.retries + ofAgents(),
      by: [label.errorType],
      span: 8,
      whenEmpty: 'No retries',
    }),
    quantilePanel({
      title: 'How long does an attempt take?',
      description: '95% of the attempts ended within this time, by outcome, without the waits between attempts.',
      histogram: series.attemptDuration,
      of: ofAgents(),
      by: label.outcome,
      colors: outcomeColors,
      span: 8,
    }),
    {
      shows: 'graph',
      title: 'How long is the wait before a retry?',
      description: 'Mean time that the agent waited before a retry.',
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
