import { promql } from '../promql.ts'
import type { Alert, Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { jobIs, scraped, service } from '../series.ts'

/**
 * How full the storage of Prometheus is, how full it will be, and how fast its number of series
 * grows.
 */
export const prometheusRecordings: readonly Recording[] = [
  {
    record: 'prometheus:storage_fill:ratio',
    expr: promql`
      prometheus_tsdb_storage_blocks_bytes{${jobIs.prometheus}}
        / (prometheus_tsdb_retention_limit_bytes{${jobIs.prometheus}} > 0)`,
  },
  {
    // Blocks are written every two hours and merged later: a trend of less than a day would follow
    // the last block
    record: 'prometheus:storage_fill:ratio_in_1d',
    expr: promql`
      predict_linear(prometheus:storage_fill:ratio{${jobIs.prometheus}}[1d], 86400)
      and
      present_over_time(prometheus:storage_fill:ratio{${jobIs.prometheus}}[2h] offset 22h)`,
  },
  {
    record: 'prometheus:head_series:growth_1d',
    expr: promql`
      prometheus_tsdb_head_series{${jobIs.prometheus}}
        / (prometheus_tsdb_head_series{${jobIs.prometheus}} offset 1d > 0)`,
  },
]

const { diskFull } = ruleThresholds.capacity
const identity = ['job', 'instance']
// Without one of these, no alert arrives; the bridge has its own alerts
const needed = [service.collector, service.prometheus, service.alertmanager].join('|')
const rest = { category: 'pipeline', identity, dashboard: 'pipeline' } as const

/** Prometheus and Alertmanager themselves have a problem. */
export const prometheusAlerts: readonly Alert[] = [
  targetDown('critical', `job=~"${needed}"`, 'Alerts may not fire or not be delivered.'),
  targetDown('warning', `job!~"${needed}|${service.bridge}", ${scraped}`, 'Metrics and alerts continue without it.'),
  {
    ...rest,
    alert: 'PrometheusRuleFailures',
    severity: 'critical',
    expr: `sum by (job, instance, rule_group) (increase(prometheus_rule_evaluation_failures_total{${jobIs.prometheus}}[5m])) > 0`,
    forSeconds: 300,
    summary: 'Rules of Prometheus fail',
    description:
      'Rules of {{ $labels.rule_group | reReplaceAll ".*;" "" }} could not be evaluated {{ $value | printf "%.0f" }} times in the last ' +
      '5 minutes. Alerts that depend on them cannot fire.',
    identity: [...identity, 'rule_group'],
  },
  {
    ...rest,
    alert: 'PrometheusBadConfig',
    severity: 'critical',
    expr: `max_over_time(prometheus_config_last_reload_successful{${jobIs.prometheus}}[5m]) == 0`,
    forSeconds: 300,
    summary: 'Prometheus uses an old configuration',
    description: 'Prometheus {{ $labels.instance }} could not load its new configuration and keeps the previous one.',
  },
  {
    ...rest,
    alert: 'PrometheusNotConnectedToAlertmanager',
    severity: 'critical',
    expr: `max_over_time(prometheus_notifications_alertmanagers_discovered{${jobIs.prometheus}}[5m]) < 1`,
    forSeconds: 300,
    summary: 'Prometheus has no Alertmanager',
    description: 'Prometheus {{ $labels.instance }} has no Alertmanager to send alerts to: no one is notified of any alert.',
  },
  {
    ...rest,
    alert: 'AlertmanagerFailedReload',
    severity: 'critical',
    expr: `max_over_time(alertmanager_config_last_reload_successful{${jobIs.alertmanager}}[5m]) == 0`,
    forSeconds: 300,
    summary: 'Alertmanager uses an old configuration',
    description: 'Alertmanager {{ $labels.instance }} could not load its new configuration and keeps the previous one.',
  },
  {
    ...rest,
    alert: 'AlertDeliveryFailing',
    severity: 'critical',
    expr: promql`
      sum by (job, instance, integration) (
        rate(alertmanager_notifications_failed_total{${jobIs.alertmanager}}[5m])
      )
        / (sum by (job, instance, integration) (
          rate(alertmanager_notifications_total{${jobIs.alertmanager}}[5m])
        ) > 0)
        > ${ruleThresholds.notifications.failedAbove}`,
    forSeconds: 300,
    summary: 'Alertmanager cannot deliver notifications by {{ $labels.integration }}',
    description:
      '{{ $value | humanizePercentage }} of the notifications by {{ $labels.integration }} failed in the last 5 minutes.',
    identity: [...identity, 'integration'],
  },
  {
    ...rest,
    alert: 'OtlpRejectedSamples',
    severity: 'warning',
    expr: ['too_old', 'out_of_order', 'out_of_bound']
      .map((reason) => `sum by (job, instance) (rate(prometheus_tsdb_${reason}_samples_total{${jobIs.prometheus}}[5m])) > 0`)
      .join('\nor\n'),
    forSeconds: 900,
    summary: 'Prometheus rejects samples',
    description:
      'Prometheus {{ $labels.instance }} rejects {{ $value | printf "%.1f" }} samples per second as too old or out of order: a Collector ' +
      'was unreachable for longer than the window, a clock is wrong, or two processes share one service.instance.id.',
  },
  {
    ...rest,
    alert: 'MetricCardinalityOverflow',
    severity: 'warning',
    expr: 'count by (job) ({otel_metric_overflow="true"}) > 0',
    forSeconds: 600,
    summary: '{{ $labels.job }} has too many label values',
    description:
      'In {{ $value }} metrics of {{ $labels.job }}, a label has more values than the SDK allows; the SDK counts the other values together.',
    identity: ['job'],
  },
  {
    ...rest,
    alert: 'PrometheusHistoryShrinking',
    severity: 'info',
    expr: promql`
      prometheus:storage_fill:ratio{${jobIs.prometheus}} > ${diskFull.fullerThan}
      and
      prometheus:storage_fill:ratio_in_1d{${jobIs.prometheus}} > 1`,
    forSeconds: diskFull.forSeconds,
    summary: 'The storage of Prometheus is {{ $value | humanizePercentage }} full',
    description:
      'Prometheus {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its storage limit and will reach it within a day. ' +
      'From then on, it keeps less than 36 days of history.',
  },
]

function targetDown(severity: 'critical' | 'warning', jobs: string, consequence: string): Alert {
  return {
    ...rest,
    alert: 'TargetDown',
    severity,
    expr: `avg_over_time(up{${jobs}}[5m]) < 0.5`,
    forSeconds: 120,
    summary: '{{ $labels.job }} is down',
    description:
      'Prometheus could not reach {{ $labels.job }} at {{ $labels.instance }} most of the time in the last 5 minutes. ' +
      consequence,
  }
}
