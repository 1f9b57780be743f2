import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { jobIs, label } from '../series.ts'

const { forecast } = ruleThresholds

/** A quantile of the forecast of the last hour of each agent, which the advisor exports. */
function quantile(signal: string, value: string): string {
  return `max by (${label.agent}) (agent_forecast{${jobIs.advisor}, signal="${signal}", quantile="${value}"})`
}

/**
 * Limits beyond which executions are unusual: further from the median than nearly all errors of past forecasts, by `timesWider`. So an
 * agent with bursts in its past has wide limits.
 */
export const forecastRecordings: RuleGroup = {
  name: 'forecast',
  intervalSeconds: 60,
  rules: [
    { record: 'agent:executions_forecast:median', expr: quantile('executions', '0.5') },
    {
      record: 'agent:executions_forecast:upper',
      expr: promql`
        ${1 + forecast.timesWider} * ${quantile('executions', '0.999')}
          - ${forecast.timesWider} * agent:executions_forecast:median`,
    },
    {
      record: 'agent:executions_forecast:lower',
      expr: promql`
        clamp_min(
          ${1 + forecast.timesWider} * ${quantile('executions', '0.001')}
            - ${forecast.timesWider} * agent:executions_forecast:median,
          0
        )`,
    },
    { record: 'agent:executions_all_jobs:increase1h', expr: `sum by (${label.agent}) (agent:executions:increase1h)` },
  ],
}

/** Alerts about forecasts of the advisor: days ahead for capacity, at once for unusual traffic. */
export const forecastAlerts: readonly Alert[] = [
  {
    alert: 'SwarmCapacityShort',
    category: 'swarm',
    severity: 'warning',
    // The disk of Prometheus fills to its limit by design, and has an alert of its own
    expr: promql`
      min by (resource) (
        swarm_capacity_headroom_ratio{${jobIs.advisor}, resource!="prometheus_disk"}
      ) < ${forecast.leastHeadroom}`,
    forSeconds: forecast.headroomForSeconds,
    keepFiringForSeconds: forecast.headroomForSeconds,
    summary:
      '{{ $labels.resource }} is {{ if lt $value 0.0 }}too small{{ else }}nearly full{{ end }} at the peak of the next 7 days',
    description:
      'At the predicted peak of the next 7 days, {{ $value | humanizePercentage }} of {{ $labels.resource }} is free (95 % quantile); ' +
      `the limit is ${100 * forecast.leastHeadroom}%.`,
    identity: ['resource'],
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'TrafficOutsideForecast',
    category: 'agent',
    severity: 'info',
    expr: promql`
      (
        agent:executions_all_jobs:increase1h > agent:executions_forecast:upper
        or
        agent:executions_all_jobs:increase1h < agent:executions_forecast:lower
      )
      and
      agent:executions_forecast:median >= ${forecast.leastExecutions}`,
    forSeconds: forecast.outsideForSeconds,
    keepFiringForSeconds: 900,
    summary: '{{ $labels.agent_name }} ran {{ $value | printf "%.0f" }} times in an hour, outside of its forecast',
    description:
      '{{ $labels.agent_name }} ran {{ $value | printf "%.0f" }} times in the last hour. ' +
      'This is far outside of the forecast of the advisor, which knows its hours of the week.',
    identity: [label.agent],
    runs: 'any',
    dashboard: 'cost-and-capacity',
  },
]
