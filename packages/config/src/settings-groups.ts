import type { AlertSettings } from './alerts/alert-settings.ts'
import type { Configuration } from './configuration.ts'
import type { MetricsSettings } from './metrics-settings.ts'
import type { MonitorSettings } from './monitor-settings.ts'
import type { RecoveryLimits } from './recovery-settings.ts'
import type { Settings } from './setting.ts'
import type { TelemetrySettings } from './telemetry-settings.ts'
import {
  basicAuthUser,
  growthFactor,
  host,
  interval,
  networks,
  oneLine,
  oneOf,
  onOff,
  openUrl,
  port,
  retryCount,
  seconds,
  secretText,
} from './value-rule.ts'

/** `telemetry`. */
export const telemetrySettings: Settings<TelemetrySettings> = {
  serviceName: {
    about: 'Name of the service in all telemetry; where it is not given in code, OTEL_SERVICE_NAME says it.',
    value: oneLine,
    default: undefined,
  },
  otlpToken: {
    about: 'Bearer token that the Collector wants for OTLP.',
    variable: 'SWARMWATCH_OTLP_TOKEN',
    value: secretText,
    default: undefined,
  },
}

/** `metrics`. */
export const metricsSettings: Settings<MetricsSettings> = {
  enabled: { about: 'Whether /metrics is served.', fileKey: 'monitoring.metrics_export', value: onOff, default: true },
  host: {
    about: 'Address /metrics listens on; 0.0.0.0 opens it to the network.',
    variable: 'METRICS_HOST',
    value: host,
    default: '127.0.0.1',
  },
  port: { about: 'Port of /metrics; 0 takes a free one.', variable: 'METRICS_PORT', value: port, default: 9090 },
  exportIntervalSeconds: {
    about: 'Time between two exports of metrics by OTLP.',
    variable: 'METRICS_EXPORT_INTERVAL',
    value: interval,
    default: 15,
  },
}

/** `monitor`. */
export const monitorSettings: Settings<MonitorSettings> = {
  enabled: {
    about: 'Whether the status page is served and the alert rules are evaluated in the process.',
    fileKey: 'monitoring.enabled',
    value: onOff,
    default: true,
  },
  host: {
    about: 'Address the status page listens on; 0.0.0.0 opens it to the network.',
    variable: 'MONITOR_HOST',
    value: host,
    default: '127.0.0.1',
  },
  port: { about: 'Port of the status page; 0 takes a free one.', variable: 'MONITOR_PORT', value: port, default: 8080 },
  intervalSeconds: {
    about: 'Time between two health checks, at which the alert rules are evaluated.',
    variable: 'MONITOR_INTERVAL',
    fileKey: 'monitoring.health_check_interval',
    value: interval,
    default: 30,
  },
  token: {
    about: 'What readers of the status page must show; none lets everybody read who reaches it.',
    variable: 'MONITOR_TOKEN',
    value: secretText,
    default: undefined,
  },
  trustedProxies: {
    about: 'Reverse proxies in front of the status page; X-Forwarded-For and Forwarded are believed only from them.',
    variable: 'MONITOR_TRUSTED_PROXIES',
    value: networks,
    default: undefined,
  },
}

/** `recovery`, without the limits of single agents. */
export const recoveryLimits: Settings<RecoveryLimits> = {
  maxRetries: {
    about: 'Retries after the first call, so there is at most one call more than this.',
    variable: 'MAX_RETRIES',
    fileKey: 'recovery.max_retries',
    value: retryCount,
    default: 3,
  },
  baseDelaySeconds: {
    about: 'Wait before the first retry.',
    variable: 'BASE_RETRY_DELAY',
    fileKey: 'recovery.base_delay',
    value: seconds,
    default: 5,
  },
  maxDelaySeconds: {
    about: 'No wait is longer.',
    variable: 'MAX_RETRY_DELAY',
    fileKey: 'recovery.max_delay',
    value: seconds,
    default: 30,
  },
  exponentialFactor: {
    about: 'Each wait is this many times the one before.',
    variable: 'RETRY_EXPONENTIAL_FACTOR',
    fileKey: 'recovery.exponential_factor',
    value: growthFactor,
    default: 3,
  },
}

/** `alerts`, without channels and rules. */
export const alertSettings: Settings<Omit<AlertSettings, 'channels' | 'rules'>> = {
  inProcess: {
    about:
      'Whether the process evaluates the alert rules: on, off, or auto, which leaves them to Prometheus when metrics go out by OTLP.',
    fileKey: 'alerts.in_process',
    value: oneOf(['auto', 'on', 'off']),
    default: 'auto',
  },
  alertmanagerUrl: {
    about: 'In-process alerts go to this Alertmanager.',
    variable: 'ALERTMANAGER_URL',
    value: openUrl,
    default: undefined,
  },
  alertmanagerUser: {
    about: 'User at that Alertmanager (basic authentication).',
    variable: 'ALERTMANAGER_USER',
    value: basicAuthUser,
    default: 'swarmwatch',
  },
  alertmanagerPassword: {
    about: 'Password at that Alertmanager; without one, requests carry no authentication.',
    variable: 'ALERTMANAGER_PASSWORD',
    value: secretText,
    default: undefined,
  },
  runbooksUrl: {
    about: 'Where your team reads docs/runbooks; in-process alerts link to the page with their name below it.',
    variable: 'RUNBOOKS_URL',
    value: openUrl,
    default: undefined,
  },
}

/** What stands in no group. */
export const topSettings: Settings<Pick<Configuration, 'strict' | 'handleSignals'>> = {
  strict: {
    about: 'Whether @swarmwatch/node/register ends the program when something is wrong with the settings.',
    variable: 'SWARMWATCH_STRICT',
    value: onOff,
    default: false,
  },
  handleSignals: {
    about:
      'Whether SIGTERM, SIGINT and SIGHUP export what is left before they end the process; with @swarmwatch/node/register they do.',
    variable: 'SWARMWATCH_HANDLE_SIGNALS',
    value: onOff,
    default: undefined,
  },
}
