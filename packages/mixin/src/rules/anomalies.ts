import { sameAgent } from '../annotations.ts'
import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels } from '../series.ts'
import type { MixinSettings } from '../settings.ts'
import { limitRecordings } from './anomaly-limits.ts'
import { counts, means, onSignal, signalRecordings } from './anomaly-signals.ts'
import { spreadRecordings } from './anomaly-spread.ts'
import { levelRecordings, smoothed, usualRecordings } from './anomaly-usual.ts'

const { anomaly, drift } = ruleThresholds

/**
 * The usual range of the signals of each agent: the same hour of the last four weeks, and of the days
 * of the same kind in the last week.
 */
export const anomalyRecordings = (settings: MixinSettings): readonly RuleGroup[] => [
  {
    name: 'anomalies',
    intervalSeconds: 120,
    rules: [...signalRecordings(settings), ...usualRecordings, ...limitRecordings, smoothed],
  },
  { name: 'anomaly-spread', intervalSeconds: 1_800, rules: [...levelRecordings, ...spreadRecordings] },
]

const usually = sameAgent((matchers) => `agent:anomaly_usual_high:recent{signal="%s", ${matchers}}`).replace(
  '` ',
  '` $labels.signal ',
)

/**
 * A signal of an agent is outside its usual range. For information: it never wakes the on-call
 * engineer. The number of runs is counted over a longer time and needs to remain so for a shorter one.
 */
export const agentAnomalies: readonly Alert[] = [
  // promtool takes two alerts of one name for duplicates unless their own labels differ; the expression has this label, too
  { ...unusual(counts, anomaly.windowMinutes, anomaly.forSeconds.executions), labels: { signal: 'executions' } },
  unusual('signal!="executions"', 15, anomaly.forSeconds.others),
]

function unusual(signal: string, minutes: number, forSeconds: number): Alert {
  return {
    alert: 'AgentAnomaly',
    category: 'agent',
    severity: 'info',
    expr: `agent:anomaly_outside:recent{${signal}}`,
    forSeconds,
    keepFiringForSeconds: 1_800,
    summary: '{{ $labels.signal }} of {{ $labels.agent_name }} is unusual',
    description:
      `{{ $labels.signal }} of {{ $labels.agent_name }} ({{ $labels.job }}) in the last ${minutes} minutes: {{ $value | humanize }}.` +
      `{{ with ${usually} }} Usual at this hour of the week: {{ . | first | value | humanize }}.{{ end }}`,
    identity: [...agentLabels, 'signal'],
    runs: 'any',
    dashboard: 'agent-detail',
  }
}

function moved(signal: string, times: number): string {
  const level = `last_over_time(agent:anomaly_level:4d{${signal}}[65m])`
  return promql`
    ${level} > ${times}
    or
    ${level} < ${1 / times}`
}

/** A signal has moved away slowly, so that it was never unusual at once. */
export const agentDrift: Alert = {
  alert: 'AgentDrift',
  category: 'agent',
  severity: 'info',
  expr: promql`
    (
      ${moved(counts, drift.times.executions)}
      or
      ${moved(means, drift.times.others)}
    )
    and ${onSignal}
    agent:anomaly_normal:recent offset 14d`,
  forSeconds: drift.forSeconds,
  keepFiringForSeconds: 3_600,
  summary: '{{ $labels.signal }} of {{ $labels.agent_name }} has moved to {{ $value | humanizePercentage }} of its usual value',
  description:
    '{{ $labels.signal }} of {{ $labels.agent_name }} ({{ $labels.job }}) was {{ $value | humanizePercentage }} of the same hours of the last ' +
    'four weeks, over four days.',
  identity: [...agentLabels, 'signal'],
  runs: 'any',
  dashboard: 'agent-detail',
}
