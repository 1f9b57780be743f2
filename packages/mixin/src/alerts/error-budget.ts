import { thresholds } from '@swarmwatch/config'

import { ruleThresholds } from '../rule-thresholds.ts'
import { duration, promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { agentLabels, onAgent } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

type Severity = (typeof ruleThresholds.burnRates)[number]['severity']

/** An agent spends its error budget of 30 days too fast: over a long window, and still now, over a short one. */
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
    // An agent that is seen to do well again is left in peace; without that, the long windows would go on for half an hour
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
      'At this rate the failures of 30 days are used up in ' +
      '{{ with printf `vector(2592000 / %f)` $value | query }}{{ . | first | value | humanizeDuration }}{{ end }}.',
    identity: agentLabels,
    dashboard: 'agent-detail',
  }
}
