import { alertNames, type AlertRule, thresholds } from '@swarmwatch/config'
import { healthWeights } from '@swarmwatch/sdk/health-score'

import { sameFleet } from '../annotations.ts'
import { histogramReads } from '../histograms.ts'
import { duration, promql } from '../promql.ts'
import { type Alert, keepMutingSeconds, type Recording } from '../rule.ts'
import { by, byFleet, failed, finished, fleetLabels, label, onFleet, series } from '../series.ts'
import { type MixinSettings, rulesNamed } from '../settings.ts'

const window = duration(thresholds.healthWindowSeconds)
const traffic = duration(thresholds.trafficWindowSeconds)
const jobLabels = [label.job, ...fleetLabels]

/**
 * Root executions of each region, and its health score with the formula of the SDK. Executions of
 * an agent that another agent calls would dilute the failed share, so they count only in the series
 * of their agent.
 *
 * If no process of a job sends root executions, because its SDK is older, all executions of its
 * agents count instead.
 */
export const fleetRecordings = ({ histograms }: MixinSettings): readonly Recording[] => [
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
    expr: `${histogramReads(histograms).quantile(
      0.95,
      (buckets) => promql`
        sum ${buckets.by(...fleetLabels)} (
          sum ${buckets.by(...jobLabels)} (
            rate(${buckets.of(series.swarmExecutionDuration)}${finished}[${window}])
          )
          or (
            sum ${buckets.by(...jobLabels)} (
              rate(${buckets.of(series.executionDuration)}${finished}[${window}])
            )
            unless on (${jobLabels.join(', ')})
            ${series.swarmExecutions}
          )
        )`,
      { labels: fleetLabels, histogram: series.executionDuration, seconds: thresholds.healthWindowSeconds / 2 },
    )} >= 0`,
  },
  { record: 'swarm:resource_utilization:max', expr: `max ${byFleet} (${series.resourceUtilization})` },
  { record: 'swarm:health_lost:error_rate', expr: lost('swarm:error_ratio:rate5m', healthWeights.errorRate) },
  { record: 'swarm:health_lost:p95', expr: lost('swarm:execution_duration_seconds:p95_5m', healthWeights.p95Seconds) },
  { record: 'swarm:health_lost:resources', expr: lost('swarm:resource_utilization:max', healthWeights.resources) },
  {
    // An unknown part costs nothing; a fleet without runs has 100
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

/**
 * The sum over a fleet: of root executions for jobs that send them, of all executions for the other
 * jobs.
 */
function rootsOrAll(ofRoots: string, ofAgents: string): string {
  return promql`
      sum ${byFleet} (
        sum ${by(...jobLabels)} (${ofRoots})
        or
        sum ${by(...jobLabels)} (${ofAgents})
      )`
}

/** Points that a part costs: none up to `from`, all of its weight from `from + span` on. */
function lost(value: string, { points, from, to }: { points: number; from: number; to: number }): string {
  // Without the rounding error of a subtraction such as 1 - 0.8
  const span = Number((to - from).toPrecision(12))
  return `${points} * clamp((${value} - ${from}) / ${span}, 0, 1)`
}

const { critical, warning } = thresholds.errorRate
const worst = sameFleet((matchers) => `sort_desc(topk(3, sum by (agent_name) (agent:failures:rate5m{${matchers}}) * 300 > 0))`)

/** The swarm as a whole fails too often or is not healthy; the settings file sets the limits. */
export function swarmAlerts(settings: MixinSettings): readonly Alert[] {
  return [
    ...rulesNamed(settings, 'high_error_rate').map((rule) => ({
      ...systemErrors(rule, critical.leastExecutions.system),
      keepFiringForSeconds: keepMutingSeconds,
    })),
    ...rulesNamed(settings, 'elevated_error_rate').map((rule) => systemErrors(rule, warning.leastExecutions.system)),
    ...rulesNamed(settings, 'low_health').map(lowHealth),
  ]
}

function systemErrors({ name, threshold, severity, forSeconds }: AlertRule, leastExecutions: number): Alert {
  return {
    alert: alertNames[name],
    category: 'swarm',
    severity,
    expr: promql`
      swarm:error_ratio:rate5m > ${threshold}
      and ${onFleet}
      swarm:executions:increase10m >= ${leastExecutions}`,
    forSeconds,
    summary: '{{ $value | humanizePercentage }} of the runs of the swarm fail',
    description:
      `{{ $value | humanizePercentage }} of all runs failed in the last 5 minutes; the limit is {{ ${threshold} | humanizePercentage }}.` +
      `{{ with ${worst} }} Most failures:{{ range $i, $_ := . }}{{ if $i }},{{ end }} ` +
      `{{ .Labels.agent_name }} ({{ .Value | printf "%.0f" }}){{ end }}.{{ end }}`,
    identity: fleetLabels,
    chart: {
      title: 'Failed runs of the swarm in 5 minutes',
      unit: 'ratio',
      query: (matchers) => `swarm:error_ratio:rate5m{${matchers}}`,
      limit: threshold,
    },
    dashboard: 'swarm-overview',
  }
}

function lowHealth({ name, threshold, severity, forSeconds }: AlertRule): Alert {
  const lost = (part: string): string => sameFleet((matchers) => `swarm:health_lost:${part}{${matchers}} >= 0.5`)
  const points = (words: string, part: string): string =>
    `{{ with ${lost(part)} }} ${words} {{ . | first | value | printf "%.0f" }} points.{{ end }}`
  return {
    alert: alertNames[name],
    category: 'swarm',
    severity,
    expr: promql`
      swarm:health_score < ${threshold}
      and ${onFleet}
      swarm:executions:increase10m >= ${critical.leastExecutions.system}`,
    forSeconds,
    summary: 'The health score of the swarm is {{ $value | printf "%.0f" }} of 100',
    description:
      `The health score is {{ $value | printf "%.0f" }}; the limit is ${threshold}.` +
      points('Errors cost', 'error_rate') +
      points('Slow runs cost', 'p95') +
      points('CPU or memory costs', 'resources'),
    identity: fleetLabels,
    chart: {
      title: 'Health score of the swarm',
      unit: 'number',
      query: (matchers) => `swarm:health_score{${matchers}}`,
      limit: threshold,
    },
    dashboard: 'swarm-overview',
  }
}
