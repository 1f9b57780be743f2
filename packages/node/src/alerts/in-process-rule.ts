import { alertNames, type AlertRule, type AlertRuleName, type Severity, thresholds } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import type { ConditionRule } from './condition-rule.ts'

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

/** Makes a rule from one that the configuration names, with its runbook below `runbooksUrl`, or from a rule in code. */
export function inProcessRule(rule: AlertRule | ConditionRule, runbooksUrl?: string): InProcessRule {
  if (!('condition' in rule)) {
    const named = namedRule(rule)
    const runbookUrl = runbooksUrl === undefined ? undefined : `${runbooksUrl.replace(/\/+$/, '')}/${named.alertName}.md`
    return { ...named, runbookUrl }
  }
  const { name, severity, description, threshold, forSeconds = 0, condition, runbookUrl } = rule
  const finding = threshold === undefined ? description : `${description} (threshold ${threshold})`
  return { alertName: name, severity, forSeconds, description, holds: condition, finding: () => finding, runbookUrl }
}

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

const watched: Readonly<Record<AlertRuleName, WatchedValue>> = {
  high_error_rate: { ...errors, minExecutions: inHealthWindow(errorRate.critical.leastExecutions.system) },
  elevated_error_rate: { ...errors, minExecutions: inHealthWindow(errorRate.warning.leastExecutions.system) },
  slow_response: {
    description: '95th percentile of the duration of executions, waits included, over all agents of this process.',
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
 * The rule for a name of the configuration. Below the minimum number of executions it never holds, so that one failure out of one
 * execution does not page the on-call engineer.
 */
function namedRule({ name, threshold, severity, forSeconds }: AlertRule): InProcessRule {
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

/** The thresholds count executions in the traffic window. The health window of a process is shorter, so the same traffic is fewer. */
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
