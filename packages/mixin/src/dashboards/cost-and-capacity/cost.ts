import { ruleThresholds } from '../../rule-thresholds.ts'
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
        'Cost of the next 30 days at the mean hourly cost of the last week, with its growth as far as the days prove it, over all regions. ' +
        `The budget is ${ruleThresholds.budget.usdPerMonth} USD. In the first week, the mean is that of the days so far.`,
      unit: 'currencyUSD',
      queries: { month: { expr: `sum(swarm:cost_usd:projected_month${ofFleets()})`, legend: 'month' } },
      limits: limits.monthCost,
      min: 0,
      span: 6,
      whenEmpty: 'No cost',
    },
    {
      shows: 'graph',
      title: 'How sure is the cost of the month?',
      description:
        'Expected cost of 30 days and its 95% interval, by region: the chance of the days, and a change that may be chance but may go on. ' +
        'The interval needs a week of data; in the second week it is wide, because a week can hardly show growth.',
      unit: 'currencyUSD',
      queries: {
        expected: { expr: `swarm:cost_usd:projected_month${ofFleets()}`, legend: fleetName },
        low: { expr: `swarm:cost_usd:projected_month_low${ofFleets()}`, legend: `${fleetName} at least` },
        high: { expr: `swarm:cost_usd:projected_month_high${ofFleets()}`, legend: `${fleetName} at most` },
      },
      limits: limits.monthCost,
      min: 0,
      span: 9,
    },
    {
      shows: 'graph',
      title: 'How fast is the budget spent?',
      description:
        'Cost of three hours, divided by what the budget allows in these hours of the week, by region. At 1, the budget lasts 30 days. ' +
        'The hours of last week share the budget. SwarmCostBudgetBurn fires above the line, if the sum is not small.',
      unit: 'suffix: x',
      queries: { burn: { expr: `swarm:cost_budget_burn:3h${ofFleets()}`, legend: fleetName } },
      limits: limits.budgetBurn,
      min: 0,
      span: 9,
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
        `${ruleThresholds.costSpike.timesUsual} times the cost of this time yesterday and a week ago.`,
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
