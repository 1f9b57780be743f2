import {
  alertNames,
  type AlertRule,
  type AlertRuleName,
  type Problem,
  severities,
  type Severity,
  shownValue,
  thresholds,
} from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import { stuckRunFinding, stuckRunsWatched } from './stuck-run-rule.ts'

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
  /** Returns whether the alert condition holds. An error that it throws is counted, logged once, and treated as `false`. */
  readonly condition: (health: SystemHealth) => boolean
  readonly severity: Severity
  /** The value that the condition compares with; shown after the description. @default none */
  readonly threshold?: number
  /** The problem while the condition holds, in words for the recipients. */
  readonly description: string
  /** Time for which the condition must hold, in seconds. @default 0 */
  readonly forSeconds?: number
  /**
   * URL of a page that describes what to do; linked from the status page and from messages.
   * @default none
   */
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

/** A rule in the form in which it is evaluated. */
export interface InProcessRule {
  readonly alertName: string
  readonly severity: Severity
  readonly forSeconds: number
  /** The value that the rule watches. */
  readonly description: string
  /** URL of the page that describes what to do. */
  readonly runbookUrl?: string | undefined
  /** May throw when it comes from the application. */
  readonly holds: (health: SystemHealth) => boolean
  /** The problem with its figure: `error rate 62 % is above 50 %`. */
  readonly finding: (health: SystemHealth) => string
}

/**
 * Makes a rule from one that the configuration names, with its runbook below `runbooksUrl`, or from
 * a rule in code.
 */
export function inProcessRule(rule: AlertRule | ConditionRule, runbooksUrl?: string): InProcessRule {
  if (!('condition' in rule)) {
    const named = rule.name === 'stuck_run' ? stuckRuns(rule) : namedRule({ ...rule, name: rule.name })
    const runbookUrl = runbooksUrl === undefined ? undefined : `${runbooksUrl.replace(/\/+$/, '')}/${named.alertName}.md`
    return { ...named, runbookUrl }
  }
  const { name, severity, description, threshold, forSeconds = 0, condition, runbookUrl } = rule
  const finding = threshold === undefined ? description : `${description} (threshold ${threshold})`
  return { alertName: name, severity, forSeconds, description, holds: condition, finding: () => finding, runbookUrl }
}

/** The rules about a value of the health. */
type HealthRuleName = Exclude<AlertRuleName, 'stuck_run'>

interface WatchedValue {
  readonly description: string
  /** Executions in the health window below which the value means nothing. */
  readonly minExecutions: number
  readonly value: (health: SystemHealth) => number | undefined
  readonly isBeyond: (value: number, threshold: number) => boolean
  readonly finding: (value: number, threshold: number) => string
}

const { errorRate, slowResponse, healthWindowSeconds, trafficWindowSeconds } = thresholds

const errors: Omit<WatchedValue, 'minExecutions'> = {
  description: 'Share of failed executions, over all agents of this process.',
  value: (health) => health.errorRate,
  isBeyond: (value, threshold) => value > threshold,
  finding: (value, threshold) => `error rate ${percent(value)} is above ${percent(threshold)}`,
}

const watched: Readonly<Record<HealthRuleName, WatchedValue>> = {
  high_error_rate: { ...errors, minExecutions: inHealthWindow(errorRate.critical.leastExecutions.system) },
  elevated_error_rate: { ...errors, minExecutions: inHealthWindow(errorRate.warning.leastExecutions.system) },
  slow_response: {
    description: '95th percentile of the duration of executions, including waits, over all agents of this process.',
    minExecutions: inHealthWindow(slowResponse.warning.leastExecutions),
    value: (health) => health.p95Seconds,
    isBeyond: (value, threshold) => value > threshold,
    finding: (value, threshold) => `95 % of the executions take up to ${round(value)} s, above ${round(threshold)} s`,
  },
  low_health: {
    description: 'Health score of this process, from 0 to 100.',
    minExecutions: inHealthWindow(errorRate.critical.leastExecutions.system),
    value: (health) => health.score,
    isBeyond: (value, threshold) => value < threshold,
    finding: (value, threshold) => `health score ${round(value)} is below ${round(threshold)}`,
  },
}

/**
 * The rule for a name of the configuration. Below the minimum number of executions it never holds,
 * so that one failure out of one execution does not page the on-call engineer.
 */
function namedRule({ name, threshold, severity, forSeconds }: AlertRule & { readonly name: HealthRuleName }): InProcessRule {
  const { description, minExecutions, value, isBeyond, finding } = watched[name]
  return {
    alertName: alertNames[name],
    severity,
    forSeconds,
    description,
    holds(health) {
      const now = value(health)
      return now !== undefined && health.executions >= minExecutions && isBeyond(now, threshold)
    },
    finding: (health) => finding(value(health) ?? 0, threshold),
  }
}

function stuckRuns({ name, threshold, severity, forSeconds }: AlertRule): InProcessRule {
  return {
    alertName: alertNames[name],
    severity,
    forSeconds,
    description: stuckRunsWatched,
    holds: () => stuckRunFinding(threshold) !== undefined,
    finding: () => stuckRunFinding(threshold) ?? 'the run has made progress',
  }
}

/**
 * The thresholds count executions in the traffic window. The health window of a process is shorter,
 * so the same traffic is fewer.
 */
function inHealthWindow(executions: number): number {
  return Math.ceil((executions * healthWindowSeconds) / trafficWindowSeconds)
}

function percent(share: number): string {
  return `${round(share * 100)} %`
}

/** Rounds to one decimal, so that 50.4 % is not shown as 50 % and above 50 %. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}
