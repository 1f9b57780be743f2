import { thresholds } from '@swarmwatch/config'

import { duration, promql } from '../promql.ts'
import type { Alert, Recording, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, byAgent, finished, onAgent, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const windows = [...new Set(ruleThresholds.burnRates.flatMap(({ shortSeconds, longSeconds }) => [shortSeconds, longSeconds]))]
  .filter((seconds) => seconds !== thresholds.healthWindowSeconds)
  .toSorted((one, other) => one - other)

/**
 * Failed share of each agent's runs over the windows of the burn rates; every run has the same
 * weight.
 */
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

/**
 * Uses recorded rates: reading the raw counters of several days every minute would be too
 * expensive.
 */
function errorRatio(seconds: number): Recording {
  const window = duration(seconds)
  return {
    record: `agent:error_ratio:rate${window}`,
    expr: promql`
      sum_over_time(agent:failures:rate5m[${window}])
        / (sum_over_time(agent:executions:rate5m[${window}]) > 0)`,
  }
}

type Severity = (typeof ruleThresholds.burnRates)[number]['severity']

/**
 * An agent spends its error budget of 30 days too fast: over a long window, and still now, over a
 * short window.
 */
export function errorBudgetAlerts(settings: MixinSettings): readonly Alert[] {
  return [burn('critical', 120, settings), burn('warning', 900, settings)]
}

function burn(severity: Severity, forSeconds: number, { successObjective }: MixinSettings): Alert {
  const rate = (seconds: number): string => `agent:error_ratio:rate${duration(seconds)} / (1 - ${successObjective})`
  const pairs = ruleThresholds.burnRates.filter((each) => each.severity === severity)
  const conditions = pairs.map(
    ({ times, shortSeconds, longSeconds }) => promql`
      (
        ${rate(longSeconds)} > ${times}
        and
        ${rate(shortSeconds)} > ${times}
      )`,
  )
  return {
    alert: 'AgentErrorBudgetBurn',
    category: 'agent',
    severity,
    // Silent for an agent that has recovered: otherwise the long windows would keep the alert
    // firing for half an hour
    expr: promql`
      (
        ${conditions.join('\nor\n')}
      )
      and ${onAgent}
      agent:executions:increase1h >= ${ruleThresholds.burnRateLeastExecutions}
      unless ${onAgent}
      (
        ${rate(thresholds.healthWindowSeconds)} <= 1
        and
        agent:executions:increase10m >= ${thresholds.errorRate.warning.leastExecutions.agent}
      )`,
    forSeconds,
    summary: '{{ $labels.agent_name }} spends its error budget {{ $value | printf "%.1f" }} times too fast',
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}) should succeed in {{ ${successObjective} | humanizePercentage }} of its runs. ` +
      'At this rate, the error budget of 30 days is used up in ' +
      '{{ with printf `vector(2592000 / %f)` $value | query }}{{ . | first | value | humanizeDuration }}{{ end }}.',
    identity: agentLabels,
    chart: { title: 'Failed runs in an hour', unit: 'ratio', query: (matchers) => `agent:error_ratio:rate1h{${matchers}}` },
    dashboard: 'agent-detail',
  }
}
