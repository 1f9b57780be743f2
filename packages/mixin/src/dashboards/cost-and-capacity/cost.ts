import { promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofFleets } from '../selectors.ts'

const byName = `{{${label.agent}}}`
const region = `{{${label.region}}}`
const { usdPerMonth } = ruleThresholds.budget

/** What is spent, by whom, and what of it was for nothing. */
export const cost: readonly Row[] = [
  {
    title: 'Budget',
    panels: [
      {
        shows: 'number',
        title: 'What will the month cost?',
        description: `Thirty days at the rate of the last hour, of all regions. The budget is ${usdPerMonth} USD.`,
        unit: 'currencyUSD',
        queries: { month: { expr: `sum(swarm:cost_usd:projected_month${ofFleets()})`, legend: 'month' } },
        min: 0,
        span: 6,
      },
      {
        shows: 'number',
        title: 'What was spent in the time shown?',
        description: 'Cost of all attempts in the chosen range of time.',
        unit: 'currencyUSD',
        queries: { spent: { expr: `sum(increase(${series.cost}${ofAgents()}[$__range]))`, legend: 'cost' } },
        min: 0,
        span: 6,
      },
      {
        shows: 'graph',
        title: 'How fast is the budget spent, by region?',
        description:
          'Cost of one hour and of six against what the budget allows: 1 spends it in 30 days. SwarmCostBudgetBurn tells people when both ' +
          'are beyond the line.',
        unit: 'suffix: x',
        queries: {
          hour: { expr: `swarm:cost_budget_burn:1h${ofFleets()}`, legend: `${region} 1 h` },
          six_hours: { expr: `swarm:cost_budget_burn:6h${ofFleets()}`, legend: `${region} 6 h` },
        },
        limits: limits.budgetBurn,
        min: 0,
        span: 12,
      },
    ],
  },
  {
    title: 'Cost',
    panels: [
      {
        shows: 'graph',
        title: 'Which agents spend the money?',
        description:
          'Cost of the hour before, by agent, and the mean hour of the day. AgentCostSpike tells people of three times the mean.',
        unit: 'currencyUSD',
        queries: {
          hour: { expr: `agent:cost_usd:increase1h${ofAgents()}`, legend: byName },
          mean: { expr: `agent:cost_usd:mean_hour_1d${ofAgents()}`, legend: `${byName} mean` },
        },
        isByAgent: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'What does a success of each agent cost?',
        description: 'Cost of the hour before, failed runs included, by the runs that succeeded.',
        unit: 'currencyUSD',
        queries: { success: { expr: `agent:cost_usd_per_success:increase1h${ofAgents()}`, legend: byName } },
        isByAgent: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'How much money do failures cost?',
        description:
          'Cost of the hour before by the failed share of the runs: failed runs are taken to cost as much as the others.',
        unit: 'currencyUSD',
        queries: { wasted: { expr: `agent:cost_usd_wasted:increase1h${ofAgents()}`, legend: byName } },
        isByAgent: true,
        isStacked: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Which models cost most?',
        description: 'US dollars per second, by model. A model that the price table does not know is missing here.',
        unit: 'currencyUSD',
        queries: {
          models: {
            expr: promql`
              sum by (${label.model}) (
                rate(${series.cost}${ofAgents()}[$__rate_interval])
              )`,
            legend: `{{${label.model}}}`,
          },
        },
        isStacked: true,
        min: 0,
        span: 12,
      },
      {
        shows: 'graph',
        title: 'Where do the tokens go?',
        description: 'Tokens per second by agent and direction, of all attempts.',
        unit: 'suffix: tokens/s',
        queries: {
          tokens: {
            expr: promql`
              sum by (${label.agent}, ${label.direction}) (
                rate(${series.tokens}${ofAgents()}[$__rate_interval])
              )`,
            legend: `${byName} {{${label.direction}}}`,
          },
        },
        isByAgent: true,
        isStacked: true,
        min: 0,
        span: 12,
      },
    ],
  },
]
