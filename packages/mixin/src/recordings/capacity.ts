import { promql } from '../promql.ts'
import type { RuleGroup } from '../rule.ts'
import { byAgent, series } from '../series.ts'

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
