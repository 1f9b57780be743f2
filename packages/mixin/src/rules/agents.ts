import { alertNames, type AlertRule, thresholds } from '@swarmwatch/config'

import { sameAgent } from '../annotations.ts'
import { histogramReads } from '../histograms.ts'
import { duration, promql } from '../promql.ts'
import { type Alert, keepMutingSeconds, type Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, failed, finished, fleetLabels, label, onAgent, series } from '../series.ts'
import { type MixinSettings, rulesNamed } from '../settings.ts'

const window = duration(thresholds.healthWindowSeconds)
const traffic = duration(thresholds.trafficWindowSeconds)

/** Runs of each agent: rate, failures, duration, retries. */
export function agentRecordings({ histograms }: MixinSettings): readonly Recording[] {
  const read = histogramReads(histograms)
  return [
    {
      record: 'agent:executions:rate5m',
      expr: promql`
      sum ${byAgent} (
        rate(${series.executions}${finished}[${window}])
      )`,
    },
    {
      // An agent that never failed has the value 0 instead of no value
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
      // Without runs the percentile is NaN: the comparison removes it
      record: 'agent:execution_duration_seconds:p95_5m',
      expr: `${read.quantile(
        0.95,
        (buckets) => promql`
        sum ${buckets.by(...agentLabels)} (
          rate(${buckets.of(series.executionDuration)}${finished}[${window}])
        )`,
        { labels: agentLabels, histogram: series.executionDuration, seconds: thresholds.healthWindowSeconds / 2 },
      )} >= 0`,
    },
    {
      record: 'agent:execution_duration_seconds:mean_5m',
      expr: promql`
      ${read.sum(agentLabels, { over: 'rate', histogram: series.executionDuration, matchers: finished, range: `[${window}]` })}
        / (agent:executions:rate5m > 0)`,
    },
    {
      // A wait counts when it ends, and so does a run: for a moment the waits can exceed the runs
      record: 'agent:waiting_ratio:rate5m',
      expr: promql`
      clamp_max(
        ${read.sum(agentLabels, { over: 'rate', histogram: series.retryWait, range: `[${window}]` })}
          / (${read.sum(agentLabels, { over: 'rate', histogram: series.executionDuration, range: `[${window}]` })} > 0),
        1
      )`,
    },
    {
      record: 'agent:attempts:increase10m',
      expr: read.count(agentLabels, { over: 'increase', histogram: series.attemptDuration, range: `[${traffic}]` }),
    },
    {
      record: 'agent:retry_ratio:rate5m',
      expr: promql`
      clamp_max(
        sum ${byAgent} (
          rate(${series.retries}[${window}])
        )
          / (${read.count(agentLabels, { over: 'rate', histogram: series.attemptDuration, range: `[${window}]` })} > 0),
        1
      )`,
    },
  ]
}

const { critical, warning } = thresholds.errorRate
const reasons = sameAgent((matchers) => `topk(2, sum by (error_type) (rate(${series.failures}{${matchers}}[10m])) > 0)`)

/** An agent fails too often. */
export const agentErrorAlerts: readonly Alert[] = [
  { ...agentErrors('AgentErrorRateCritical', 'critical', critical), keepFiringForSeconds: keepMutingSeconds },
  agentErrors('AgentErrorRateWarning', 'warning', warning),
]

function agentErrors(
  alert: string,
  severity: 'critical' | 'warning',
  { above, forSeconds, leastExecutions }: ErrorRateLimit,
): Alert {
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
      `the limit is {{ ${above} | humanizePercentage }}.` +
      `{{ with ${reasons} }} Errors:{{ range $i, $_ := . }}{{ if $i }},{{ end }} {{ .Labels.error_type }}{{ end }}.{{ end }}`,
    identity: agentLabels,
    chart: {
      title: 'Failed runs in 5 minutes',
      unit: 'ratio',
      query: (matchers) => `agent:error_ratio:rate5m{${matchers}}`,
      limit: above,
    },
    dashboard: 'agent-detail',
  }
}

interface ErrorRateLimit {
  readonly above: number
  readonly forSeconds: number
  readonly leastExecutions: { readonly agent: number }
}

const waiting = sameAgent((matchers) => `agent:waiting_ratio:rate5m{${matchers}} >= 0`)

/** An agent is slow, retries too much, or its runs do not end. */
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
    summary: 'Runs of {{ $labels.agent_name }} take up to {{ $value | humanizeDuration }}',
    description:
      `95% of the runs of {{ $labels.agent_name }} ({{ $labels.job }}) end within {{ $value | humanizeDuration }}; ` +
      `the limit is {{ ${threshold} | humanizeDuration }}.` +
      `{{ with ${waiting} }} {{ . | first | value | humanizePercentage }} of that time was waiting before a retry.{{ end }}`,
    identity: agentLabels,
    runs: 'slow',
    chart: {
      title: 'Duration of runs, 95th percentile',
      unit: 'seconds',
      query: (matchers) => `agent:execution_duration_seconds:p95_5m{${matchers}}`,
      limit: threshold,
    },
    dashboard: 'agent-detail',
  }
}

