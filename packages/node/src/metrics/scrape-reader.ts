import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { CollectionResult, MetricData } from '@opentelemetry/sdk-metrics'

import { withUnitSuffix } from './unit-suffix.ts'

/**
 * Resource attributes that are labels of every series, as in `promote_resource_attributes` of the stack's Prometheus. The others are in
 * `target_info` only: as labels they would start every series again with each version.
 */
export const promotedAttributes: readonly string[] = ['deployment.environment.name', 'cloud.region']

/** The metrics as Prometheus text, with the names and labels they have when they come by OTLP. */
export class ScrapeReader extends PrometheusExporter {
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true)

  constructor() {
    super({ preventServerStart: true })
  }

  override async collect(options?: Parameters<PrometheusExporter['collect']>[0]): Promise<CollectionResult> {
    const { errors, resourceMetrics } = await super.collect(options)
    const { attributes } = resourceMetrics.resource
    const promoted = promotedAttributes.flatMap((name) => (attributes[name] ? [[name, attributes[name]] as const] : []))
    const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({
      ...scope,
      metrics: scope.metrics.map((metric) => withLabels(withUnitSuffix(metric), promoted)),
    }))
    return { errors, resourceMetrics: { ...resourceMetrics, scopeMetrics } }
  }

  /** Everything as it is now. Rejects after shutdown. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return this.#serializer.serialize(resourceMetrics)
  }
}

type Attributes = MetricData['dataPoints'][number]['attributes']

/** The metric with more attributes on each point. One that the point has itself stays, as in Prometheus: a label must not come twice. */
function withLabels(metric: MetricData, labels: readonly (readonly [string, Attributes[string]])[]): MetricData {
  const dataPoints = metric.dataPoints.map((point) => {
    const own = new Set(Object.keys(point.attributes).map(labelName))
    const added = labels.filter(([name]) => !own.has(labelName(name)))
    return { ...point, attributes: { ...point.attributes, ...Object.fromEntries(added) } }
  })
  return { ...metric, dataPoints } as MetricData
}

function labelName(attribute: string): string {
  return attribute.replaceAll('.', '_')
}
