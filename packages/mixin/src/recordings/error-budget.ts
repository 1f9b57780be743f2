import { thresholds } from '@swarmwatch/config'

import { ruleThresholds } from '../rule-thresholds.ts'
import { promql, duration } from '../promql.ts'
import type { Recording, RuleGroup } from '../rule.ts'
import { byAgent, finished, series } from '../series.ts'

const windows = [...new Set(ruleThresholds.burnRates.flatMap(({ shortSeconds, longSeconds }) => [shortSeconds, longSeconds]))]
  .filter((seconds) => seconds !== thresholds.healthWindowSeconds)
  .toSorted((one, other) => one - other)

/** Failed share of each agent's runs over the windows of the burn rates, every run counting alike. */
export const errorBudgetRecordings: readonly RuleGroup[] = [
  {
    name: 'error-budget',
    rules: [
      {
        record: 'agent:executions:increase1h',
        expr: promql`
          sum ${byAgent} (
            increase(${series.executions}${finished}[1h])
          )`,
      },
      ...windows.filter((seconds) => seconds <= 3_600).map(errorRatio),
    ],
  },
  { name: 'error-budget-long', intervalSeconds: 120, rules: windows.filter((seconds) => seconds > 3_600).map(errorRatio) },
]

/** From the rates that are recorded already: the raw counters of days are too much to read every minute. */
function errorRatio(seconds: number): Recording {
  const window = duration(seconds)
  return {
    record: `agent:error_ratio:rate${window}`,
    expr: promql`
      sum_over_time(agent:failures:rate5m[${window}])
        / (sum_over_time(agent:executions:rate5m[${window}]) > 0)`,
  }
}
