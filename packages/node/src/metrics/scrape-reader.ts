import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { CollectionResult } from '@opentelemetry/sdk-metrics'

import { withUnitSuffix } from './unit-suffix.ts'

/**
 * The metrics as Prometheus text, with the names and labels they have when they come by OTLP. Resource attributes stand in `target_info`
 * only: as labels they would start every series anew with each version, and Prometheus adds none by OTLP either.
 */
export class ScrapeReader extends PrometheusExporter {
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true)

  constructor() {
    super({ preventServerStart: true })
  }

  override async collect(options?: Parameters<PrometheusExporter['collect']>[0]): Promise<CollectionResult> {
    const { errors, resourceMetrics } = await super.collect(options)
    const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(withUnitSuffix) }))
    return { errors, resourceMetrics: { ...resourceMetrics, scopeMetrics } }
  }

  /** Everything as it is now. Rejects after shutdown. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return this.#serializer.serialize(resourceMetrics)
  }
}
