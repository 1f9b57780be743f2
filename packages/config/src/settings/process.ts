import type { Secret } from '../secret.ts'
import { host, interval, oneLine, onOff, port, secretText, sourceList } from '../value-rule.ts'
import type { Settings } from './setting.ts'

/** Settings of the OTLP export. OpenTelemetry's own `OTEL_*` variables are not repeated here. */
export interface TelemetrySettings {
  /** `service.name` given in code; otherwise OpenTelemetry uses `OTEL_SERVICE_NAME`. */
  readonly serviceName: string | undefined
  /** Bearer token of the Collector, from `SWARMWATCH_OTLP_TOKEN`. @default none */
  readonly otlpToken: Secret | undefined
  /**
   * Sources of model calls and tool calls that need no code: `on`, `off`, or names separated by commas; `SWARMWATCH_FRAMEWORKS`, file:
   * `monitoring.frameworks`. @default 'on'
   */
  readonly frameworks: string
}

/** `telemetry`. */
export const telemetrySettings: Settings<TelemetrySettings> = {
  serviceName: {
    about: 'Name of the service in all telemetry. If the code does not set it, OTEL_SERVICE_NAME applies.',
    value: oneLine,
    example: 'my-agents',
    default: undefined,
  },
  otlpToken: {
    about: 'Bearer token that the Collector requires for OTLP.',
    variable: 'SWARMWATCH_OTLP_TOKEN',
    value: secretText,
    example: '/run/secrets/otlp_token',
    default: undefined,
  },
  frameworks: {
    about:
      'Sources of model calls and tool calls that need no code: on, off, or a list. wire reads the HTTP requests of the process to model providers.',
    variable: 'SWARMWATCH_FRAMEWORKS',
    fileKey: 'monitoring.frameworks',
    value: sourceList,
    example: 'wire,ai-sdk',
    default: 'on',
  },
}

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

/** `metrics`. */
export const metricsSettings: Settings<MetricsSettings> = {
  enabled: {
    about: 'Whether /metrics is served.',
    fileKey: 'monitoring.metrics_export',
    value: onOff,
    example: 'false',
    default: true,
  },
  host: {
    about: 'Address that /metrics listens on; 0.0.0.0 opens it to the network.',
    variable: 'METRICS_HOST',
    value: host,
    example: '0.0.0.0',
    default: '127.0.0.1',
  },
  port: { about: 'Port of /metrics; 0 takes a free one.', variable: 'METRICS_PORT', value: port, example: '9464', default: 9090 },
  exportIntervalSeconds: {
    about: 'Time between two exports of metrics by OTLP.',
    variable: 'METRICS_EXPORT_INTERVAL',
    value: interval,
    example: '30',
    default: 15,
  },
}

/** How a process starts and ends. These settings are in no group. */
export interface StartSettings {
  /** Whether `register` ends the program on a problem; `SWARMWATCH_STRICT`. @default false */
  readonly strict: boolean
  /** Whether signals export the remaining telemetry before they end the process; `SWARMWATCH_HANDLE_SIGNALS`. @default undefined: the program decides */
  readonly handleSignals: boolean | undefined
}

/** Definitions of {@link StartSettings}. */
export const startSettings: Settings<StartSettings> = {
  strict: {
    about: 'Whether @swarmwatch/node/register ends the program if a setting is invalid.',
    variable: 'SWARMWATCH_STRICT',
    value: onOff,
    example: 'true',
    default: false,
  },
  handleSignals: {
    about:
      'Whether SIGTERM, SIGINT and SIGHUP export the remaining telemetry before they end the process; with @swarmwatch/node/register they do.',
    variable: 'SWARMWATCH_HANDLE_SIGNALS',
    value: onOff,
    example: 'false',
    default: undefined,
  },
}
