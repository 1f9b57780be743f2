import { promql } from '../../promql.ts'
import { finished, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Panel, PanelQuery, Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const byName = `{{${label.agent}}}`
const finishedOfAgents = ofAgents(finished.slice(1, -1))

/** How its runs end and how long they take. */
export function runsInTime(settings: MixinSettings): Row {
  return {
    title: 'Runs',
    panels: [
      {
        shows: 'graph',
        title: 'How do its runs end?',
        description: 'Runs per second by outcome. Cancelled runs count neither as success nor as failure.',
        unit: 'ops',
        queries: {
          outcomes: {
            expr: promql`
              sum by (${label.outcome}) (
                rate(${series.executions}${ofAgents()}[$__rate_interval])
              )`,
            legend: `{{${label.outcome}}}`,
          },
        },
        isStacked: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'When did it fail?',
        description:
          'Failed share of the runs of the last 5 minutes. AgentErrorRateWarning and AgentErrorRateCritical tell people.',
        unit: 'percentunit',
        queries: { failed: { expr: `agent:error_ratio:rate5m${ofAgents()}`, legend: byName } },
        limits: limits.agentErrors,
        isByAgent: true,
        min: 0,
        max: 1,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Why did its runs fail?',
        description: 'Runs that failed for good, per second, by error: an HTTP status, a code, a class of error.',
        unit: 'ops',
        queries: {
          reasons: {
            expr: promql`
              sum by (${label.agent}, ${label.errorType}) (
                rate(${series.failures}${ofAgents()}[$__rate_interval])
              )`,
            legend: `${byName} {{${label.errorType}}}`,
          },
        },
        isByAgent: true,
        isStacked: true,
        min: 0,
        span: 8,
        whenEmpty: 'None failed',
      },
      {
        shows: 'graph',
        title: 'How long did its runs take?',
        description: 'Half, 95% and 99% of the runs ended within these times. AgentSlowResponses looks at 95% of each agent.',
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
  title: 'How are the durations spread?',
  description: 'Runs that ended, by duration: two bands are two kinds of runs, such as those that were tried again.',
  unit: 's',
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
      )`,
    legend,
  }
}
