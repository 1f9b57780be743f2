import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofFleets } from '../selectors.ts'

const byName = `{{${label.agent}}}`

/** What recovery does, and what all of it costs. */
export const retriesAndCost: readonly Row[] = [
  {
    title: 'Retries',
    panels: [
      {
        shows: 'graph',
        title: 'How much of the work is done again?',
        description: 'Share of the attempts of the last 5 minutes that were retries. AgentRetriesHigh tells people.',
        unit: 'percentunit',
        queries: { retries: { expr: `max by (${label.agent}) (agent:retry_ratio:rate5m${ofAgents()})`, legend: byName } },
        limits: limits.retries,
        isByAgent: true,
        min: 0,
        max: 1,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Why do agents try again?',
        description: 'Retries per second, by the error that caused them.',
        unit: 'ops',
        queries: {
          reasons: {
            expr: promql`
              sum by (${label.errorType}) (
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
        title: 'How much of the time do agents wait to try again?',
        description: 'Share of the duration of runs that was back-off between attempts, in the last 5 minutes.',
        unit: 'percentunit',
        queries: { waiting: { expr: `max by (${label.agent}) (agent:waiting_ratio:rate5m${ofAgents()})`, legend: byName } },
        isByAgent: true,
        min: 0,
        max: 1,
        span: 8,
      },
    ],
  },
  {
    title: 'Cost',
    panels: [
      {
        shows: 'number',
        title: 'What did the last hour cost?',
        description: 'Cost of all attempts of the last hour, as the price table has it.',
        unit: 'currencyUSD',
        queries: { hour: { expr: `sum(swarm:cost_usd:increase1h${ofFleets()})`, legend: 'cost' } },
        min: 0,
        span: 6,
      },
      {
        shows: 'number',
        title: 'How fast is the budget spent?',
        description:
          'Cost of the last hour against what the monthly budget allows an hour: 1 spends it in 30 days. SwarmCostBudgetBurn tells people ' +
          'when it is too fast over one hour and over six.',
        unit: 'suffix: x',
        queries: { burn: { expr: `max(swarm:cost_budget_burn:1h${ofFleets()})`, legend: 'times' } },
        limits: limits.budgetBurn,
        min: 0,
        span: 6,
      },
      {
        shows: 'graph',
        title: 'Which agents cost most?',
        description: 'Cost of the hour before, by agent.',
        unit: 'currencyUSD',
        queries: { cost: { expr: `sum by (${label.agent}) (agent:cost_usd:increase1h${ofAgents()})`, legend: byName } },
        isByAgent: true,
        isStacked: true,
        min: 0,
        height: 8,
        span: 12,
      },
    ],
  },
]
