import { from } from '../../component.ts'
import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'

const signals = [
  { signal: 'metric_points', words: 'metric points', queue: 'metrics' },
  { signal: 'spans', words: 'spans', queue: 'traces' },
] as const

/** The Collector: what comes in, what goes out, what is lost. */
export const collector: Row = {
  title: 'Collector',
  panels: [
    {
      shows: 'graph',
      title: 'Throughput',
      question: 'How much does the Collector take in and pass on?',
      description:
        'Metric points and spans that it accepted from agents, and that Prometheus and the trace store took. Out should be as much as in.',
      unit: 'suffix: /min',
      queries: Object.fromEntries(
        signals.flatMap(({ signal, words }): [string, PanelQuery][] => [
          [`in_${signal}`, { expr: perMinute(`otelcol_receiver_accepted_${signal}_total`), legend: `${words} in` }],
          [`out_${signal}`, { expr: perMinute(`otelcol_exporter_sent_${signal}_total`), legend: `${words} out` }],
        ]),
      ),
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Queue fill',
      question: 'How full are its queues?',
      description:
        'What waits for each exporter, of what its queue on disk holds. CollectorExporterQueueFilling fires above the line.',
      unit: 'percentunit',
      queries: {
        fill: {
          expr: `max by (exporter, data_type) (collector:queue_fill:ratio{${from.collector}})`,
          legend: '{{data_type}} to {{exporter}}',
        },
      },
      limits: limits.queueFill,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Lost data',
      question: 'Does it refuse or lose data?',
      description:
        'Items that it refused (its memory limit, a full queue) and items that were given up. CollectorRefusingData and ' +
        'CollectorDroppingData fire.',
      unit: 'suffix: /min',
      queries: Object.fromEntries(
        signals.flatMap(({ signal, words, queue }): [string, PanelQuery][] => [
          [
            `refused_${signal}`,
            {
              expr: orNone(
                perMinute(`otelcol_receiver_refused_${signal}_total`),
                `otelcol_receiver_accepted_${signal}_total{${from.collector}}`,
              ),
              legend: `${words} refused`,
            },
          ],
          [`lost_${signal}`, { expr: lost(signal, queue), legend: `${words} lost` }],
        ]),
      ),
      min: 0,
      span: 8,
    },
  ],
}

function perMinute(counter: string): string {
  return promql`
    60 * sum(
      rate(${counter}{${from.collector}}[$__rate_interval])
    )`
}

/** Such a counter is born with the first loss: before that it is 0 where another series is. */
function orNone(expr: string, present: string): string {
  return promql`
    ${expr}
    or
    0 * group(${present})`
}

/** Given up by any exporter of a signal, or not taken by its queue. */
function lost(signal: string, queue: string): string {
  return orNone(
    promql`
      60 * sum(
        rate(otelcol_exporter_send_failed_${signal}_total{${from.collector}}[$__rate_interval])
        or
        rate(otelcol_exporter_enqueue_failed_${signal}_total{${from.collector}}[$__rate_interval])
      )`,
    `otelcol_exporter_queue_capacity{${from.collector}, data_type="${queue}"}`,
  )
}
