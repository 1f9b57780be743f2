import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { histogramReads } from '../histograms.ts'
import { agentLabels, byAgent, fleetLabels, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const { capacity } = ruleThresholds

/** The number of runs, its forecast, and the number of active runs that it explains. */
export const capacityRecordings = ({ histograms }: MixinSettings): RuleGroup => ({
  name: 'capacity',
  intervalSeconds: 60,
  rules: [
    {
      // Needs two weeks of data: the first hours of a swarm are not a week to compare with
      record: 'swarm:executions:weekly_growth',
      expr: promql`
        avg_over_time(swarm:executions:rate5m[7d])
          / (avg_over_time(swarm:executions:rate5m[7d] offset 7d) > 0)
        and
        present_over_time(swarm:executions:rate5m[1d] offset 13d)`,
    },
    {
      // The busiest time of the last week (99 % of it is below), at the growth of that week. A line
      // through a week means nothing: where it begins and ends in the rhythm decides its slope
      record: 'swarm:executions:peak_next_7d',
      expr: promql`
        quantile_over_time(0.99, swarm:executions:rate5m[7d]) * swarm:executions:weekly_growth
        or
        quantile_over_time(0.99, swarm:executions:rate5m[7d])
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
      // Little's law: arrivals x duration is the mean number of active runs
      record: 'agent:active_executions:expected_15m',
      expr: histogramReads(histograms).sum(agentLabels, { over: 'rate', histogram: series.executionDuration, range: '[15m]' }),
    },
  ],
})

/** For information: runs that never end, and growing traffic. */
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
    summary: '{{ $labels.agent_name }} has {{ $value | printf "%.0f" }} active runs, more than its traffic explains',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) has {{ $value | printf "%.0f" }} active runs on average. Arrivals times duration ' +
      `explain less than a third of them: some runs never end, or became much longer.`,
    identity: agentLabels,
    runs: 'any',
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'SwarmTrafficGrowing',
    category: 'swarm',
    severity: 'info',
    expr: `swarm:executions:weekly_growth > ${capacity.weeklyGrowth}`,
    forSeconds: 3_600,
    keepFiringForSeconds: 3_600,
    summary: 'The swarm has {{ $value | printf "%.1f" }} times as many runs as last week',
    description:
      'The swarm had {{ $value | printf "%.1f" }} times as many runs in the last 7 days as in the 7 days before. ' +
      'Check whether workers, model quotas and the budget are still sufficient.',
    identity: fleetLabels,
    dashboard: 'cost-and-capacity',
  },
]
