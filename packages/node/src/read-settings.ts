import {
  type CodeRule,
  type CodeSettings,
  type Configuration,
  ConfigurationError,
  type Environment,
  frameworkSources,
  loadConfiguration,
  type Problem,
} from '@swarmwatch/config'

import { type ConditionRule, hasCondition } from './alerts/in-process-rule.ts'
import { otelNotices, processVariables, readOtelVariables } from './opentelemetry/otel-variables.ts'
import { type OtlpSettings, otlpSettings } from './opentelemetry/otlp-settings.ts'
import { checkOptions, type TelemetryOptions } from './telemetry-options.ts'

/** Every setting of a process: ours, and the supported ones of OpenTelemetry. */
export interface ProcessSettings {
  readonly configuration: Configuration
  readonly otlp: OtlpSettings
  /** `OTEL_SDK_DISABLED=true`. */
  readonly isDisabled: boolean
  readonly exportIntervalMs: number
  /** Most time for one export of metrics. */
  readonly exportTimeoutMs: number
}

/**
 * Reads all settings: code > environment > configuration file > default. Throws a
 * `ConfigurationError` with every problem of every source.
 */
export function readSettings(options: TelemetryOptions, env: Environment): ProcessSettings {
  const { usable, problems: wrongOptions } = checkOptions(options)
  const problems = [...wrongOptions]
  const load = (): Configuration => loadConfiguration({ env, file: usable.configFile, code: codeSettings(usable) })
  const configuration = collect(load, (found) => problems.push(...found.map((problem) => amongAllRules(problem, usable))))
  const otlp = otlpSettings(env, configuration?.telemetry.otlpToken?.reveal())
  problems.push(...otlp.problems)
  if (configuration === undefined || problems.length > 0) throw new ConfigurationError(problems)
  const { isDisabled, metricExportIntervalMs, metricExportTimeoutMs } = readOtelVariables(processVariables, env)
  const intervalMs = exportIntervalMs(configuration, metricExportIntervalMs)
  const isExporting = Object.keys(otlp.targets).length > 0
  return {
    configuration,
    otlp: { ...otlp, notices: [...otlp.notices, ...otelNotices(env, isExporting)] },
    isDisabled,
    exportIntervalMs: intervalMs,
    // an export must end before the next one begins
    exportTimeoutMs: Math.min(metricExportTimeoutMs ?? intervalMs, intervalMs),
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

/**
 * Rules in code are checked without those that have a condition, but reported by their place in the
 * whole list.
 */
function amongAllRules(problem: Problem, { alerts }: TelemetryOptions): Problem {
  // a problem in the file has a place
  if (problem.place !== undefined || !Array.isArray(alerts?.rules)) return problem
  const places = alerts.rules.flatMap((rule: unknown, index) => (hasCondition(rule) ? [] : index))
  const path = problem.path.replace(/^alerts\.rules\[(\d+)\]/, (_, index: string) => `alerts.rules[${places[Number(index)]}]`)
  return { ...problem, path }
}

function codeSettings(options: TelemetryOptions): CodeSettings {
  const { serviceName, metrics, monitor, alerts, recovery, prices, providers, budgets, loops, quality, handleSignals } = options
  const { port, ...rest } = metrics ?? {}
  const { port: pagePort, ...page } = monitor ?? {}
  const { rules, deliver: _, ...settings } = alerts ?? {}
  return {
    telemetry: { serviceName, frameworks: sourceList(options.frameworks) },
    metrics: port === false ? { ...rest, enabled: false } : { ...rest, port, ...(port !== undefined && { enabled: true }) },
    monitor: { ...page, ...(pagePort !== false && { port: pagePort }) },
    recovery,
    prices,
    providers,
    budgets,
    loops,
    quality,
    handleSignals,
    alerts: { ...settings, ...(rules !== undefined && { rules: withoutConditions(rules) }) },
  }
}

/** The option in the words of the variable. */
function sourceList(frameworks: TelemetryOptions['frameworks']): string | undefined {
  if (frameworks === undefined) return undefined
  if (typeof frameworks === 'boolean') return frameworks ? 'on' : 'off'
  return frameworkSources.filter((source) => frameworks[source] !== false).join(', ') || 'off'
}

/** A value that is not a list is left to the check. */
function withoutConditions(rules: readonly (CodeRule | ConditionRule)[]): readonly CodeRule[] {
  const isNamed = (rule: CodeRule | ConditionRule): rule is CodeRule => !hasCondition(rule)
  return Array.isArray(rules) ? rules.filter(isNamed) : (rules as never)
}

/**
 * METRICS_EXPORT_INTERVAL is ours and overrides OTEL_METRIC_EXPORT_INTERVAL (`standardMs`), which
 * overrides file and default.
 */
function exportIntervalMs({ metrics, origins }: Configuration, standardMs: number | undefined): number {
  const origin = origins['metrics.exportIntervalSeconds'] ?? 'default'
  const isOurs = origin === 'code' || origin.startsWith('environment')
  return isOurs || standardMs === undefined ? metrics.exportIntervalSeconds * 1_000 : standardMs
}
