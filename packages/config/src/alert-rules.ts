import { severities, type Severity } from './channels/channel-definition.ts'
import type { Origin } from './settings/setting.ts'
import { type ShapeProblem, fileKeyOf, type ListShape, type SectionShape, type Shape } from './shape.ts'
import { thresholds } from './thresholds.ts'
import { literal, oneOf, positive, seconds, type ValueRule } from './value-rule.ts'

/** The rules that can be named in the file. */
export type AlertRuleName = 'high_error_rate' | 'elevated_error_rate' | 'slow_response' | 'stuck_run' | 'low_health'

/** An alert rule that is evaluated in the process. */
export interface AlertRule {
  readonly name: AlertRuleName
  /**
   * A failed share (0-1) for the error rates, seconds (p95) for `slow_response`, a multiple of the
   * 99th percentile of the duration for `stuck_run`, a score (0-100) for `low_health`.
   */
  readonly threshold: number
  readonly severity: Severity
  /** Time for which the condition must hold, in seconds. File: `for`. */
  readonly forSeconds: number
}

/** A rule given in code, by name. It replaces those of that name in the file and in the defaults. */
export interface CodeRule {
  readonly name: AlertRuleName
  readonly threshold: number
  /** @default that of the default rule with this name */
  readonly severity?: Severity | undefined
  /** @default that of the default rule with this name */
  readonly forSeconds?: number | undefined
}

const { errorRate, slowResponse, stuckRun, healthScore } = thresholds

/** The alert that each rule raises; the same name in the process and in Prometheus. */
export const alertNames: Readonly<Record<AlertRuleName, string>> = {
  high_error_rate: 'SystemErrorRateCritical',
  elevated_error_rate: 'SystemErrorRateWarning',
  slow_response: 'AgentSlowResponses',
  stuck_run: 'AgentRunStuck',
  low_health: 'SwarmHealthLow',
}

/** The rules that apply if the file lists none. */
export const defaultAlertRules: readonly AlertRule[] = [
  rule('high_error_rate', 'critical', errorRate.critical.above, errorRate.critical.forSeconds),
  rule('elevated_error_rate', 'warning', errorRate.warning.above, errorRate.warning.forSeconds),
  rule('slow_response', 'warning', slowResponse.warning.aboveSeconds, slowResponse.warning.forSeconds),
  rule('low_health', 'critical', healthScore.critical.below, healthScore.critical.forSeconds),
  rule('low_health', 'warning', healthScore.warning.below, healthScore.warning.forSeconds),
  rule('stuck_run', 'warning', stuckRun.warning.timesUsual, stuckRun.warning.forSeconds),
]

/** A rule and where its parts came from. */
export interface RuleWithOrigins {
  readonly rule: AlertRule
  readonly origins: Readonly<Record<keyof AlertRule, Origin>>
}

/** The rules of code, those of the file of every name that code does not list, and the defaults of every name that neither lists. */
export function overlayRules(
  codeRules: readonly CodeRule[],
  fileName: string | undefined,
  fileRules: readonly CodeRule[],
): RuleWithOrigins[] {
  const inCode = new Set(codeRules.map(({ name }) => name))
  const listed = new Set([...inCode, ...fileRules.map(({ name }) => name)])
  const kept = defaultAlertRules.filter(({ name }) => !listed.has(name))
  return [
    ...codeRules.map((codeRule) => fromList(codeRule, () => 'code')),
    ...fileRules.flatMap((fileRule, index) =>
      inCode.has(fileRule.name) ? [] : fromList(fileRule, (key) => `file ${fileName}:alerts.rules[${index}].${fileKeyOf(key)}`),
    ),
    ...kept.map((kept): RuleWithOrigins => ({ rule: kept, origins: originsOf('default', 'default', 'default') })),
  ]
}

function fromList(
  { name, threshold, severity, forSeconds }: CodeRule,
  originAt: (key: keyof CodeRule) => Origin,
): RuleWithOrigins {
  const sameName = defaultAlertRules.filter((other) => other.name === name)
  const base = sameName.find((other) => other.severity === severity) ?? sameName[0]!
  return {
    rule: { name, threshold, severity: severity ?? base.severity, forSeconds: forSeconds ?? base.forSeconds },
    origins: originsOf(
      originAt('threshold'),
      severity === undefined ? 'default' : originAt('severity'),
      forSeconds === undefined ? 'default' : originAt('forSeconds'),
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

const share = positive('must be a share above 0, at most 1 (0.5 is 50 %)', 1)
const multiple = positive('must be a number of times above 0, at most 1000', 1000)
const score = positive('must be a score above 0, at most 100', 100)

const optional = {
  severity: value(oneOf(severities), 'Default: that of the default rule with this name.'),
  forSeconds: value(seconds, 'Seconds for which the condition must hold. Default: that of the default rule with this name.'),
}

/** The shape of a list of rules. */
export const ruleList: ListShape = {
  kind: 'list',
  items: {
    kind: 'choice',
    key: 'name',
    rule: 'must be a mapping with name and threshold',
    keyRule: 'must be high_error_rate, elevated_error_rate, slow_response, stuck_run or low_health',
    variants: [
      ruleShape(
        oneOf(['high_error_rate', 'elevated_error_rate']),
        share,
        'Share of failed executions, over all agents; 0.5 is 50 %.',
      ),
      ruleShape(literal('slow_response'), seconds, 'Seconds; the 95th percentile of the duration of executions.'),
      ruleShape(
        literal('stuck_run'),
        multiple,
        'Time without progress of a run, as a multiple of the 99th percentile of the duration of the runs of its agent.',
      ),
      ruleShape(literal('low_health'), score, 'Health score, from 0 to 100.'),
    ],
  },
  rule: 'must be a list of rules',
}

/** Reports rules that have the same name and severity. `rules` has not been checked. */
export function checkRuleEntries(rules: unknown, report: (finding: ShapeProblem) => void): void {
  const seen = new Set<string>()
  for (const [index, entry] of Array.isArray(rules) ? rules.entries() : []) {
    if (typeof entry !== 'object' || entry === null) continue
    const { name, severity } = entry as Record<string, unknown>
    const rule = 'must not be listed twice with the same severity'
    const key = JSON.stringify([name, severity ?? defaultAlertRules.find((rule) => rule.name === name)?.severity])
    if (seen.has(key)) report({ path: ['alerts', 'rules', index, 'name'], rule, value: name, isSecret: false })
    seen.add(key)
  }
}

function ruleShape(name: ValueRule<AlertRuleName>, threshold: ValueRule<number>, about: string): SectionShape {
  return {
    kind: 'section',
    keys: { name: { kind: 'value', rule: name, isRequired: true }, threshold: value(threshold, about, true), ...optional },
  }
}

function value(rule: ValueRule<unknown>, about: string, isRequired = false): Shape {
  return { kind: 'value', rule, about, isRequired }
}
