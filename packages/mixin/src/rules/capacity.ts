import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, byAgent, fleetLabels, series } from '../series.ts'

const { capacity } = ruleThresholds

/** How much the swarm runs and where that is heading. */
export const capacityRecordings: RuleGroup = {
  name: 'capacity',
  intervalSeconds: 60,
  rules: [
    {
      // Only where there were two weeks: the first hours of a swarm are no week to compare with
      record: 'swarm:executions:weekly_growth',
      expr: promql`
        avg_over_time(swarm:executions:rate5m[7d])
          / (avg_over_time(swarm:executions:rate5m[7d] offset 7d) > 0)
        and
        present_over_time(swarm:executions:rate5m[1d] offset 13d)`,
    },
    {
      // A line through minutes, drawn on for a week, would forecast thousands of runs a second
      record: 'swarm:executions:rate5m_in_7d',
      expr: promql`
        clamp_min(predict_linear(swarm:executions:rate5m[7d], 7 * 86400), 0)
        and
        swarm:executions:rate5m offset 1d`,
    },
    {
      record: 'agent:active_executions:mean_15m',
      expr: promql`
        sum ${byAgent} (
          avg_over_time(${series.activeExecutions}[15m])
        )`,
    },
    {
      // Little's law: arrivals x duration are under way on average
      record: 'agent:active_executions:expected_15m',
      expr: promql`
        sum ${byAgent} (
          rate(${series.executionDuration}_sum[15m])
        )`,
    },
  ],
}

export const capacityAlerts: readonly Alert[] = [
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
