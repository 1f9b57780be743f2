import { alertNames, type AlertRule, thresholds } from '@swarmwatch/config'

import { sameFleet } from '../annotations.ts'
import { promql } from '../promql.ts'
import { type Alert, outlastsMuted } from '../rule.ts'
import { fleetLabels, onFleet } from '../series.ts'
import { rulesNamed, type MixinSettings } from '../settings.ts'

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
