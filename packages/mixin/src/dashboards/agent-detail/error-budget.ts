import { duration, promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { byAgentAndFleet, fleetName, ofAgents } from '../selectors.ts'

const words: Readonly<Record<number, string>> = { 3_600: '1 h', 21_600: '6 h', 86_400: '1 d', 259_200: '3 d' }

/** How much of the error budget is left, and how fast the agent spends it. */
export function errorBudget({ successObjective }: MixinSettings): Row {
  const allowed = `${((1 - successObjective) * 100).toFixed(0)}%`
  const counted = (what: string): string => `sum(sum_over_time(agent:${what}:rate5m${ofAgents()}[30d]))`
  return {
    title: 'Error budget',
    panels: [
      {
        shows: 'number',
        title: 'How much budget is left?',
        description:
          `${allowed} of the runs in 30 days may fail. This is the share of that budget that is left; below zero, more runs failed than ` +
          'may fail. For an agent that is younger than 30 days, its runs so far count.',
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
        title: 'How fast is the error budget spent?',
        description:
          `Failed share of the runs, divided by the ${allowed} that may fail, over each window of AgentErrorBudgetBurn, in the worst ` +
          'environment. At 1, the budget of 30 days lasts 30 days. The alert fires above the number in the legend, while the failures ' +
          'continue.',
        unit: 'suffix: x',
        queries: Object.fromEntries(
          ruleThresholds.burnRates.map(({ longSeconds, times }): [string, PanelQuery] => [
            `burn_${duration(longSeconds)}`,
            {
              expr: `max(agent:error_ratio:rate${duration(longSeconds)}${ofAgents()}) / (1 - ${successObjective})`,
              legend: `${words[longSeconds]}, limit ${times}`,
            },
          ]),
        ),
        min: 0,
        span: 10,
      },
      {
        shows: 'graph',
        title: 'Is one process worse than others?',
        description:
          'Lowest share of successful runs in the last 5 minutes, over the processes of each region. Do not average these values: ' +
          'processes have different numbers of runs.',
        unit: 'percentunit',
        queries: {
          success: { expr: `min ${byAgentAndFleet} (${series.successRate}${ofAgents()})`, legend: fleetName },
        },
        isByAgent: true,
        leastTop: 1,
        min: 0,
        span: 8,
      },
    ],
  }
}
