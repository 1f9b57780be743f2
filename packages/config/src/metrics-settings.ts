/** The `/metrics` endpoint and the OTLP export of metrics. */
export interface MetricsSettings {
  /** Whether `/metrics` is served. File: `monitoring.metrics_export`. @default true */
  readonly enabled: boolean
  /** Address to listen on; `METRICS_HOST`. @default '127.0.0.1' */
  readonly host: string
  /** `METRICS_PORT`; 0 takes any free one. @default 9090 */
  readonly port: number
  /** Seconds between two OTLP exports; `METRICS_EXPORT_INTERVAL`. @default 15 */
  readonly exportIntervalSeconds: number
}
