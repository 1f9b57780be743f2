import { promql } from '../promql.ts'
import type { Alert, Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { jobIs } from '../series.ts'

/** How full the queues of the Collector are, and how full they will be. */
export const collectorRecordings: readonly Recording[] = [
  {
    record: 'collector:queue_fill:ratio',
    expr: promql`
      max by (job, instance, exporter, data_type) (otelcol_exporter_queue_size{${jobIs.collector}})
        / max by (job, instance, exporter, data_type) (otelcol_exporter_queue_capacity{${jobIs.collector}})`,
  },
  {
    record: 'collector:queue_fill:ratio_in_30m',
    expr: `predict_linear(collector:queue_fill:ratio{${jobIs.collector}}[15m], 1800)`,
  },
]

const { queueFull } = ruleThresholds.capacity
const identity = ['job', 'instance', 'exporter']
const rest = { category: 'pipeline', dashboard: 'pipeline' } as const

/** The Collector loses, refuses or hoards what agents send. */
export const collectorAlerts: readonly Alert[] = [
  dropping('critical', 'metric_points', 'metric points', 'Dashboards and alerts miss them for good.'),
  dropping('warning', 'spans', 'spans', 'Traces are incomplete; metrics and alerts are not touched.'),
  {
    ...rest,
    alert: 'CollectorExporterQueueFilling',
    severity: 'warning',
    expr: promql`
      collector:queue_fill:ratio{${jobIs.collector}} > ${queueFull.fullerThan}
      or
      (
        collector:queue_fill:ratio{${jobIs.collector}} > ${queueFull.fillingFrom}
        and
        collector:queue_fill:ratio_in_30m{${jobIs.collector}} > 1
      )`,
    forSeconds: queueFull.forSeconds,
    summary: 'The queue to {{ $labels.exporter }} is {{ $value | humanizePercentage }} full',
    description:
      'The Collector {{ $labels.instance }} cannot pass {{ $labels.data_type }} on to {{ $labels.exporter }} as fast as they come; ' +
      'its queue is {{ $value | humanizePercentage }} full. When it is full, data is dropped.',
    identity: [...identity, 'data_type'],
  },
  {
    ...rest,
    alert: 'CollectorRefusingData',
    severity: 'warning',
    expr: promql`
      sum by (job, instance, receiver) (
        rate(otelcol_receiver_refused_metric_points_total{${jobIs.collector}}[5m])
      ) > 0
      or
      sum by (job, instance, receiver) (
        rate(otelcol_receiver_refused_spans_total{${jobIs.collector}}[5m])
      ) > 0`,
    forSeconds: 300,
    summary: 'The Collector refuses data: {{ $value | printf "%.1f" }} items a second',
    description:
      'The Collector {{ $labels.instance }} turned away {{ $value | printf "%.1f" }} items a second at {{ $labels.receiver }} in the last ' +
      '5 minutes: its memory limit or a full queue. Agents try again for a while, then lose them.',
    identity: ['job', 'instance', 'receiver'],
  },
]

function dropping(severity: 'critical' | 'warning', signal: string, words: string, consequence: string): Alert {
  return {
    ...rest,
    alert: 'CollectorDroppingData',
    severity,
    expr: promql`
      sum by (job, instance, exporter) (
        ${grownOrBorn(`otelcol_exporter_send_failed_${signal}_total{${jobIs.collector}}`)}
      ) > 0
      or
      sum by (job, instance, exporter) (
        ${grownOrBorn(`otelcol_exporter_enqueue_failed_${signal}_total{${jobIs.collector}}`)}
      ) > 0`,
    forSeconds: 60,
    keepFiringForSeconds: 300,
    summary: `The Collector dropped ${words} for {{ $labels.exporter }}`,
    description:
      `The Collector {{ $labels.instance }} dropped {{ $value | printf "%.0f" }} ${words} for {{ $labels.exporter }} in the last 5 minutes. ` +
      consequence,
    identity,
  }
}

/** These counters are born with their first failure, and increase() does not see a birth. */
function grownOrBorn(counter: string): string {
  return promql`
    (increase(${counter}[5m]) > 0)
    or
    (${counter} unless ${counter} offset 5m)`
}
