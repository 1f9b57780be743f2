import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { type CollectionResult, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'

/**
 * Resource attributes that become labels of every series, as in `promote_resource_attributes` of the stack's Prometheus. The others are
 * in `target_info` only: as labels they would start every series again with each version.
 */
export const promotedAttributes: readonly string[] = ['deployment.environment.name', 'cloud.region']

/** The metrics as Prometheus text, with the names and labels that they have when they arrive by OTLP. */
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

  /** The current values. Rejects after shutdown. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return this.#serializer.serialize(resourceMetrics)
  }
}

type Attributes = MetricData['dataPoints'][number]['attributes']

/** The metric with more attributes on each point. An attribute of the point itself wins, as in Prometheus: a label must not occur twice. */
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

const words: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' }

/** The metric under the name it has in Prometheus when it arrives by OTLP: JavaScript's Prometheus exporter leaves the unit out. */
function withUnitSuffix(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor
  const word = unit === '1' && metric.dataPointType === DataPointType.GAUGE ? 'ratio' : words[unit]
  if (word === undefined || name.split(/[._]/).includes(word)) return metric
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}.${word}` } }
}
