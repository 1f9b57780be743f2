import { promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { hoursPerMonth } from '../../rules/cost.ts'
import { label, series } from '../../series.ts'
import { ratePanel, topAgentsPanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { legendOf, perMinute } from '../queries.ts'
import { fleetName, ofAgents, ofFleets } from '../selectors.ts'

/** Cost against the budget. */
export const budget: Row = {
  title: 'Budget',
  panels: [
    {
      shows: 'number',
      title: 'What will the month cost?',
      description:
        `Cost of 30 days at the mean hourly cost of the last day, over all regions. The budget is ${ruleThresholds.budget.usdPerMonth} USD. ` +
        'A forecast needs one day of data.',
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
      whenEmpty: 'Less than a day of data',
    },
    {
      shows: 'graph',
      title: 'How fast is the budget spent?',
      description:
        'Cost of one hour and of six hours, divided by the budget for that time, by region. At 1, the budget lasts 30 days. ' +
        'SwarmCostBudgetBurn fires when both are above the line.',
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
      title: 'What did this time cost?',
      description: 'Cost of all attempts in the selected time range.',
      unit: 'currencyUSD',
      queries: { spent: { expr: `sum(increase(${series.cost}${ofAgents()}[$__range]))`, legend: 'cost' } },
      min: 0,
      span: 6,
      whenEmpty: 'No cost',
    },
  ],
}

/** Use of the daily budgets of agents. */
export const dailyBudgets: Row = {
  title: 'Daily budgets',
  panels: [
    topAgentsPanel({
      title: 'Which agents use up their day?',
      description:
        'Use since midnight UTC as a share of the daily budget, of the limit that is used most: the ten highest agents, and the highest of ' +
        'all others. DailyBudgetHigh fires at the first line, DailyBudgetExceeded at the second.',
      unit: 'percentunit',
      query: 'day',
      series: `agent:daily_budget:used_ratio${ofAgents()}`,
      how: 'max',
      limits: limits.dailyBudget,
      span: 24,
      whenEmpty: 'No daily budget',
    }),
  ],
}

/** Cost of agents and models, and the wasted part of it. */
export const cost: Row = {
  title: 'Cost',
  panels: [
    topAgentsPanel({
      title: 'Which agents spend the money?',
      description:
        `Cost of the hour before: the ten most expensive agents, and the sum of all others. AgentCostSpike fires above ` +
        `${ruleThresholds.costSpike.timesDailyMean} times the mean hourly cost of the day.`,
      unit: 'currencyUSD',
      query: 'hour',
      series: `agent:cost_usd:increase1h${ofAgents()}`,
      how: 'sum',
      leastTop: 0.01,
      span: 12,
    }),
    {
      shows: 'graph',
      title: 'Which models cost most?',
      description: 'Cost per hour at the current rate, by model. A model without an entry in the price table is not included.',
      unit: 'currencyUSD',
      queries: {
        models: { expr: perMinute(series.cost + ofAgents(), [label.model], 3600), legend: legendOf([label.model]) },
      },
      isStacked: true,
      leastTop: 0.01,
      min: 0,
      span: 12,
    },
    topAgentsPanel({
      title: 'What does a success of each agent cost?',
      description:
        'Cost of the hour before, including failed runs, divided by the number of successful runs: the ten most expensive agents, and ' +
        'the most expensive of all others.',
      unit: 'currencyUSD',
      query: 'success',
      series: `agent:cost_usd_per_success:increase1h${ofAgents()}`,
      how: 'max',
      leastTop: 0.01,
      span: 8,
    }),
    topAgentsPanel({
      title: 'How much money do failures cost?',
      description:
        'Cost of the hour before, multiplied by the failed share of the runs: this assumes that a failed run costs as much as a ' +
        'successful one. The ten highest agents, and the sum of all others.',
      unit: 'currencyUSD',
      query: 'wasted',
      series: `agent:cost_usd_wasted:increase1h${ofAgents()}`,
      how: 'sum',
      leastTop: 0.01,
      span: 8,
    }),
    ratePanel({
      title: 'Which models use the tokens?',
      description: 'Tokens of all attempts, by model and direction.',
      query: 'tokens',
      counter: series.tokens + ofAgents(),
      by: [label.model, label.direction],
      span: 8,
    }),
  ],
}
