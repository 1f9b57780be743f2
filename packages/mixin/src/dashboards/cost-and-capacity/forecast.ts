import { jobIs, label } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { highestAtEnd } from '../queries.ts'
import { isSelectedAgent } from '../selectors.ts'

const band = (signal: string, quantile: string): string =>
  `max(swarm_forecast{${jobIs.advisor}, signal="${signal}", quantile="${quantile}"})`

const timesForecast = (modifier: string): string =>
  `agent:executions_all_jobs:increase1h{${isSelectedAgent(label.agent)}}${modifier} / (agent:executions_forecast:median${modifier} > 0)`

/** Forecasts and advice of the advisor; its series have no region, because it reads all of them. */
export const forecast: Row = {
  title: 'Forecast and advice',
  panels: [
    {
      shows: 'graph',
      title: 'Is traffic as forecast?',
      description:
        'Runs of the last hour of all agents, and their forecast: the median, and the band that contains 90 % of the hours. ' +
        'The advisor learns the hours of the week.',
      unit: 'suffix: /h',
      queries: {
        runs: { expr: 'sum(agent:executions_all_jobs:increase1h)', legend: 'runs' },
        low: { expr: band('executions', '0.05'), legend: 'forecast, low' },
        median: { expr: band('executions', '0.5'), legend: 'forecast' },
        high: { expr: band('executions', '0.95'), legend: 'forecast, high' },
      },
      colors: { 'forecast, low': 'gray', 'forecast, high': 'gray' },
      min: 0,
      span: 12,
      whenEmpty: 'No forecast: the advisor needs two days of history',
    },
    {
      shows: 'graph',
      title: 'Which agents leave their forecast?',
      description:
        'Runs of the last hour, divided by the median of the forecast, for the ten agents that are furthest above. ' +
        'TrafficOutsideForecast fires outside of the limits of each agent.',
      unit: 'suffix: x',
      queries: {
        ratio: {
          expr: highestAtEnd(10, timesForecast),
          legend: `{{${label.agent}}}`,
        },
      },
      isByAgent: true,
      min: 0,
      span: 12,
      whenEmpty: 'No forecast: the advisor needs two days of history',
    },
    {
      shows: 'graph',
      title: 'Which capacity gets short?',
      description:
        'Free share of each resource at the predicted peak of the next 7 days (95 % quantile). SwarmCapacityShort fires below the line.',
      unit: 'percentunit',
      queries: {
        free: { expr: `min by (resource) (swarm_capacity_headroom_ratio{${jobIs.advisor}})`, legend: '{{resource}}' },
      },
      limits: limits.headroom,
      span: 8,
      whenEmpty: 'No capacity plan: the advisor needs three weeks of history',
    },
    {
      shows: 'table',
      title: 'What would save money?',
      description: 'Findings of the advisor, with US dollars a month. `swarmwatch advise` shows the evidence and the fix.',
      unit: 'currencyUSD',
      queries: {
        saving: {
          expr: `max by (advice, ${label.agent}) (swarm_advice_usd_per_month{${jobIs.advisor}})`,
          legend: 'saving',
        },
      },
      columns: {
        advice: { title: 'Advice' },
        [label.agent]: { title: 'Agent', isAgent: true },
        Value: { title: 'USD a month', unit: 'currencyUSD', width: 120 },
      },
      order: [{ by: 'USD a month', isDescending: true }],
      span: 8,
      whenEmpty: 'No advice yet',
    },
    {
      shows: 'graph',
      title: 'What will this month cost?',
      description:
        'Expected cost of the calendar month (UTC): what was spent, and the forecast of the rest; the median and a 90 % interval.',
      unit: 'currencyUSD',
      queries: {
        cost: { expr: `max by (quantile) (swarm_cost_month_usd{${jobIs.advisor}})`, legend: 'quantile {{quantile}}' },
      },
      min: 0,
      span: 8,
      whenEmpty: 'No forecast: the advisor needs a week of cost',
    },
  ],
}
