import { duration } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { burnLimits } from '../limits.ts'
import type { Panel, Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const words: Readonly<Record<number, string>> = { 3_600: 'hour', 21_600: 'six hours', 86_400: 'day', 259_200: 'three days' }

/** How fast it spends the failures that it may have, over the windows that the alert looks at. */
export function errorBudget(settings: MixinSettings): Row {
  return {
    title: 'Error budget',
    panels: [...ruleThresholds.burnRates.map(({ longSeconds }) => burn(longSeconds, settings)), seenByProcesses],
  }
}

function burn(longSeconds: number, { successObjective }: MixinSettings): Panel {
  return {
    shows: 'graph',
    title: `How fast was the error budget spent over the last ${words[longSeconds]}?`,
    description:
      `Failed share of the runs against the ${((1 - successObjective) * 100).toFixed(0)}% that may fail: 1 spends the budget of 30 days ` +
      'in 30 days. AgentErrorBudgetBurn tells people beyond the line, when it still goes on.',
    unit: 'suffix: x',
    queries: {
      burn: {
        expr: `agent:error_ratio:rate${duration(longSeconds)}${ofAgents()} / (1 - ${successObjective})`,
        legend: `{{${label.agent}}}`,
      },
    },
    limits: burnLimits(longSeconds),
    isByAgent: true,
    min: 0,
    span: 6,
  }
}

const seenByProcesses: Panel = {
  shows: 'graph',
  title: 'What does each process say of its success?',
  description:
    'Share of runs that succeeded in the last 5 minutes as each process has it. Never take a mean of these: processes do not run equally much.',
  unit: 'percentunit',
  queries: { success: { expr: `${series.successRate}${ofAgents()}`, legend: `{{${label.agent}}} {{instance}}` } },
  isByAgent: true,
  min: 0,
  max: 1,
  span: 24,
  height: 6,
}
