import { thresholds } from '@swarmwatch/config'

import { promql, duration } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { by, byAgent, failed, finished, agentLabels, series } from '../series.ts'

const window = duration(thresholds.healthWindowSeconds)
const traffic = duration(thresholds.trafficWindowSeconds)

/** What each agent does: how much, how well, how long, how often again. */
export const agentRecordings: readonly Recording[] = [
  {
    record: 'agent:executions:rate5m',
    expr: promql`
        sum ${byAgent} (
          rate(${series.executions}${finished}[${window}])
        )`,
  },
  {
    // An agent that never failed has 0 failures, not none
    record: 'agent:failures:rate5m',
    expr: promql`
        sum ${byAgent} (
          rate(${series.executions}${failed}[${window}])
        )
        or
        0 * agent:executions:rate5m`,
  },
  {
    record: 'agent:error_ratio:rate5m',
    expr: promql`
        agent:failures:rate5m
          / (agent:executions:rate5m > 0)`,
  },
  {
    record: 'agent:executions:increase10m',
    expr: promql`
        sum ${byAgent} (
          increase(${series.executions}${finished}[${traffic}])
        )`,
  },
  {
    // Where nothing ran there is no percentile: the comparison drops NaN
    record: 'agent:execution_duration_seconds:p95_5m',
    expr: promql`
        histogram_quantile(
          0.95,
          sum ${by(...agentLabels, 'le')} (
            rate(${series.executionDuration}_bucket${finished}[${window}])
          )
        ) >= 0`,
  },
  {
    record: 'agent:execution_duration_seconds:mean_5m',
    expr: promql`
        sum ${byAgent} (
          rate(${series.executionDuration}_sum${finished}[${window}])
        )
          / (agent:executions:rate5m > 0)`,
  },
  {
    // Waits are counted when they end, runs when they end: for a moment there can be more waiting than running
    record: 'agent:waiting_ratio:rate5m',
    expr: promql`
        clamp_max(
          sum ${byAgent} (
            rate(${series.retryWait}_sum[${window}])
          )
            / (sum ${byAgent} (
              rate(${series.executionDuration}_sum[${window}])
            ) > 0),
          1
        )`,
  },
  {
    record: 'agent:attempts:increase10m',
    expr: promql`
        sum ${byAgent} (
          increase(${series.attemptDuration}_count[${traffic}])
        )`,
  },
  {
    record: 'agent:retry_ratio:rate5m',
    expr: promql`
        clamp_max(
          sum ${byAgent} (
            rate(${series.retries}[${window}])
          )
            / (sum ${byAgent} (
              rate(${series.attemptDuration}_count[${window}])
            ) > 0),
          1
        )`,
  },
]
