import { retriesByErrorPanel, topAgentsPanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofFleets } from '../selectors.ts'

/** Retries of the agents, and their reasons. */
export const retries: Row = {
  title: 'Retries',
  panels: [
    topAgentsPanel({
      title: 'How much of the work is retried?',
      description:
        'Share of the attempts in the last 5 minutes that were retries: the ten highest agents, and the highest of all others. ' +
        'AgentRetriesHigh fires above the line.',
      unit: 'percentunit',
      query: 'retries',
      series: `agent:retry_ratio:rate5m${ofAgents()}`,
      how: 'max',
      limits: limits.retries,
      span: 8,
    }),
    retriesByErrorPanel('Why do agents retry?', 8),
    topAgentsPanel({
      title: 'How long do agents wait to retry?',
      description:
        'Share of the duration of runs that was waiting between attempts, in the last 5 minutes: the ten highest agents, and the ' +
        'highest of all others.',
      unit: 'percentunit',
      query: 'waiting',
      series: `agent:waiting_ratio:rate5m${ofAgents()}`,
      how: 'max',
      span: 8,
    }),
  ],
}

/** Cost of the last hour. */
export const hourlyCost: Row = {
  title: 'Cost',
  panels: [
    {
      shows: 'number',
      title: 'What did the hour cost?',
      description: 'Cost of all attempts in the last hour, by the price table.',
      unit: 'currencyUSD',
      queries: { hour: { expr: `sum(swarm:cost_usd:increase1h${ofFleets()})`, legend: 'cost' } },
      min: 0,
      span: 6,
      whenEmpty: 'No cost',
    },
    topAgentsPanel({
      title: 'Which agents cost most?',
      description: 'Cost of the hour before: the ten most expensive agents, and the sum of all others.',
      unit: 'currencyUSD',
      query: 'cost',
      series: `agent:cost_usd:increase1h${ofAgents()}`,
      how: 'sum',
      leastTop: 0.01,
      span: 18,
    }),
    {
      shows: 'number',
      title: 'How fast is budget spent?',
      description:
        'Cost of the last three hours, divided by what the budget allows in these hours of the week. At 1, the budget lasts 30 days. ' +
        'SwarmCostBudgetBurn fires above the limit, if the sum is not small.',
      unit: 'suffix: x',
      queries: { burn: { expr: `max(swarm:cost_budget_burn:3h${ofFleets()})`, legend: 'times' } },
      limits: limits.budgetBurn,
      min: 0,
      span: 6,
      whenEmpty: 'No cost',
    },
  ],
}
