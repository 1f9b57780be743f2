import { thresholds } from '@swarmwatch/config'

import { promql, duration } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { by, byFleet, finished, fleetLabels, series } from '../series.ts'

const window = duration(thresholds.healthWindowSeconds)
const { errorRate, p95Seconds, busiest } = thresholds.healthScoreParts

/** The same over all agents of a region, and the health score as the SDK has it for one process. */
export const fleetRecordings: readonly Recording[] = [
  { record: 'swarm:executions:rate5m', expr: `sum ${byFleet} (agent:executions:rate5m)` },
  {
    record: 'swarm:error_ratio:rate5m',
    expr: promql`
        sum ${byFleet} (agent:failures:rate5m)
          / (swarm:executions:rate5m > 0)`,
  },
  { record: 'swarm:executions:increase10m', expr: `sum ${byFleet} (agent:executions:increase10m)` },
  {
    record: 'swarm:execution_duration_seconds:p95_5m',
    expr: promql`
        histogram_quantile(
          0.95,
          sum ${by(...fleetLabels, 'le')} (
            rate(${series.executionDuration}_bucket${finished}[${window}])
          )
        ) >= 0`,
  },
  { record: 'swarm:resource_utilization:max', expr: `max ${byFleet} (${series.resourceUtilization})` },
  { record: 'swarm:health_lost:error_rate', expr: lost('swarm:error_ratio:rate5m', errorRate) },
  { record: 'swarm:health_lost:p95', expr: lost('swarm:execution_duration_seconds:p95_5m', p95Seconds) },
  { record: 'swarm:health_lost:resources', expr: lost('swarm:resource_utilization:max', busiest) },
  {
    // What is not known takes nothing away; a fleet without runs has 100
    record: 'swarm:health_score',
    expr: promql`
        100
          - swarm:health_lost:error_rate
          - (swarm:health_lost:p95 or 0 * swarm:health_lost:error_rate)
          - (swarm:health_lost:resources or 0 * swarm:health_lost:error_rate)
        or
        100 * group ${byFleet} (${series.executions})`,
  },
]

/** Points that a part takes from the score: none up to `from`, all of its weight from `from + span` on. */
function lost(value: string, { weight, from, span }: { weight: number; from: number; span: number }): string {
  return `${weight * 100} * clamp((${value} - ${from}) / ${span}, 0, 1)`
}
