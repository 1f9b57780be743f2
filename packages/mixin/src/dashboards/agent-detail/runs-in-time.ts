import { promql } from '../../promql.ts'
import { finished, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf, outcomeColors } from '../limits.ts'
import type { Panel, PanelQuery, Row } from '../panel.ts'
import { fleetName, ofAgents } from '../selectors.ts'

const finishedOfAgents = ofAgents(finished.slice(1, -1))

/** How its runs end and how long they take. */
export function runsInTime(settings: MixinSettings): Row {
  return {
    title: 'Runs',
    panels: [
      {
        shows: 'graph',
        title: 'Runs by outcome',
        question: 'How do its runs end?',
        description: 'Runs by outcome. Cancelled runs count neither as success nor as failure.',
        unit: 'suffix: /min',
        queries: {
          outcomes: {
            expr: promql`
              60 * sum by (${label.outcome}) (
                rate(${series.executions}${ofAgents()}[$__rate_interval])
              )`,
            legend: `{{${label.outcome}}}`,
          },
        },
        colors: outcomeColors,
        isStacked: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Failures over time',
        question: 'When did it fail?',
        description:
          'Failed share of the runs of the last 5 minutes, by environment and region. AgentErrorRateWarning and AgentErrorRateCritical ' +
          'fire above the lines.',
        unit: 'percentunit',
        queries: {
          failed: {
            expr: `max by (${label.agent}, ${label.environment}, ${label.region}) (agent:error_ratio:rate5m${ofAgents()})`,
            legend: fleetName,
          },
        },
        limits: limits.agentErrors,
        isByAgent: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Failures by error',
        question: 'Why did its runs fail?',
        description: 'Runs that failed permanently, by error: an HTTP status, a code, a class of error.',
        unit: 'suffix: /min',
        queries: {
          reasons: {
            expr: promql`
              60 * sum by (${label.errorType}) (
                rate(${series.failures}${ofAgents()}[$__rate_interval])
              )`,
            legend: `{{${label.errorType}}}`,
          },
        },
        isStacked: true,
        min: 0,
        span: 8,
        whenEmpty: 'None failed',
      },
      {
        shows: 'graph',
        title: 'Response over time',
        question: 'How long did its runs take?',
        description: 'Half, 95% and 99% of the runs ended within these times. AgentSlowResponses looks at 95%.',
        unit: 's',
        queries: { half: percentile(0.5, 'half'), p95: percentile(0.95, '95%'), p99: percentile(0.99, '99%') },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 12,
      },
      durations,
    ],
  }
}

const durations: Panel = {
  shows: 'heatmap',
  title: 'Durations',
  question: 'How are the durations spread?',
  description: 'Number of runs that ended, by duration: two bands are two kinds of runs, such as those that were tried again.',
  unit: 'suffix: runs',
  axisUnit: 's',
  queries: {
    durations: {
      expr: promql`
        sum by (le) (
          increase(${series.executionDuration}_bucket${finishedOfAgents}[$__rate_interval])
        )`,
      legend: '{{le}}',
    },
  },
  span: 12,
}

function percentile(share: number, legend: string): PanelQuery {
  return {
    expr: promql`
      histogram_quantile(
        ${share},
        sum by (le) (
          rate(${series.executionDuration}_bucket${finishedOfAgents}[$__rate_interval])
        )
      ) >= 0`,
    legend,
  }
}