function retriesHigh(): Alert {
  const { above, forSeconds, leastAttempts } = ruleThresholds.retries
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
      '{{ $labels.agent_name }} ({{ $labels.job }}) retries most of its work: {{ $value | humanizePercentage }} of its attempts in the ' +
      `last 5 minutes were retries; the limit is {{ ${above} | humanizePercentage }}. Runs may still succeed, but later and at a higher cost.`,
    identity: agentLabels,
    runs: 'retried',
    chart: {
      title: 'Attempts that are retries',
      unit: 'ratio',
      query: (matchers) => `agent:retry_ratio:rate5m{${matchers}}`,
      limit: above,
    },
    dashboard: 'agent-detail',
  }
}

function stuck(): Alert {
  const { idleSeconds, forSeconds } = ruleThresholds.stuckExecutions
  const idle = `${idleSeconds / 60}m`
  return {
    alert: 'AgentStuckExecutions',
    category: 'agent',
    severity: 'warning',
    // Active now, at the start, and all the time in between; a process that has ended has no series
    // now. Paused runs may wait for days
    expr: promql`
      (
        sum ${byAgent} (
          min_over_time(${series.activeExecutions}[${idle}])
          and
          ${series.activeExecutions}
          and
          ${series.activeExecutions} offset ${idle}
        )
        - ${onAgent}
        (
          sum ${byAgent} (max_over_time(${series.paused}[${idle}]))
          or
          0 * sum ${byAgent} (${series.activeExecutions})
        )
      ) > 0
      unless ${onAgent}
      sum ${byAgent} (increase(${series.executions}[${idle}])) > 0`,
    forSeconds,
    summary: '{{ $labels.agent_name }} has {{ $value }} active runs and finishes none',
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}) has had {{ $value }} active runs for more than ${idleSeconds / 60} minutes, ` +
      'and no run finished in that time.',
    identity: agentLabels,
    runs: 'any',
    chart: { title: 'Active runs', unit: 'number', query: (matchers) => `sum(${series.activeExecutions}{${matchers}})` },
    dashboard: 'agent-detail',
  }
}

const { trafficStopped, telemetryAbsent } = ruleThresholds
const jobLabels = [label.job, ...fleetLabels]
const seenWithin = duration(telemetryAbsent.seenWithinSeconds)

/**
 * No run for so long, although one of the last two weeks had some at this time, and also before and
 * after it. An agent that was removed does not count for long: yesterday it had no runs either, while
 * the day before that week's time had.
 */
function stoppedFor(seconds: number): string {
  const runs = (back: number): string =>
    `sum ${byAgent} (increase(${series.executions}[${duration(seconds)}]${back === 0 ? '' : ` offset ${duration(back)}`}))`
  const day = 86_400
  const busy = (back: number): string => promql`
    ${runs(back)} > ${trafficStopped.leastExecutions}
    and
    ${runs(back + seconds)} > ${trafficStopped.leastExecutions}
    and
    ${runs(back - seconds)} > ${trafficStopped.leastExecutions}
    unless
    (
      ${runs(back + day)} > 0
      unless
      ${runs(day)} > 0
    )`
  return promql`
    (
      (
        ${busy(7 * day)}
        or
        ${busy(14 * day)}
      )
      unless
      ${runs(0)} > 0
    )`
}

/** An agent or a whole job has become silent. */
export const agentSilenceAlerts: readonly Alert[] = [
  {
    alert: 'AgentTrafficStopped',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      ${stoppedFor(trafficStopped.shortSeconds)}
      or
      ${stoppedFor(trafficStopped.longSeconds)}`,
    forSeconds: trafficStopped.forSeconds,
    keepFiringForSeconds: 900,
    summary: '{{ $labels.agent_name }} has no runs any more',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) finishes no runs; ' +
      'at this time in the last two weeks it finished {{ $value | printf "%.0f" }}.',
    identity: agentLabels,
    runs: 'any',
    chart: {
      title: 'Finished runs in 10 minutes',
      unit: 'number',
      query: (matchers) => `agent:executions:increase10m{${matchers}}`,
    },
    dashboard: 'agent-detail',
  },
  {
    alert: 'AgentTelemetryAbsent',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      group ${by(...jobLabels)} (present_over_time(${series.executions}[${seenWithin}]))
      unless
      group ${by(...jobLabels)} (${series.executions})`,
    forSeconds: telemetryAbsent.forSeconds,
    summary: '{{ $labels.job }} sends no metrics',
    description:
      'No process of {{ $labels.job }} sends metrics, although one did within the last day: the processes are down, or their telemetry ' +
      'does not arrive. No other alert about its agents can fire.',
    identity: jobLabels,
    dashboard: 'swarm-overview',
  },
]
