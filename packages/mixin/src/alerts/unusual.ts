import { ruleThresholds } from '../rule-thresholds.ts'
import { sameAgent } from '../annotations.ts'
import { promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { agentLabels, fleetLabels, label, onAgent } from '../series.ts'

const { anomaly, capacity, variants } = ruleThresholds
const usual = sameAgent((matchers) => `agent:anomaly_mean:1d{signal="%s", ${matchers}}`).replace('` ', '` $labels.signal ')

/** Nothing is broken, but somebody may want to know; these never wake anyone. */
export const unusualAlerts: readonly Alert[] = [
  {
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
  },
  {
    alert: 'AgentVariantDiffers',
    category: 'agent',
    severity: 'info',
    expr: promql`
      (
        agent:variant_success_z:1d > ${variants.significantZ}
        or
        agent:variant_success_z:1d < -${variants.significantZ}
      )
      and agent:variant_executions:increase1d >= ${variants.leastExecutions}
      and agent:variant_others_executions:increase1d >= ${variants.leastExecutions}`,
    forSeconds: variants.forSeconds,
    keepFiringForSeconds: 1_800,
    summary:
      `Variant {{ $labels.${label.variant} }} of {{ $labels.agent_name }} succeeds ` +
      '{{ if lt $value 0.0 }}less{{ else }}more{{ end }} often than the others',
    description:
      `Over the last day variant {{ $labels.${label.variant} }} of {{ $labels.agent_name }} ({{ $labels.job }}) did ` +
      '{{ if lt $value 0.0 }}worse{{ else }}better{{ end }} than the others by more than chance explains (z = {{ $value | printf "%.1f" }}). ' +
      'Looking often finds differences that are not there: decide before the test how long it runs.',
    identity: [...agentLabels, label.variant],
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'AgentActiveExecutionsLeak',
    category: 'agent',
    severity: 'info',
    expr: promql`
      agent:active_executions:mean_15m > ${capacity.activeTimesExpected} * agent:active_executions:expected_15m
      and
      agent:active_executions:mean_15m >= ${capacity.leastActive}`,
    forSeconds: 1_800,
    keepFiringForSeconds: 900,
    summary: '{{ $labels.agent_name }} has {{ $value | printf "%.0f" }} runs under way, more than its traffic explains',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) has {{ $value | printf "%.0f" }} runs under way on average. Arrivals times duration ' +
      `explain less than a third of them: some runs never end, or became much longer.`,
    identity: agentLabels,
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'SwarmTrafficGrowing',
    category: 'swarm',
    severity: 'info',
    expr: `swarm:executions:weekly_growth > ${capacity.weeklyGrowth}`,
    forSeconds: 3_600,
    keepFiringForSeconds: 3_600,
    summary: 'The swarm runs {{ $value | printf "%.1f" }} times as much as last week',
    description:
      'The swarm ran {{ $value | printf "%.1f" }} times as much in the last 7 days as in the 7 days before. ' +
      'See whether workers, quotas of the models and the budget are still enough.',
    identity: fleetLabels,
    dashboard: 'cost-and-capacity',
  },
]
