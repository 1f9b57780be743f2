import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const byName = `{{${label.agent}}}`

/** Rate, errors and duration of each agent. */
export function runs(settings: MixinSettings): Row {
  const slow = limitsOf(settings, 'above', 'slow_response')
  return {
    title: 'Runs by agent',
    panels: [
      {
        shows: 'table',
        title: 'How is each agent doing?',
        description:
          'The last 5 minutes of every agent, and its cost in the last hour. The name leads to its dashboard and its traces.',
        unit: 'none',
        queries: {
          runs: { expr: `sum by (${label.agent}) (agent:executions:rate5m${ofAgents()}) * 60`, legend: '' },
          failed: { expr: `max by (${label.agent}) (agent:error_ratio:rate5m${ofAgents()})`, legend: '' },
          p95: { expr: `max by (${label.agent}) (agent:execution_duration_seconds:p95_5m${ofAgents()})`, legend: '' },
          retries: { expr: `max by (${label.agent}) (agent:retry_ratio:rate5m${ofAgents()})`, legend: '' },
          cost: { expr: `sum by (${label.agent}) (agent:cost_usd:increase1h${ofAgents()})`, legend: '' },
        },
        columns: {
          [label.agent]: { title: 'Agent', isAgent: true },
          'Value #runs': { title: 'Runs per minute' },
          'Value #failed': { title: 'Failed', unit: 'percentunit', limits: limits.agentErrors },
          'Value #p95': { title: '95% end within', unit: 's', limits: slow },
          'Value #retries': { title: 'Retries', unit: 'percentunit', limits: limits.retries },
          'Value #cost': { title: 'Cost of the hour', unit: 'currencyUSD' },
        },
        span: 12,
      },
      {
        shows: 'graph',
        title: 'How much does each agent do?',
        description: 'Runs that succeeded or failed, per second, mean of 5 minutes.',
        unit: 'ops',
        queries: { runs: { expr: `sum by (${label.agent}) (agent:executions:rate5m${ofAgents()})`, legend: byName } },
        isByAgent: true,
        isStacked: true,
        min: 0,
        span: 12,
      },
      {
        shows: 'graph',
        title: 'Which agents fail?',
        description:
          'Failed share of the runs of the last 5 minutes. AgentErrorRateWarning and AgentErrorRateCritical tell people.',
        unit: 'percentunit',
        queries: { failed: { expr: `max by (${label.agent}) (agent:error_ratio:rate5m${ofAgents()})`, legend: byName } },
        limits: limits.agentErrors,
        isByAgent: true,
        min: 0,
        max: 1,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Which agents are slow?',
        description: '95% of the runs of the last 5 minutes ended within this time. AgentSlowResponses tells people.',
        unit: 's',
        queries: {
          p95: { expr: `max by (${label.agent}) (agent:execution_duration_seconds:p95_5m${ofAgents()})`, legend: byName },
        },
        limits: slow,
        isByAgent: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Why do runs fail?',
        description: 'Runs that failed for good, by error: an HTTP status, a code, a class of error. Per second.',
        unit: 'ops',
        queries: {
          reasons: {
            expr: promql`
              sum by (${label.errorType}) (
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
    ],
  }
}
