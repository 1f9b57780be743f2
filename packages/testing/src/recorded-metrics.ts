import type { Attributes } from '@opentelemetry/api'
import type { MetricData, MetricReader } from '@opentelemetry/sdk-metrics'

import { attribute, type Metric } from '@swarmwatch/sdk/names'

/** A metric as a reader collected it. */
export interface RecordedMetric {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly kind: Metric['kind']
  readonly points: readonly RecordedPoint[]
}

/** A data point of a metric. */
export interface RecordedPoint {
  readonly name: string
  readonly attributes: Attributes
  readonly value: number | RecordedHistogram
}

/** The value of a histogram's point. */
export interface RecordedHistogram {
  readonly count: number
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] }
}

/** Collects everything that a reader's provider has recorded. */
export async function collectMetrics(reader: MetricReader): Promise<RecordedMetric[]> {
  const { resourceMetrics } = await reader.collect()
  return resourceMetrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .map((data) => ({
      name: data.descriptor.name,
      unit: data.descriptor.unit,
      description: data.descriptor.description,
      kind: kindOf(data),
      points: data.dataPoints.map(({ attributes, value }) => ({
        name: data.descriptor.name,
        attributes,
        value: value as RecordedPoint['value'],
      })),
    }))
}

function kindOf(data: MetricData): Metric['kind'] {
  if ('isMonotonic' in data) return data.isMonotonic ? 'counter' : 'upDownCounter'
  // 2 is DataPointType.GAUGE, an enum of a package that may be missing
  return Number(data.dataPointType) === 2 ? 'gauge' : 'histogram'
}

/** True for a point with all these labels. */
export function hasLabels(point: RecordedPoint, labels: Attributes): boolean {
  return Object.entries(labels).every(([key, value]) => point.attributes[key] === value)
}

/** True for a point of this agent. */
export function isOfAgent(point: RecordedPoint, agentName: string): boolean {
  return [point.attributes[attribute.agentName], point.attributes[attribute.genAiAgentName]].includes(agentName)
}
