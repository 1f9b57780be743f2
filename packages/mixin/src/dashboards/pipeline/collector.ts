import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { Panel, PanelQuery, Row } from '../panel.ts'

/** The Collector: what comes in, what goes out, what is lost. */
export const collector: Row = {
  title: 'Collector',
  panels: [
    {
      shows: 'graph',
      title: 'How much does the Collector take in?',
      description: 'Metric points and spans per second that it accepted from agents.',
      unit: 'ops',
      queries: {
        points: perSecond('otelcol_receiver_accepted_metric_points_total', 'receiver', 'metric points'),
        spans: perSecond('otelcol_receiver_accepted_spans_total', 'receiver', 'spans'),
      },
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How much does it pass on?',
      description:
        'Metric points and spans per second that Prometheus and the trace store took. It should be as much as comes in.',
      unit: 'ops',
      queries: {
        points: perSecond('otelcol_exporter_sent_metric_points_total', 'exporter', 'metric points to {{exporter}}'),
        spans: perSecond('otelcol_exporter_sent_spans_total', 'exporter', 'spans to {{exporter}}'),
      },
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How full are its queues?',
      description: 'What waits for each exporter, of what its queue on disk holds. CollectorExporterQueueFilling tells people.',
      unit: 'percentunit',
      queries: { fill: { expr: 'collector:queue_fill:ratio', legend: '{{exporter}} {{data_type}}' } },
      limits: limits.queueFill,
      min: 0,
      max: 1,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Does it refuse data?',
      description: 'Items per second that it turned away: its memory limit, or a full queue. CollectorRefusingData tells people.',
      unit: 'ops',
      queries: {
        points: orNone(
          'otelcol_receiver_refused_metric_points_total',
          'otelcol_receiver_accepted_metric_points_total',
          'receiver',
          'metric points',
        ),
        spans: orNone('otelcol_receiver_refused_spans_total', 'otelcol_receiver_accepted_spans_total', 'receiver', 'spans'),
      },
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Does it lose data?',
      description: 'Items per second that were given up, or found the queue full. CollectorDroppingData tells people.',
      unit: 'ops',
      queries: Object.fromEntries(
        ['metric_points', 'spans'].flatMap((signal) =>
          ['send_failed', 'enqueue_failed'].map((way): [string, PanelQuery] => [
            `${way}_${signal}`,
            orNone(
              `otelcol_exporter_${way}_${signal}_total`,
              'otelcol_exporter_queue_capacity',
              'exporter',
              `${signal} {{exporter}} ${way}`,
            ),
          ]),
        ),
      ),
      min: 0,
      span: 8,
    },
    memory(),
  ],
}

function memory(): Panel {
  return {
    shows: 'graph',
    title: 'How much memory does it take?',
    description: 'Resident memory. From 80% of its limit on it refuses data.',
    unit: 'bytes',
    queries: { memory: { expr: 'otelcol_process_memory_rss_bytes', legend: '{{instance}}' } },
    min: 0,
    span: 8,
  }
}

function perSecond(counter: string, label: string, legend: string): PanelQuery {
  return {
    expr: promql`
      sum by (${label}) (
        rate(${counter}[$__rate_interval])
      )`,
    legend,
  }
}

/** Such a counter is born with the first loss: before that it is 0 where another series is. */
function orNone(counter: string, present: string, label: string, legend: string): PanelQuery {
  return {
    expr: promql`
      sum by (${label}) (
        rate(${counter}[$__rate_interval])
      )
      or
      0 * group by (${label}) (${present})`,
    legend,
  }
}
