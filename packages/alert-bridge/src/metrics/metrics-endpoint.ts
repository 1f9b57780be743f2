import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

/** A separate meter, and the handler of `/metrics`. */
export interface MetricsEndpoint {
  readonly meter: Meter
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  readonly close: () => Promise<void>
}

/** Opens a meter that only `/metrics` exports. */
export function metricsEndpoint(): MetricsEndpoint {
  const exporter = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true })
  const provider = new MeterProvider({ readers: [exporter] })
  return {
    meter: provider.getMeter('@swarmwatch/alert-bridge'),
    handle: (request, response) => exporter.getMetricsRequestHandler(request, response),
    close: () => provider.shutdown(),
  }
}
