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

/** The Collector drops, queues or refuses what agents send. */
export const collectorAlerts: readonly Alert[] = [
  dropping('critical', 'metric_points', 'metric points', 'They are permanently missing from dashboards and alerts.'),
  dropping('warning', 'spans', 'spans', 'Traces are incomplete; metrics and alerts are not affected.'),
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
      'The Collector {{ $labels.instance }} cannot send {{ $labels.data_type }} to {{ $labels.exporter }} as fast as they arrive; ' +
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
    summary: 'The Collector refuses {{ $value | printf "%.1f" }} items per second',
    description:
      'The Collector {{ $labels.instance }} refused {{ $value | printf "%.1f" }} items per second at {{ $labels.receiver }} in the last ' +
      '5 minutes, because of its memory limit or a full queue. Agents retry for a while, then they lose the data.',
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

/**
 * These counters exist only from their first failure on, and increase() does not see that first
 * value.
 */
function grownOrBorn(counter: string): string {
  return promql`
    (increase(${counter}[5m]) > 0)
    or
    (${counter} unless ${counter} offset 5m)`
}
