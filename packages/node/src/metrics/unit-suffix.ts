import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'

const words: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' }

/** The metric under the name Prometheus gives it when it comes by OTLP: JavaScript's Prometheus exporter leaves the unit out. */
export function withUnitSuffix(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor
  const word = unit === '1' && metric.dataPointType === DataPointType.GAUGE ? 'ratio' : words[unit]
  if (word === undefined || name.split(/[._]/).includes(word)) return metric
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}.${word}` } }
}
