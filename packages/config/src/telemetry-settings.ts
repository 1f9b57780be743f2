import type { Secret } from './secret.ts'

/** What goes into the OTLP export. OpenTelemetry reads its own `OTEL_*` variables itself; they are not repeated here. */
export interface TelemetrySettings {
  /** `service.name` given in code; otherwise OpenTelemetry takes `OTEL_SERVICE_NAME`. */
  readonly serviceName: string | undefined
  /** Bearer token of the Collector, from `SWARMWATCH_OTLP_TOKEN`. @default none */
  readonly otlpToken: Secret | undefined
}
