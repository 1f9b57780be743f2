import type { FileRule } from '../file/file-settings.ts'
import type { Origin } from '../origin.ts'
import { thresholds } from '../thresholds.ts'
import type { AlertRule, AlertRuleName } from './alert-rule.ts'

const { errorRate, slowResponse, healthScore } = thresholds

/** The alert that each rule raises; the same name in the process and in Prometheus. */
export const alertNames: Readonly<Record<AlertRuleName, string>> = {
  high_error_rate: 'SystemErrorRateCritical',
  elevated_error_rate: 'SystemErrorRateWarning',
  slow_response: 'AgentSlowResponses',
  low_health: 'SwarmHealthLow',
}

/** The rules in force where the file names none. */
export const defaultAlertRules: readonly AlertRule[] = [
  rule('high_error_rate', 'critical', errorRate.critical.above, errorRate.critical.forSeconds),
  rule('elevated_error_rate', 'warning', errorRate.warning.above, errorRate.warning.forSeconds),
  rule('slow_response', 'warning', slowResponse.warning.aboveSeconds, slowResponse.warning.forSeconds),
  rule('low_health', 'critical', healthScore.critical.below, healthScore.critical.forSeconds),
  rule('low_health', 'warning', healthScore.warning.below, healthScore.warning.forSeconds),
]

/** A rule and where its parts came from. */
export interface RuleWithOrigins {
  readonly rule: AlertRule
  readonly origins: Readonly<Record<keyof AlertRule, Origin>>
}

/** The rules of code, those of the file of every name that code does not list, and the defaults of every name that neither lists. */
export function overlayRules(
  codeRules: readonly FileRule[],
  fileName: string | undefined,
  fileRules: readonly FileRule[],
): RuleWithOrigins[] {
  const inCode = new Set(codeRules.map(({ name }) => name))
  const listed = new Set([...inCode, ...fileRules.map(({ name }) => name)])
  const kept = defaultAlertRules.filter(({ name }) => !listed.has(name))
  return [
    ...codeRules.map((codeRule) => fromList(codeRule, () => 'code')),
    ...fileRules.flatMap((fileRule, index) =>
      inCode.has(fileRule.name) ? [] : fromList(fileRule, (key) => `file ${fileName}:alerts.rules[${index}].${key}`),
    ),
    ...kept.map((kept): RuleWithOrigins => ({ rule: kept, origins: originsOf('default', 'default', 'default') })),
  ]
}

function fromList(
  { name, threshold, severity, for: forSeconds }: FileRule,
  originAt: (key: keyof FileRule) => Origin,
): RuleWithOrigins {
  const sameName = defaultAlertRules.filter((other) => other.name === name)
  const base = sameName.find((other) => other.severity === severity) ?? sameName[0]!
  return {
    rule: { name, threshold, severity: severity ?? base.severity, forSeconds: forSeconds ?? base.forSeconds },
    origins: originsOf(
      originAt('threshold'),
      severity === undefined ? 'default' : originAt('severity'),
      forSeconds === undefined ? 'default' : originAt('for'),
      originAt('name'),
    ),
  }
}

function rule(name: AlertRuleName, severity: AlertRule['severity'], threshold: number, forSeconds: number): AlertRule {
  return { name, threshold, severity, forSeconds }
}

function originsOf(
  threshold: Origin,
  severity: Origin,
  forSeconds: Origin,
  name: Origin = 'default',
): RuleWithOrigins['origins'] {
  return { name, threshold, severity, forSeconds }
}
