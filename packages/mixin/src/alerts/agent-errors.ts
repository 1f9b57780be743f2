import { thresholds } from '@swarmwatch/config'

import { sameAgent } from '../annotations.ts'
import { promql } from '../promql.ts'
import { type Alert, outlastsMuted } from '../rule.ts'
import { agentLabels, onAgent, series } from '../series.ts'

const { critical, warning } = thresholds.errorRate
const reasons = sameAgent((matchers) => `topk(2, sum by (error_type) (rate(${series.failures}{${matchers}}[10m])) > 0)`)

/** One agent fails too often. */
export const agentErrorAlerts: readonly Alert[] = [
  { ...agentErrors('AgentErrorRateCritical', 'critical', critical), keepFiringForSeconds: outlastsMuted },
  agentErrors('AgentErrorRateWarning', 'warning', warning),
]

function agentErrors(alert: string, severity: 'critical' | 'warning', { above, forSeconds, leastExecutions }: Limits): Alert {
  return {
    alert,
    category: 'agent',
    severity,
    expr: promql`
      agent:error_ratio:rate5m > ${above}
      and ${onAgent}
      agent:executions:increase10m >= ${leastExecutions.agent}`,
    forSeconds,
    summary: '{{ $labels.agent_name }} fails {{ $value | humanizePercentage }} of its runs',
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}) failed {{ $value | humanizePercentage }} of its runs in the last 5 minutes; ` +
      `{{ ${above} | humanizePercentage }} is the limit.` +
      `{{ with ${reasons} }} Reasons:{{ range $i, $_ := . }}{{ if $i }},{{ end }} {{ .Labels.error_type }}{{ end }}.{{ end }}`,
    identity: agentLabels,
    dashboard: 'agent-detail',
  }
}

interface Limits {
  readonly above: number
  readonly forSeconds: number
  readonly leastExecutions: { readonly agent: number }
}
