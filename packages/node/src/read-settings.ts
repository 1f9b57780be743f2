import {
  type CodeRule,
  type CodeSettings,
  type Configuration,
  ConfigurationError,
  loadConfiguration,
  type Problem,
} from '@swarmwatch/config'

import { type ConditionRule, hasCondition } from './alerts/condition-rule.ts'
import { otelNotices } from './opentelemetry/otel-variables.ts'
import { type Environment, type OtlpSettings, otlpSettings } from './opentelemetry/otlp-settings.ts'
import { checkOptions, type TelemetryOptions } from './telemetry-options.ts'

/** Every setting of a process: ours, and those of OpenTelemetry that we act on. */
export interface Settings {
  readonly configuration: Configuration
  readonly otlp: OtlpSettings
  /** `OTEL_SDK_DISABLED=true`. */
  readonly isDisabled: boolean
  readonly exportIntervalMs: number
  /** Most time for one export of metrics. */
  readonly exportTimeoutMs: number
}

/** Reads them all: code > environment > configuration file > default. Throws `ConfigurationError` with every problem of every source. */
export function readSettings(options: TelemetryOptions, env: Environment): Settings {
  const { usable, problems: wrongOptions } = checkOptions(options)
  const problems = [...wrongOptions]
  const load = (): Configuration => loadConfiguration({ env, file: usable.configFile, code: codeSettings(usable) })
  const configuration = collect(load, (found) => problems.push(...found.map((problem) => amongAllRules(problem, usable))))
  const otlp = otlpSettings(env, configuration?.telemetry.otlpToken?.reveal())
  problems.push(...otlp.problems)
  if (configuration === undefined || problems.length > 0) throw new ConfigurationError(problems)
  const intervalMs = exportIntervalMs(configuration, env)
  const isExporting = Object.keys(otlp.targets).length > 0
  return {
    configuration,
    otlp: { ...otlp, notices: [...otlp.notices, ...otelNotices(env, isExporting)] },
    isDisabled: env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true',
    exportIntervalMs: intervalMs,
    // an export must end before the next one begins
    exportTimeoutMs: Math.min(positiveNumber(env['OTEL_METRIC_EXPORT_TIMEOUT']) ?? intervalMs, intervalMs),
  }
}

function collect<Value>(read: () => Value, onProblems: (problems: readonly Problem[]) => void): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    onProblems(error.problems)
    return undefined
  }
}

/** Rules in code are checked without those that bring a condition, but told by their place in the whole list. */
function amongAllRules(problem: Problem, { alerts }: TelemetryOptions): Problem {
  // What is wrong in the file has a place
  if (problem.place !== undefined || !Array.isArray(alerts?.rules)) return problem
  const places = alerts.rules.flatMap((rule: unknown, index) => (hasCondition(rule) ? [] : index))
  const path = problem.path.replace(/^alerts\.rules\[(\d+)\]/, (_, index: string) => `alerts.rules[${places[Number(index)]}]`)
  return { ...problem, path }
}

function codeSettings({ serviceName, metrics, monitor, alerts, recovery, handleSignals }: TelemetryOptions): CodeSettings {
  const { port, ...rest } = metrics ?? {}
  const { port: pagePort, ...page } = monitor ?? {}
  const { rules, deliver: _, ...told } = alerts ?? {}
  return {
    telemetry: { serviceName },
    metrics: port === false ? { ...rest, enabled: false } : { ...rest, port, ...(port !== undefined && { enabled: true }) },
    monitor: { ...page, ...(pagePort !== false && { port: pagePort }) },
    recovery,
    handleSignals,
    alerts: { ...told, ...(rules !== undefined && { rules: withoutConditions(rules) }) },
  }
}

/** What is no list is left for the check to tell. */
function withoutConditions(rules: readonly (CodeRule | ConditionRule)[]): readonly CodeRule[] {
  const isNamed = (rule: CodeRule | ConditionRule): rule is CodeRule => !hasCondition(rule)
  return Array.isArray(rules) ? rules.filter(isNamed) : (rules as never)
}

/** METRICS_EXPORT_INTERVAL is ours and wins; OTEL_METRIC_EXPORT_INTERVAL comes before file and default. */
function exportIntervalMs({ metrics, origins }: Configuration, env: Environment): number {
  const standard = positiveNumber(env['OTEL_METRIC_EXPORT_INTERVAL'])
  const origin = origins['metrics.exportIntervalSeconds'] ?? 'default'
  const isOurs = origin === 'code' || origin.startsWith('environment')
  return isOurs || standard === undefined ? metrics.exportIntervalSeconds * 1_000 : standard
}

/** Milliseconds; undefined for what is reported as no number above 0. */
function positiveNumber(text: string | undefined): number | undefined {
  const value = Number(text || Number.NaN)
  return Number.isFinite(value) && value > 0 ? value : undefined
}
