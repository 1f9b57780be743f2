import { series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

/** The agent in five numbers; where several environments are chosen, of the worst. */
export function now(settings: MixinSettings): Row {
  return {
    title: 'Now',
    panels: [
      {
        shows: 'number',
        title: 'Failed share',
        question: 'What share of its runs fails?',
        description:
          'Failed share of the runs of the last 5 minutes, in the worst environment. AgentErrorRateWarning and AgentErrorRateCritical ' +
          'fire above the limits.',
        unit: 'percentunit',
        queries: { failed: { expr: `max(agent:error_ratio:rate5m${ofAgents()})`, legend: 'failed' } },
        limits: limits.agentErrors,
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'Active runs',
        question: 'How many of its runs have not ended?',
        description:
          'Runs that have begun and not ended, waiting ones included. AgentStuckExecutions fires when none ends any more.',
        unit: 'none',
        queries: { active: { expr: `sum(${series.activeExecutions}${ofAgents()})`, legend: 'active' } },
        min: 0,
        span: 4,
        whenEmpty: 'None',
      },
      {
        shows: 'number',
        title: 'Response time',
        question: 'How long do its runs take?',
        description:
          '95% of the runs of the last 5 minutes ended within this time, in the slowest environment. AgentSlowResponses fires above the limit.',
        unit: 's',
        queries: { p95: { expr: `max(agent:execution_duration_seconds:p95_5m${ofAgents()})`, legend: 'p95' } },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 5,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'Retried share',
        question: 'How much does it do again?',
        description:
          'Share of the attempts of the last 5 minutes that were retries, in the worst environment. AgentRetriesHigh fires above the limit.',
        unit: 'percentunit',
        queries: { retries: { expr: `max(agent:retry_ratio:rate5m${ofAgents()})`, legend: 'retries' } },
        limits: limits.retries,
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'Success cost',
        question: 'What does a success cost?',
        description: 'Cost of the last hour, failed runs included, by the runs that succeeded in it.',
        unit: 'currencyUSD',
        queries: {
          cost: {
            expr: `sum(agent:cost_usd:increase1h${ofAgents()}) / (sum(agent:successes:increase1h${ofAgents()}) > 0)`,
            legend: 'cost',
          },
        },
        min: 0,
        span: 5,
        whenEmpty: 'No success',
      },
    ],
  }
}
