import { label, series } from '../../series.ts'
import { ratePanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { legendOf } from '../queries.ts'
import { ofAgents } from '../selectors.ts'

/** Budgets of the agent, and effects of its tools. */
export const budgetsAndEffects: Row = {
  title: 'Budgets and effects',
  panels: [
    {
      shows: 'graph',
      title: 'How much of the day is used?',
      description:
        'Use since midnight UTC as a share of the daily budget, over all processes, by limit. DailyBudgetHigh fires at the first ' +
        'line, DailyBudgetExceeded at the second.',
      unit: 'percentunit',
      queries: {
        used: { expr: `max by (${label.budget}) (agent:daily_budget:used_ratio${ofAgents()})`, legend: legendOf([label.budget]) },
      },
      limits: limits.dailyBudget,
      min: 0,
      span: 6,
      whenEmpty: 'No daily budget',
    },
    ratePanel({
      title: 'Which budgets end runs?',
      description: 'Runs that were ended or refused because a limit of their budget was exceeded, by limit.',
      query: 'ended',
      counter: series.budgetExceeded + ofAgents(),
      by: [label.budget],
      span: 6,
      whenEmpty: 'No budget',
    }),
    ratePanel({
      title: 'Which results are reused?',
      description: 'Calls of tools with once that a later attempt answered with the result of an earlier one, by tool.',
      query: 'reused',
      counter: series.toolReused + ofAgents(),
      by: [label.tool],
      span: 6,
      whenEmpty: 'None reused',
    }),
    ratePanel({
      title: 'Which effects are uncertain?',
      description:
        'Calls of tools with once of which it is unknown whether their effect happened. EffectUncertain reports each one.',
      query: 'uncertain',
      counter: series.toolUncertain + ofAgents(),
      by: [label.tool],
      span: 6,
      whenEmpty: 'None uncertain',
    }),
  ],
}
