import { alertNames, type AlertRule, thresholds } from '@swarmwatch/config'
import { executionBuckets } from '@swarmwatch/sdk/names'

import { sameAgent } from '../annotations.ts'
import { type Buckets, histogramReads, type Observations } from '../histograms.ts'
import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { byAgent, agentLabels, label, onAgent, series } from '../series.ts'
import { type MixinSettings, rulesNamed } from '../settings.ts'

const { leastSeconds, leastRuns, unknownSeconds } = thresholds.stuckRun.warning
const succeeded = `{${label.outcome}="success"}`
const longest = Math.max(...executionBuckets)
/** Ten-minute steps of the last week: a query over the raw samples of a week would read a thousand times as many. */
const week = '[7d:10m]'
const durations = 'agent:execution_duration_seconds'
const sums = 'agent:execution_duration_seconds_sum:increase10m'
const counts = 'agent:execution_duration_seconds_count:increase10m'
const runs = `sum_over_time(${counts}${week})`

/** The usual duration of an agent, and the time without progress after which one of its runs is stuck. */
export function stuckRunRecordings(settings: MixinSettings): RuleGroup {
  const read = histogramReads(settings.histograms)
  const successes: Observations = { over: 'increase', histogram: series.executionDuration, matchers: succeeded, range: '[10m]' }
  const recorded = (buckets: Buckets, matcher = ''): string =>
    `sum_over_time(${buckets.of(durations)}:increase10m${matcher}${week})`
  const p99 = read.quantile(0.99, (buckets) => `sum ${buckets.by(...agentLabels)} (${recorded(buckets)})`, {
    labels: agentLabels,
    histogram: `${durations}:increase10m`,
    seconds: 302_400,
  })
  return {
    name: 'usual-durations',
    intervalSeconds: 120,
    rules: [
      ...read.buckets.map((buckets) => ({
        record: `${buckets.of(durations)}:increase10m`,
        expr: promql`
        sum ${buckets.by(...agentLabels)} (
          increase(${buckets.of(series.executionDuration)}${succeeded}[10m])
        )`,
      })),
      {
        record: sums,
        expr: read.sum(agentLabels, successes),
      },
      {
        record: counts,
        expr: read.count(agentLabels, successes),
      },
      {
        // Where more than 1% of the runs are longer than the last bucket, their mean is the estimate: the sum of all durations divided by
        // their number is at least that
        record: 'agent:execution_duration_seconds:p99_7d',
        expr: promql`
        ${p99} < ${longest}
        or ${onAgent}
        sum_over_time(${sums}${week})
          / (${runs} - ${read.within(agentLabels, longest, recorded)} > 0)`,
      },
      {
        record: 'agent:stuck_after_seconds:p99_7d',
        expr: promql`
        clamp_min(
          ${rulesNamed(settings, 'stuck_run')[0]?.threshold ?? thresholds.stuckRun.warning.timesUsual} * agent:execution_duration_seconds:p99_7d,
          ${leastSeconds}
        )
        and ${onAgent}
        ${runs} >= ${leastRuns}
        or ${onAgent}
        ${unknownSeconds} + 0 * max ${byAgent} (${series.lastProgress})`,
      },
    ],
  }
}

const usual = sameAgent((matchers) => `agent:execution_duration_seconds:p99_7d{${matchers}}`)
// By OTLP, a series that has ended is found for five more minutes
const worst = sameAgent(
  (matchers) => `sort_desc(topk(3, ${series.stuckRun}{${matchers}} and (time() - timestamp(${series.stuckRun}) < 90)))`,
)

/** A run makes no progress. */
export function stuckRunAlerts(settings: MixinSettings): readonly Alert[] {
  return rulesNamed(settings, 'stuck_run').map(runStuck)
}

function runStuck({ name, severity, forSeconds }: AlertRule): Alert {
  return {
    alert: alertNames[name],
    category: 'agent',
    severity,
    expr: promql`
      max ${byAgent} (${series.lastProgress})
      > ${onAgent}
      max ${byAgent} (last_over_time(agent:stuck_after_seconds:p99_7d[10m]))`,
    forSeconds,
    summary: 'A run of {{ $labels.agent_name }} has made no progress for {{ $value | humanizeDuration }}',
    description:
      'A run of {{ $labels.agent_name }} ({{ $labels.job }}) has made no progress for {{ $value | humanizeDuration }}' +
      `{{ with ${usual} }}; 99% of its runs end within {{ . | first | value | humanizeDuration }}{{ end }}.` +
      `{{ range ${worst} }} Run {{ .Labels.${label.executionId} }} in {{ .Labels.instance }}: ` +
      `{{ .Value | humanizeDuration }} since "{{ .Labels.${label.lastStep} }}".{{ end }}`,
    identity: agentLabels,
    runs: 'any',
    chart: {
      title: 'Longest time without progress of a run',
      unit: 'seconds',
      query: (matchers) => `max(${series.lastProgress}{${matchers}})`,
    },
    dashboard: 'agent-detail',
  }
}
