import type { Configuration } from '@swarmwatch/config'

/** What `startTelemetry()` gives: where to look, and how to stop it. */
export interface Telemetry {
  /** Where `/metrics` is served, `http://127.0.0.1:9090/metrics`; absent when it is off, or its port was taken. */
  readonly metricsUrl?: string
  /** Where the status page is, `http://127.0.0.1:8080/`; absent when it is off, or its port was taken. */
  readonly pageUrl?: string
  /** The settings in force. */
  readonly configuration: Configuration
  /** False when the OpenTelemetry SDK is disabled (OTEL_SDK_DISABLED), or when another one that was registered before takes spans and metrics. */
  readonly isRecording: boolean
  /** Exports what is left now; never rejects. What is not done in time goes on behind it. */
  flush(options?: FlushOptions): Promise<void>
  /** Exports what is left and stops everything, within 5 seconds whatever is down; never rejects. A second call gives the same promise. */
  shutdown(): Promise<void>
}

/** Options of `flush()`. */
export interface FlushOptions {
  /** Most time to wait in milliseconds; a short one suits functions that are billed by time. @default 4500 */
  readonly timeoutMs?: number
}
