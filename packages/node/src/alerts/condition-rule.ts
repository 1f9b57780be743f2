import { type Problem, severities, type Severity, shownValue } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

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
  /** Whether something is wrong. When it throws, that is counted, logged once, and counts as no. */
  readonly condition: (health: SystemHealth) => boolean
  readonly severity: Severity
  /** The value that the condition compares with; shown after the description. @default none */
  readonly threshold?: number
  /** The problem while the condition holds, in words for the recipients. */
  readonly description: string
  /** The condition must have held this long, in seconds. @default 0 */
  readonly forSeconds?: number
  /** URL of a page that describes what to do; linked from the status page and from messages. @default none */
  readonly runbookUrl?: string
}

/** Whether a rule in code brings its own condition, instead of the name of a built-in rule. */
export function hasCondition(rule: unknown): rule is ConditionRule {
  return typeof rule === 'object' && rule !== null && 'condition' in rule
}

/** The rules in code that bring their own condition. */
export function conditionRules(rules: readonly unknown[] = []): ConditionRule[] {
  return rules.filter(hasCondition)
}

/** The problems of the rules in code that bring a condition, by path (`alerts.rules[0].name`). */
export function conditionRuleProblems(rules: unknown): Problem[] {
  const seen = new Set<string>()
  return (Array.isArray(rules) ? rules : []).flatMap((rule: unknown, index) => {
    if (!hasCondition(rule)) return []
    const key = JSON.stringify([rule.name, rule.severity])
    const isRepeated = seen.has(key)
    seen.add(key)
    const checks: [key: keyof ConditionRule, holds: boolean, rule: string][] = [
      ['name', isText(rule.name), 'must be one line of at most 200 characters'],
      ['condition', typeof rule.condition === 'function', 'must be a function (health) => boolean'],
      ['severity', severities.includes(rule.severity), 'must be critical, warning or info'],
      ['description', isText(rule.description), 'must be one line of at most 200 characters'],
      ['threshold', isNumber(rule.threshold), 'must be a number'],
      ['forSeconds', isNumber(rule.forSeconds) && (rule.forSeconds ?? 0) >= 0, 'must be a number of seconds, 0 or more'],
      ['runbookUrl', rule.runbookUrl === undefined || isWebAddress(rule.runbookUrl), 'must be an http or https URL'],
      ['name', !isRepeated, 'must not be listed twice with the same severity'],
    ]
    return checks.flatMap(([name, holds, text]) =>
      holds ? [] : { path: `alerts.rules[${index}].${name}`, rule: text, value: shownValue(rule[name]) },
    )
  })
}

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '')
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && /^[^\r\n\0]{1,200}$/.test(value)
}

function isNumber(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value))
}
