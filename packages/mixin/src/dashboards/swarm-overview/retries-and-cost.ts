import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofFleets, topAgents } from '../selectors.ts'

/** What recovery does, and what all of it costs. */
export const retriesAndCost: readonly Row[] = [
  {
    title: 'Retries',
    panels: [
      {
        shows: 'graph',
        title: 'Retried share',
        question: 'How much of the work is done again?',
        description:
          'Share of the attempts of the last 5 minutes that were retries: the ten highest agents, and the highest of the others. ' +
          'AgentRetriesHigh fires above the line.',
        unit: 'percentunit',
        queries: topAgents('retries', `agent:retry_ratio:rate5m${ofAgents()}`, 'max'),
        limits: limits.retries,
        isByAgent: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Retries by error',
        question: 'Why do agents try again?',
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
        title: 'Waiting share',
        question: 'How much of the time do agents wait to try again?',
        description:
          'Share of the duration of runs that was back-off between attempts, in the last 5 minutes: the ten highest agents, and the ' +
          'highest of the others.',
        unit: 'percentunit',
        queries: topAgents('waiting', `agent:waiting_ratio:rate5m${ofAgents()}`, 'max'),
        isByAgent: true,
        min: 0,
        span: 8,
      },
    ],
  },
  {
    title: 'Cost',
    panels: [
      {
        shows: 'number',
        title: 'Hourly cost',
        question: 'What did the last hour cost?',
        description: 'Cost of all attempts of the last hour, as the price table has it.',
        unit: 'currencyUSD',
        queries: { hour: { expr: `sum(swarm:cost_usd:increase1h${ofFleets()})`, legend: 'cost' } },
        min: 0,
        span: 6,
        whenEmpty: 'No cost',
      },
      {
        shows: 'graph',
        title: 'Cost by agent',
        question: 'Which agents cost most?',
        description: 'Cost of the hour before: the ten most expensive agents, and the others together.',
        unit: 'currencyUSD',
        queries: topAgents('cost', `agent:cost_usd:increase1h${ofAgents()}`, 'sum'),
        isByAgent: true,
        isStacked: true,
        leastTop: 0.01,
        min: 0,
        span: 18,
      },
      {
        shows: 'number',
        title: 'Budget burn',
        question: 'How fast is the budget spent?',
        description:
          'Cost of the last hour against what the monthly budget allows an hour: 1 spends it in 30 days. SwarmCostBudgetBurn fires when ' +
          'it is above the limit over one hour and over six.',
        unit: 'suffix: x',
        queries: { burn: { expr: `max(swarm:cost_budget_burn:1h${ofFleets()})`, legend: 'times' } },
        limits: limits.budgetBurn,
        min: 0,
        span: 6,
        whenEmpty: 'No cost',
      },
    ],
  },
]
