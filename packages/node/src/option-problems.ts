import type { Problem } from '@swarmwatch/config'
import { conditionRuleProblems, conditionRules } from './alerts/condition-rule.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

const known: Record<keyof Required<TelemetryOptions>, true> = {
  serviceName: true,
  serviceNamespace: true,
  serviceVersion: true,
  serviceInstanceId: true,
  environment: true,
  region: true,
  resourceAttributes: true,
  configFile: true,
  metrics: true,
  recovery: true,
  monitor: true,
  alerts: true,
  onPortTaken: true,
  handleSignals: true,
  capturesUrlPaths: true,
  spanProcessors: true,
  metricReaders: true,
  logger: true,
  env: true,
}

/** What is wrong with the options themselves; the values of settings are checked with those of the other sources. */
export function optionProblems(options: TelemetryOptions): Problem[] {
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(known, key))
  const problems: Problem[] = unknown.map((path) => ({ path, rule: 'is not an option of startTelemetry()' }))
  const { onPortTaken = 'warn' } = options
  if (onPortTaken !== 'warn' && onPortTaken !== 'next')
    problems.push({ path: 'onPortTaken', rule: "must be 'warn' or 'next'", value: JSON.stringify(onPortTaken) })
  return [...problems, ...conditionRuleProblems(conditionRules(options))]
}
