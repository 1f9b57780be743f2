import type { Problem, Severity } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'
import type { TelemetryOptions } from '../telemetry-options.ts'

/**
 * An alert rule of your own, in code.
 *
 * @example
 * const rule: ConditionRule = {
 *   name: 'SwarmTooBusy',
 *   condition: ({ activeExecutions }) => activeExecutions > 50,
 *   severity: 'warning',
 *   description: 'more than 50 executions at once',
 *   forSeconds: 60,
 * }
 */
export interface ConditionRule {
  /** Name of the alert. */
  readonly name: string
  /** Whether something is wrong. One that throws is counted, said once, and means no. */
  readonly condition: (health: SystemHealth) => boolean
  readonly severity: Severity
  /** What the condition compares with; told along with the description. @default none */
  readonly threshold?: number
  /** What is wrong while the condition holds, in words people are told. */
  readonly description: string
  /** The condition must have held this long, in seconds. @default 0 */
  readonly forSeconds?: number
}

/** Those of the rules given in code that bring their own condition. */
export function conditionRules({ alerts }: TelemetryOptions): ConditionRule[] {
  return (alerts?.rules ?? []).filter((rule): rule is ConditionRule => 'condition' in rule)
}

const severities: readonly string[] = ['critical', 'warning', 'info']

/** What is wrong with rules given in code, by path (`alerts.rules[0].name`). */
export function conditionRuleProblems(rules: readonly ConditionRule[], path = 'alerts.rules'): Problem[] {
  const keys = rules.map(({ name, severity }) => JSON.stringify([name, severity]))
  return rules.flatMap((rule, index) => {
    const problem = (key: keyof ConditionRule, text: string): Problem => ({ path: `${path}[${index}].${key}`, rule: text })
    return [
      isText(rule.name) ? [] : problem('name', 'must be one line of at most 200 characters'),
      typeof rule.condition === 'function' ? [] : problem('condition', 'must be a function (health) => boolean'),
      severities.includes(rule.severity) ? [] : problem('severity', 'must be critical, warning or info'),
      isText(rule.description) ? [] : problem('description', 'must be one line of at most 200 characters'),
      isNumber(rule.threshold) ? [] : problem('threshold', 'must be a number'),
      isNumber(rule.forSeconds) && (rule.forSeconds ?? 0) >= 0
        ? []
        : problem('forSeconds', 'must be a number of seconds, 0 or more'),
      keys.indexOf(keys[index]!) === index ? [] : problem('name', 'must not stand twice with the same severity'),
    ].flat()
  })
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && /^[^\r\n\0]{1,200}$/.test(value)
}

function isNumber(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value))
}
