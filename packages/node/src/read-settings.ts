import {
  type CodeRule,
  type CodeSettings,
  type Configuration,
  ConfigurationError,
  loadConfiguration,
  type Problem,
} from '@swarmwatch/config'
import { type Environment, type OtlpSettings, otlpSettings } from './opentelemetry/otlp-settings.ts'
import { optionProblems } from './option-problems.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

/** Every setting of a process: ours, and those of OpenTelemetry that we act on. */
export interface Settings {
  readonly configuration: Configuration
  readonly otlp: OtlpSettings
  /** `OTEL_SDK_DISABLED=true`. */
  readonly isDisabled: boolean
  readonly exportIntervalMs: number
}

/** Reads them all: code > environment > configuration file > default. Throws `ConfigurationError` with every problem of every source. */
export function readSettings(options: TelemetryOptions, env: Environment): Settings {
  const problems = optionProblems(options)
  const configuration = collect(problems, () => loadConfiguration({ env, file: options.configFile, code: codeSettings(options) }))
  const otlp = otlpSettings(env, configuration?.telemetry.otlpToken?.reveal())
  problems.push(...otlp.problems)
  if (configuration === undefined || problems.length > 0) throw new ConfigurationError(problems)
  return {
    configuration,
    otlp,
    isDisabled: env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true',
    exportIntervalMs: exportIntervalMs(configuration, env),
  }
}

function collect<Value>(problems: Problem[], read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    problems.push(...error.problems)
    return undefined
  }
}

function codeSettings({ serviceName, metrics, monitor, alerts, recovery }: TelemetryOptions): CodeSettings {
  const { port, ...rest } = metrics ?? {}
  const { port: pagePort, ...page } = monitor ?? {}
  const { rules, deliver: _, ...told } = alerts ?? {}
  return {
    telemetry: { serviceName },
    metrics: port === false ? { ...rest, enabled: false } : { ...rest, port, ...(port !== undefined && { enabled: true }) },
    monitor: { ...page, ...(pagePort !== false && { port: pagePort }) },
    recovery,
    alerts: { ...told, ...(rules && { rules: rules.filter((rule): rule is CodeRule => !('condition' in rule)) }) },
  }
}

/** METRICS_EXPORT_INTERVAL is ours and wins; OTEL_METRIC_EXPORT_INTERVAL comes before file and default. */
function exportIntervalMs({ metrics, origins }: Configuration, env: Environment): number {
  const standard = Number(env['OTEL_METRIC_EXPORT_INTERVAL'] || Number.NaN)
  const origin = origins['metrics.exportIntervalSeconds'] ?? 'default'
  const isOurs = origin === 'code' || origin.startsWith('environment')
  return !isOurs && Number.isFinite(standard) && standard > 0 ? standard : metrics.exportIntervalSeconds * 1_000
}
