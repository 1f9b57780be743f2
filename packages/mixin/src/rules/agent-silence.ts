import { duration, promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, fleetLabels, label, onAgent, series } from '../series.ts'

const { trafficStopped, telemetryAbsent } = ruleThresholds
const jobLabels = [label.job, ...fleetLabels]
const seenWithin = duration(telemetryAbsent.seenWithinSeconds)

/** An agent or a whole job has become silent. */
export const agentSilenceAlerts: readonly Alert[] = [
  {
    alert: 'AgentTrafficStopped',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      sum ${byAgent} (increase(${series.executions}[1h] offset 1d)) > ${trafficStopped.executionsYesterday}
      unless ${onAgent}
      sum ${byAgent} (increase(${series.executions}[1h])) > 0`,
    forSeconds: trafficStopped.forSeconds,
    summary: '{{ $labels.agent_name }} has no runs any more',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) has not finished a run in the last hour; ' +
      'in the same hour yesterday it finished {{ $value | printf "%.0f" }}.',
    identity: agentLabels,
    dashboard: 'agent-detail',
  },
  {
    alert: 'AgentTelemetryAbsent',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      group ${by(...jobLabels)} (present_over_time(${series.executions}[${seenWithin}]))
      unless
      group ${by(...jobLabels)} (${series.executions})`,
    forSeconds: telemetryAbsent.forSeconds,
    summary: '{{ $labels.job }} sends no metrics',
    description:
      'No process of {{ $labels.job }} sends metrics, although one did within the last day: the processes are down, or their telemetry ' +
      'does not arrive. No other alert about its agents can fire.',
    identity: jobLabels,
    dashboard: 'swarm-overview',
  },
]
