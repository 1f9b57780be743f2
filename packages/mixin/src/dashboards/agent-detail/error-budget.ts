import { duration, promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { fleetName, ofAgents } from '../selectors.ts'

const words: Readonly<Record<number, string>> = { 3_600: '1 h', 21_600: '6 h', 86_400: '1 d', 259_200: '3 d' }

/** What is left of the failures that it may have, and how fast it spends them. */
export function errorBudget({ successObjective }: MixinSettings): Row {
  const allowed = `${((1 - successObjective) * 100).toFixed(0)}%`
  const counted = (what: string): string => `sum(sum_over_time(agent:${what}:rate5m${ofAgents()}[30d]))`
  return {
    title: 'Error budget',
    panels: [
      {
        shows: 'number',
        title: 'Budget left',
        question: 'What is left of the error budget?',
        description:
          `Of the ${allowed} of the runs of 30 days that may fail, the share that has not been spent; below zero more failed. Of a younger ` +
          'agent, of the runs that there were.',
        unit: 'percentunit',
        queries: {
          left: {
            expr: promql`
              1
                - ${counted('failures')}
                  / (${counted('executions')} > 0)
                  / (1 - ${successObjective})`,
            legend: 'left',
          },
        },
        limits: limits.budgetLeft,
        max: 1,
        span: 6,
        height: 8,
        whenEmpty: 'No runs',
      },
      {
        shows: 'graph',
        title: 'Budget burn',
        question: 'How fast is the error budget spent?',
        description:
          `Failed share of the runs against the ${allowed} that may fail, over each window that AgentErrorBudgetBurn looks at, in the worst ` +
          'environment: 1 spends the budget of 30 days in 30 days. The alert fires beyond the number in the legend, while it still goes on.',
        unit: 'suffix: x',
        queries: Object.fromEntries(
          ruleThresholds.burnRates.map(({ longSeconds, times }): [string, PanelQuery] => [
            `burn_${duration(longSeconds)}`,
            {
              expr: `max(agent:error_ratio:rate${duration(longSeconds)}${ofAgents()}) / (1 - ${successObjective})`,
              legend: `${words[longSeconds]}, at most ${times}`,
            },
          ]),
        ),
        min: 0,
        span: 10,
      },
      {
        shows: 'graph',
        title: 'Process success',
        question: 'Do single processes succeed less than others?',
        description:
          'Lowest share of runs that succeeded in the last 5 minutes, of the processes of each region. Never take a mean of these: ' +
          'processes do not run equally much.',
        unit: 'percentunit',
        queries: {
          success: {
            expr: `min by (${label.agent}, ${label.environment}, ${label.region}) (${series.successRate}${ofAgents()})`,
            legend: fleetName,
          },
        },
        isByAgent: true,
        leastTop: 1,
        min: 0,
        span: 8,
      },
    ],
  }
}
