import { alertPromises } from '../engines/rule-promises.ts'

const collector = { job: 'otel-collector', instance: 'otel-collector:8888' }
const series = (name: string, more: Record<string, string> = {}): string => {
  const labels = Object.entries({ ...collector, ...more }).map(([label, value]) => `${label}="${value}"`)
  return `${name}{${labels.join(', ')}}`
}
const metrics = { exporter: 'otlp_http/prometheus' }
const traces = { exporter: 'otlp_grpc/traces' }

const dropped = (
  signal: string,
  count: number,
  exporter: string,
  consequence: string,
): { summary: string; description: string } => ({
  summary: `The Collector dropped ${signal} for ${exporter}`,
  description: `The Collector otel-collector:8888 dropped ${count} ${signal} for ${exporter} in the last 5 minutes. ${consequence}`,
})

alertPromises('CollectorDroppingData', {
  'is critical for metrics, and fires on the first value of a new counter': {
    series: { [series('otelcol_exporter_enqueue_failed_metric_points_total', metrics)]: '_x40 20x400' },
    silentAt: ['9m30s', '10m30s'],
    firesAt: {
      '11m': {
        severity: 'critical',
        labels: { ...collector, ...metrics },
        ...dropped('metric points', 20, 'otlp_http/prometheus', 'They are permanently missing from dashboards and alerts.'),
        since: '10m',
      },
    },
  },
  'is a warning for spans': {
    series: { [series('otelcol_exporter_send_failed_spans_total', traces)]: '0x40 0+4x400' },
    firesAt: {
      '20m': {
        severity: 'warning',
        labels: { ...collector, ...traces },
        ...dropped('spans', 80, 'otlp_grpc/traces', 'Traces are incomplete; metrics and alerts are not affected.'),
        since: '10m30s',
      },
    },
  },
  'resolves when nothing is dropped any more': {
    series: { [series('otelcol_exporter_enqueue_failed_metric_points_total', metrics)]: '_x40 20x400' },
    silentAt: ['25m', '40m'],
  },
})

const queue = (size: string): Record<string, string> => ({
  [series('otelcol_exporter_queue_size', { ...metrics, data_type: 'metrics' })]: size,
  [series('otelcol_exporter_queue_capacity', { ...metrics, data_type: 'metrics' })]: '1000x400',
})

alertPromises('CollectorExporterQueueFilling', {
  'fires when a queue has been more than 70 % full for five minutes': {
    series: queue('0x40 800x400'),
    silentAt: ['15m'],
    firesAt: {
      '20m': {
        labels: { ...collector, ...metrics, data_type: 'metrics' },
        summary: 'The queue to otlp_http/prometheus is 80% full',
        description:
          'The Collector otel-collector:8888 cannot send metrics to otlp_http/prometheus as fast as they arrive; ' +
          'its queue is 80% full. When it is full, data is dropped.',
        since: '10m30s',
      },
    },
  },
  'fires earlier when the queue will be full within half an hour': {
    series: queue('0+10x60 600x400'),
    silentAt: ['12m'],
    firesAt: {
      '15m': {
        labels: { ...collector, ...metrics, data_type: 'metrics' },
        summary: 'The queue to otlp_http/prometheus is 60% full',
        description:
          'The Collector otel-collector:8888 cannot send metrics to otlp_http/prometheus as fast as they arrive; ' +
          'its queue is 60% full. When it is full, data is dropped.',
        since: '8m',
      },
    },
  },
  'a queue that is half full and stays so is no trouble': { series: queue('500x400'), silentAt: ['10m', '60m'] },
})

alertPromises('CollectorRefusingData', {
  'fires after five minutes of refusals, and not a step before': {
    series: { [series('otelcol_receiver_refused_metric_points_total', { receiver: 'otlp' })]: '0+15x400' },
    silentAt: ['5m'],
    firesAt: {
      '6m': {
        labels: { ...collector, receiver: 'otlp' },
        summary: 'The Collector refuses 1.0 items per second',
        description:
          'The Collector otel-collector:8888 refused 1.0 items per second at otlp in the last 5 minutes, ' +
          'because of its memory limit or a full queue. Agents retry for a while, then they lose the data.',
        since: '30s',
      },
    },
  },
  'is silent after a single refusal': {
    series: { [series('otelcol_receiver_refused_spans_total', { receiver: 'otlp' })]: '0x10 40x400' },
    silentAt: ['5m', '10m'],
  },
})
