import { thresholds } from '@swarmwatch/config'

import { promql, duration } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { by, byFleet, failed, finished, fleetLabels, label, series } from '../series.ts'

const window = duration(thresholds.healthWindowSeconds)
const traffic = duration(thresholds.trafficWindowSeconds)
const jobLabels = [label.job, ...fleetLabels]
const { errorRate, p95Seconds, busiest } = thresholds.healthScoreParts

/**
 * The same over all root executions of a region, and the health score as the SDK has it for one process. An agent that another agent
 * calls would dilute these, so nested executions count in the series of their agent only.
 *
 * Where no process of a job sends root executions, because its SDK is older, all executions of its agents take their place.
 */
export const fleetRecordings: readonly Recording[] = [
  {
    record: 'swarm:executions:rate5m',
    expr: rootsOrAll(`rate(${series.swarmExecutions}${finished}[${window}])`, 'agent:executions:rate5m'),
  },
  {
    record: 'swarm:failures:rate5m',
    expr: rootsOrAll(`rate(${series.swarmExecutions}${failed}[${window}])`, 'agent:failures:rate5m'),
  },
  {
    record: 'swarm:error_ratio:rate5m',
    expr: promql`
        swarm:failures:rate5m
          / (swarm:executions:rate5m > 0)`,
  },
  {
    record: 'swarm:executions:increase10m',
    expr: rootsOrAll(`increase(${series.swarmExecutions}${finished}[${traffic}])`, 'agent:executions:increase10m'),
  },
  {
    record: 'swarm:execution_duration_seconds:p95_5m',
    expr: promql`
        histogram_quantile(
          0.95,
          sum ${by(...fleetLabels, 'le')} (
            sum ${by(...jobLabels, 'le')} (
              rate(${series.swarmExecutionDuration}_bucket${finished}[${window}])
            )
            or (
              sum ${by(...jobLabels, 'le')} (
                rate(${series.executionDuration}_bucket${finished}[${window}])
              )
              unless on (${jobLabels.join(', ')})
              ${series.swarmExecutions}
            )
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

/** Sum over a fleet of the root executions of its jobs, and of all executions of the jobs that send none. */
function rootsOrAll(ofRoots: string, ofAgents: string): string {
  return promql`
        sum ${byFleet} (
          sum ${by(...jobLabels)} (${ofRoots})
          or
          sum ${by(...jobLabels)} (${ofAgents})
        )`
}

/** Points that a part takes from the score: none up to `from`, all of its weight from `from + span` on. */
function lost(value: string, { weight, from, span }: { weight: number; from: number; span: number }): string {
  return `${weight * 100} * clamp((${value} - ${from}) / ${span}, 0, 1)`
}
