import { alertNames, type AlertRule, thresholds } from '@swarmwatch/config'

import { sameFleet } from '../annotations.ts'
import { duration, promql } from '../promql.ts'
import { type Alert, outlastsMuted, type Recording } from '../rule.ts'
import { by, byFleet, failed, finished, fleetLabels, label, onFleet, series } from '../series.ts'
import { type MixinSettings, rulesNamed } from '../settings.ts'

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

const { critical, warning } = thresholds.errorRate
const worst = sameFleet((matchers) => `sort_desc(topk(3, sum by (agent_name) (agent:failures:rate5m{${matchers}}) * 300 > 0))`)

/** The swarm as a whole fails too often or is not well; the settings file decides when. */
export function swarmAlerts(settings: MixinSettings): readonly Alert[] {
  return [
    ...rulesNamed(settings, 'high_error_rate').map((rule) => ({
      ...systemErrors(rule, critical.leastExecutions.system),
      keepFiringForSeconds: outlastsMuted,
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
    summary: 'The swarm fails {{ $value | humanizePercentage }} of its runs',
    description:
      `{{ $value | humanizePercentage }} of all runs failed in the last 5 minutes; {{ ${threshold} | humanizePercentage }} is the limit.` +
      `{{ with ${worst} }} Most failures:{{ range $i, $_ := . }}{{ if $i }},{{ end }} ` +
      `{{ .Labels.agent_name }} ({{ .Value | printf "%.0f" }}){{ end }}.{{ end }}`,
    identity: fleetLabels,
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
    summary: 'The health of the swarm is {{ $value | printf "%.0f" }} of 100',
    description:
      `The health score is {{ $value | printf "%.0f" }}; ${threshold} is the limit.` +
      points('Errors cost', 'error_rate') +
      points('Slowness costs', 'p95') +
      points('CPU or memory costs', 'resources'),
    identity: fleetLabels,
    dashboard: 'swarm-overview',
  }
}
