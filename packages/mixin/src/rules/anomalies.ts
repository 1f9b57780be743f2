import { sameAgent } from '../annotations.ts'
import { promql } from '../promql.ts'
import type { Alert, Recording, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, byAgent, finished, onAgent, series } from '../series.ts'

const { anomaly } = ruleThresholds

/**
 * Signals that are checked for unusual values, by the value of the label `signal`. Labels that
 * agents add are removed: setting `signal` could make two series equal.
 */
const signals: Readonly<Record<string, string>> = {
  executions: `max ${byAgent} (agent:executions:increase1h)`,
  latency: promql`
    sum ${byAgent} (
      increase(${series.executionDuration}_sum${finished}[1h])
    )
      / (agent:executions:increase1h > 0)`,
  cost: `max ${byAgent} (agent:cost_usd:increase1h)`,
}

/**
 * The usual range of each agent's executions, latency and cost, from the last day; none with less
 * than 22 hours of data.
 */
export const anomalyRecordings: RuleGroup = {
  name: 'anomalies',
  intervalSeconds: 60,
  rules: [
    ...Object.entries(signals).map(([signal, expr]): Recording => ({
      record: 'agent:anomaly_value:1h',
      expr,
      labels: { signal },
    })),
    { record: 'agent:anomaly_mean:1d', expr: 'avg_over_time(agent:anomaly_value:1h[1d])' },
    {
      // The larger of the two margins, if there is nearly a day of history
      record: 'agent:anomaly_margin:1d',
      expr: promql`
        (
          ${anomaly.deviations} * stddev_over_time(agent:anomaly_value:1h[1d])
            > ${anomaly.leastMargin} * agent:anomaly_mean:1d
          or
          ${anomaly.leastMargin} * agent:anomaly_mean:1d
        )
        and
        present_over_time(agent:anomaly_value:1h[2h] offset 22h)`,
    },
    { record: 'agent:anomaly_upper:1d', expr: 'agent:anomaly_mean:1d + agent:anomaly_margin:1d' },
    { record: 'agent:anomaly_lower:1d', expr: 'clamp_min(agent:anomaly_mean:1d - agent:anomaly_margin:1d, 0)' },
  ],
}

const usual = sameAgent((matchers) => `agent:anomaly_mean:1d{signal="%s", ${matchers}}`).replace('` ', '` $labels.signal ')

/**
 * A signal of an agent is outside its usual range. For information: it never wakes the on-call
 * engineer.
 */
export const agentAnomaly: Alert = {
  alert: 'AgentAnomaly',
  category: 'agent',
  severity: 'info',
  expr: promql`
    (
      agent:anomaly_value:1h > agent:anomaly_upper:1d
      or
      agent:anomaly_value:1h < agent:anomaly_lower:1d
    )
    and ${onAgent}
    (
      agent:executions:increase1h >= ${anomaly.leastExecutionsPerHour}
      or
      avg_over_time(agent:executions:increase1h[1d]) >= ${anomaly.leastExecutionsPerHour}
    )`,
  forSeconds: anomaly.forSeconds,
  keepFiringForSeconds: 900,
  summary: '{{ $labels.signal }} of {{ $labels.agent_name }} is unusual',
  description:
    '{{ $labels.signal }} of {{ $labels.agent_name }} ({{ $labels.job }}) in the last hour: {{ $value | humanize }}.' +
    `{{ with ${usual} }} The mean hour of the last day: {{ . | first | value | humanize }}.{{ end }}`,
  identity: [...agentLabels, 'signal'],
  dashboard: 'agent-detail',
}
