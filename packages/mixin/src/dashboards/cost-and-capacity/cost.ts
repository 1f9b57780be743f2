import { promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { fleetName, ofAgents, ofFleets, topAgents } from '../selectors.ts'

const { usdPerMonth } = ruleThresholds.budget
const hoursPerMonth = 30 * 24

/** What is spent, by whom, and what of it was for nothing. */
export const cost: readonly Row[] = [
  {
    title: 'Budget',
    panels: [
      {
        shows: 'number',
        title: 'Month forecast',
        question: 'What will the month cost?',
        description:
          `Thirty days at the mean hour of the last day, of all regions. The budget is ${usdPerMonth} USD. There is no forecast from less ` +
          'than a day.',
        unit: 'currencyUSD',
        queries: {
          month: {
            expr: promql`
              ${hoursPerMonth} * sum(
                avg_over_time(swarm:cost_usd:increase1h${ofFleets()}[1d])
                and
                swarm:cost_usd:increase1h${ofFleets()} offset 1d
              )`,
            legend: 'month',
          },
        },
        limits: limits.monthCost,
        min: 0,
        span: 6,
        whenEmpty: 'Not a day old',
      },
      {
        shows: 'graph',
        title: 'Budget burn',
        question: 'How fast is the budget spent?',
        description:
          'Cost of one hour and of six against what the budget allows, by region: 1 spends it in 30 days. SwarmCostBudgetBurn fires when ' +
          'both are above the line.',
        unit: 'suffix: x',
        queries: {
          hour: { expr: `swarm:cost_budget_burn:1h${ofFleets()}`, legend: `${fleetName} 1 h` },
          six_hours: { expr: `swarm:cost_budget_burn:6h${ofFleets()}`, legend: `${fleetName} 6 h` },
        },
        limits: limits.budgetBurn,
        min: 0,
        span: 18,
      },
      {
        shows: 'number',
        title: 'Cost in range',
        question: 'What was spent in the time shown?',
        description: 'Cost of all attempts in the chosen range of time.',
        unit: 'currencyUSD',
        queries: { spent: { expr: `sum(increase(${series.cost}${ofAgents()}[$__range]))`, legend: 'cost' } },
        min: 0,
        span: 6,
        whenEmpty: 'No cost',
      },
    ],
  },
  {
    title: 'Cost',
    panels: [
      {
        shows: 'graph',
        title: 'Cost by agent',
        question: 'Which agents spend the money?',
        description:
          'Cost of the hour before: the ten most expensive agents, and the others together. AgentCostSpike fires at three times the mean ' +
          'hour of the day.',
        unit: 'currencyUSD',
        queries: topAgents('hour', `agent:cost_usd:increase1h${ofAgents()}`, 'sum'),
        isByAgent: true,
        isStacked: true,
        leastTop: 0.01,
        min: 0,
        span: 12,
      },
      {
        shows: 'graph',
        title: 'Cost by model',
        question: 'Which models cost most?',
        description:
          'Cost of an hour at the rate of the moment, by model. A model that the price table does not know is missing here.',
        unit: 'currencyUSD',
        queries: {
          models: {
            expr: promql`
              3600 * sum by (${label.model}) (
                rate(${series.cost}${ofAgents()}[$__rate_interval])
              )`,
            legend: `{{${label.model}}}`,
          },
        },
        isStacked: true,
        leastTop: 0.01,
        min: 0,
        span: 12,
      },
      {
        shows: 'graph',
        title: 'Success cost',
        question: 'What does a success of each agent cost?',
        description:
          'Cost of the hour before, failed runs included, by the runs that succeeded: the ten most expensive agents, and the most expensive of the others.',
        unit: 'currencyUSD',
        queries: topAgents('success', `agent:cost_usd_per_success:increase1h${ofAgents()}`, 'max'),
        isByAgent: true,
        leastTop: 0.01,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Wasted cost',
        question: 'How much money do failures cost?',
        description:
          'Cost of the hour before by the failed share of the runs: failed runs are taken to cost as much as the others. The ten highest ' +
          'agents, and the others together.',
        unit: 'currencyUSD',
        queries: topAgents('wasted', `agent:cost_usd_wasted:increase1h${ofAgents()}`, 'sum'),
        isByAgent: true,
        isStacked: true,
        leastTop: 0.01,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Tokens by model',
        question: 'Where do the tokens go?',
        description: 'Tokens of all attempts, by model and direction.',
        unit: 'suffix: /min',
        queries: {
          tokens: {
            expr: promql`
              60 * sum by (${label.model}, ${label.direction}) (
                rate(${series.tokens}${ofAgents()}[$__rate_interval])
              )`,
            legend: `{{${label.model}}} {{${label.direction}}}`,
          },
        },
        isStacked: true,
        min: 0,
        span: 8,
      },
    ],
  },
]
