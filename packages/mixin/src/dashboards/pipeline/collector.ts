import { promql } from '../../promql.ts'
import { jobIs } from '../../series.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { perMinute, zeroWhere } from '../queries.ts'

const signals = [
  { signal: 'metric_points', words: 'metric points', queue: 'metrics' },
  { signal: 'spans', words: 'spans', queue: 'traces' },
] as const

/** The Collector: what it receives, sends and loses. */
export const collector: Row = {
  title: 'Collector',
  panels: [
    {
      shows: 'graph',
      title: 'How much data passes the Collector?',
      description:
        'Metric points and spans that it accepted from agents, and that Prometheus and the trace store accepted from it. Both should ' +
        'be equal.',
      unit: 'suffix: /min',
      queries: Object.fromEntries(
        signals.flatMap(({ signal, words }): [string, PanelQuery][] => [
          [`in_${signal}`, { expr: counted(`receiver_accepted_${signal}`), legend: `${words} in` }],
          [`out_${signal}`, { expr: counted(`exporter_sent_${signal}`), legend: `${words} out` }],
        ]),
      ),
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How full are the queues?',
      description: 'Fill of the queue on disk of each exporter. CollectorExporterQueueFilling fires above the line.',
      unit: 'percentunit',
      queries: {
        fill: {
          expr: `max by (exporter, data_type) (collector:queue_fill:ratio{${jobIs.collector}})`,
          legend: '{{data_type}} to {{exporter}}',
        },
      },
      limits: limits.queueFill,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Does it refuse or lose data?',
      description:
        'Items that the Collector refused (memory limit or full queue), and items that it dropped. CollectorRefusingData and ' +
        'CollectorDroppingData fire.',
      unit: 'suffix: /min',
      queries: Object.fromEntries(
        signals.flatMap(({ signal, words, queue }): [string, PanelQuery][] => [
          [`refused_${signal}`, { expr: refused(signal), legend: `${words} refused` }],
          [`lost_${signal}`, { expr: lost(signal, queue), legend: `${words} lost` }],
        ]),
      ),
      min: 0,
      span: 8,
    },
  ],
}

function counted(name: string): string {
  return perMinute(`otelcol_${name}_total{${jobIs.collector}}`)
}

function refused(signal: string): string {
  return zeroWhere(`otelcol_receiver_accepted_${signal}_total{${jobIs.collector}}`, counted(`receiver_refused_${signal}`))
}

/** Dropped by any exporter of a signal, or not accepted by its queue. */
function lost(signal: string, queue: string): string {
  return zeroWhere(
    `otelcol_exporter_queue_capacity{${jobIs.collector}, data_type="${queue}"}`,
    promql`
      60 * sum(
        rate(otelcol_exporter_send_failed_${signal}_total{${jobIs.collector}}[$__rate_interval])
        or
        rate(otelcol_exporter_enqueue_failed_${signal}_total{${jobIs.collector}}[$__rate_interval])
      )`,
  )
}
