import type { AlertSettings } from './alerts/alert-settings.ts'
import type { MetricsSettings } from './metrics-settings.ts'
import type { MonitorSettings } from './monitor-settings.ts'
import type { RecoveryLimits } from './recovery-settings.ts'
import type { Settings } from './setting.ts'
import type { TelemetrySettings } from './telemetry-settings.ts'
import {
  growthFactor,
  host,
  interval,
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
  serviceName: { value: oneLine, default: undefined },
  otlpToken: { variable: 'SWARMWATCH_OTLP_TOKEN', value: secretText, default: undefined },
}

/** `metrics`. */
export const metricsSettings: Settings<MetricsSettings> = {
  enabled: { fileKey: 'monitoring.metrics_export', value: onOff, default: true },
  host: { variable: 'METRICS_HOST', value: host, default: '127.0.0.1' },
  port: { variable: 'METRICS_PORT', value: port, default: 9090 },
  exportIntervalSeconds: { variable: 'METRICS_EXPORT_INTERVAL', value: interval, default: 15 },
}

/** `monitor`. */
export const monitorSettings: Settings<MonitorSettings> = {
  enabled: { fileKey: 'monitoring.enabled', value: onOff, default: true },
  host: { variable: 'MONITOR_HOST', value: host, default: '127.0.0.1' },
  port: { variable: 'MONITOR_PORT', value: port, default: 8080 },
  intervalSeconds: { variable: 'MONITOR_INTERVAL', fileKey: 'monitoring.health_check_interval', value: interval, default: 30 },
  token: { variable: 'MONITOR_TOKEN', value: secretText, default: undefined },
}

/** `recovery`, without the limits of single agents. */
export const recoveryLimits: Settings<RecoveryLimits> = {
  maxRetries: { variable: 'MAX_RETRIES', fileKey: 'recovery.max_retries', value: retryCount, default: 3 },
  baseDelaySeconds: { variable: 'BASE_RETRY_DELAY', fileKey: 'recovery.base_delay', value: seconds, default: 5 },
  maxDelaySeconds: { variable: 'MAX_RETRY_DELAY', fileKey: 'recovery.max_delay', value: seconds, default: 30 },
  exponentialFactor: {
    variable: 'RETRY_EXPONENTIAL_FACTOR',
    fileKey: 'recovery.exponential_factor',
    value: growthFactor,
    default: 3,
  },
}

/** `alerts`, without channels and rules. */
export const alertSettings: Settings<Pick<AlertSettings, 'inProcess' | 'alertmanagerUrl'>> = {
  inProcess: { fileKey: 'alerts.in_process', value: oneOf(['auto', 'on', 'off']), default: 'auto' },
  alertmanagerUrl: { variable: 'ALERTMANAGER_URL', value: openUrl, default: undefined },
}

/** What stands in no group. */
export const topSettings: Settings<{ readonly strict: boolean }> = {
  strict: { variable: 'SWARMWATCH_STRICT', value: onOff, default: false },
}
