import { byAgent, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const byName = `{{${label.agent}}}`

/** The agent in five numbers. */
export function now(settings: MixinSettings): Row {
  return {
    title: 'Now',
    panels: [
      {
        shows: 'number',
        title: 'What share of its runs fails?',
        description:
          'Failed share of the runs of the last 5 minutes. AgentErrorRateWarning and AgentErrorRateCritical tell people.',
        unit: 'percentunit',
        queries: { failed: { expr: `agent:error_ratio:rate5m${ofAgents()}`, legend: byName } },
        limits: limits.agentErrors,
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'no runs',
      },
      {
        shows: 'number',
        title: 'How many of its runs are under way?',
        description:
          'Runs that have begun and not ended, waiting ones included. AgentStuckExecutions tells people when none ends any more.',
        unit: 'none',
        queries: { active: { expr: `sum ${byAgent} (${series.activeExecutions}${ofAgents()})`, legend: byName } },
        min: 0,
        span: 5,
      },
      {
        shows: 'number',
        title: 'How long do its runs take?',
        description: '95% of the runs of the last 5 minutes ended within this time. AgentSlowResponses tells people.',
        unit: 's',
        queries: { p95: { expr: `agent:execution_duration_seconds:p95_5m${ofAgents()}`, legend: byName } },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 5,
        whenEmpty: 'no runs',
      },
      {
        shows: 'number',
        title: 'How much does it do again?',
        description: 'Share of the attempts of the last 5 minutes that were retries. AgentRetriesHigh tells people.',
        unit: 'percentunit',
        queries: { retries: { expr: `agent:retry_ratio:rate5m${ofAgents()}`, legend: byName } },
        limits: limits.retries,
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'no runs',
      },
      {
        shows: 'number',
        title: 'What does a success cost?',
        description: 'Cost of the last hour, failed runs included, by the runs that succeeded in it.',
        unit: 'currencyUSD',
        queries: { cost: { expr: `agent:cost_usd_per_success:increase1h${ofAgents()}`, legend: byName } },
        min: 0,
        span: 4,
        whenEmpty: 'no success',
      },
    ],
  }
}
