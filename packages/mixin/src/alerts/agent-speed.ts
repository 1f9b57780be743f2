import { alertNames, type AlertRule, thresholds } from '@swarmwatch/config'

import { sameAgent } from '../annotations.ts'
import { promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { agentLabels, byAgent, onAgent, series } from '../series.ts'
import { rulesNamed, type MixinSettings } from '../settings.ts'

const waiting = sameAgent((matchers) => `agent:waiting_ratio:rate5m{${matchers}} >= 0`)

/** An agent is slow, tries everything twice, or does not come to an end. */
export function agentSpeedAlerts(settings: MixinSettings): readonly Alert[] {
  return [...rulesNamed(settings, 'slow_response').map(slow), retriesHigh(), stuck()]
}

function slow({ name, threshold, severity, forSeconds }: AlertRule): Alert {
  return {
    alert: alertNames[name],
    category: 'agent',
    severity,
    expr: promql`
      agent:execution_duration_seconds:p95_5m > ${threshold}
      and ${onAgent}
      agent:executions:increase10m >= ${thresholds.slowResponse.warning.leastExecutions}`,
    forSeconds,
    summary: '{{ $labels.agent_name }} takes up to {{ $value | humanizeDuration }}',
    description:
      `95% of the runs of {{ $labels.agent_name }} ({{ $labels.job }}) end within {{ $value | humanizeDuration }}; ` +
      `{{ ${threshold} | humanizeDuration }} is the limit.` +
      `{{ with ${waiting} }} {{ . | first | value | humanizePercentage }} of that time it was waiting to try again.{{ end }}`,
    identity: agentLabels,
    dashboard: 'agent-detail',
  }
}

function retriesHigh(): Alert {
  const { above, forSeconds, leastAttempts } = thresholds.retries.warning
  return {
    alert: 'AgentRetriesHigh',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:retry_ratio:rate5m > ${above}
      and ${onAgent}
      agent:attempts:increase10m >= ${leastAttempts}`,
    forSeconds,
    summary: '{{ $value | humanizePercentage }} of the attempts of {{ $labels.agent_name }} are retries',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) tries most things again: {{ $value | humanizePercentage }} of its attempts in the ' +
      `last 5 minutes were retries; {{ ${above} | humanizePercentage }} is the limit. Runs may still succeed, but late and at a higher cost.`,
    identity: agentLabels,
    dashboard: 'agent-detail',
  }
}

function stuck(): Alert {
  const { idleSeconds, forSeconds } = thresholds.stuckExecutions.warning
  const idle = `${idleSeconds / 60}m`
  return {
    alert: 'AgentStuckExecutions',
    category: 'agent',
    severity: 'warning',
    // Active now, then, and all the time between; a process that is gone has no series now
    expr: promql`
      sum ${byAgent} (
        min_over_time(${series.activeExecutions}[${idle}])
        and
        ${series.activeExecutions}
        and
        ${series.activeExecutions} offset ${idle}
      ) > 0
      unless ${onAgent}
      sum ${byAgent} (increase(${series.executions}[${idle}])) > 0`,
    forSeconds,
    summary: '{{ $labels.agent_name }} has {{ $value }} runs under way and finishes none',
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}) has had {{ $value }} runs under way for over ${idleSeconds / 60} minutes, ` +
      'and none has finished in that time.',
    identity: agentLabels,
    dashboard: 'agent-detail',
  }
}
