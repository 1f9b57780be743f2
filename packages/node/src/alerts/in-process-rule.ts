import { alertNames, type AlertRule, type AlertRuleName, type Severity, thresholds } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import type { ConditionRule } from './condition-rule.ts'

/** A rule as it is evaluated. */
export interface InProcessRule {
  readonly alertName: string
  readonly severity: Severity
  readonly forSeconds: number
  /** What the rule watches, whatever its value is. */
  readonly description: string
  /** What to do about it. */
  readonly runbookUrl?: string | undefined
  /** May throw, when it is the user's. */
  readonly holds: (health: SystemHealth) => boolean
  /** What is wrong, with the figure: `error rate 62 % is above 50 %`. */
  readonly finding: (health: SystemHealth) => string
}

/** A rule named in the configuration, whose runbook is below `runbooksUrl`, or one in code. */
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

interface Watched {
  readonly description: string
  /** Executions in the health window that are needed before the value says anything. */
  readonly leastExecutions: number
  readonly value: (health: SystemHealth) => number | undefined
  readonly isBeyond: (value: number, threshold: number) => boolean
  readonly finding: (value: number, threshold: number) => string
}

const { errorRate, slowResponse, healthWindowSeconds, trafficWindowSeconds } = thresholds

const errors: Omit<Watched, 'leastExecutions'> = {
  description: 'Share of failed executions, over all agents of this process.',
  value: (health) => health.errorRate,
  isBeyond: (value, threshold) => value > threshold,
  finding: (value, threshold) => `error rate ${percent(value)} is above ${percent(threshold)}`,
}

const watched: Readonly<Record<AlertRuleName, Watched>> = {
  high_error_rate: { ...errors, leastExecutions: inHealthWindow(errorRate.critical.leastExecutions.system) },
  elevated_error_rate: { ...errors, leastExecutions: inHealthWindow(errorRate.warning.leastExecutions.system) },
  slow_response: {
    description: '95th percentile of the duration of executions, waits included, over all agents of this process.',
    leastExecutions: inHealthWindow(slowResponse.warning.leastExecutions),
    value: (health) => health.p95Seconds,
    isBeyond: (value, threshold) => value > threshold,
    finding: (value, threshold) => `95 % of the executions take up to ${round(value)} s, above ${round(threshold)} s`,
  },
  low_health: {
    description: 'Health score of this process, from 0 to 100.',
    leastExecutions: inHealthWindow(errorRate.critical.leastExecutions.system),
    value: (health) => health.score,
    isBeyond: (value, threshold) => value < threshold,
    finding: (value, threshold) => `health score ${round(value)} is below ${round(threshold)}`,
  },
}

/**
 * The rule that a name of the configuration stands for. Below the least number of executions it never holds, so that one failure
 * out of one pages nobody.
 */
function namedRule({ name, threshold, severity, forSeconds }: AlertRule): InProcessRule {
  const { description, leastExecutions, value, isBeyond, finding } = watched[name]
  return {
    alertName: alertNames[name],
    severity,
    forSeconds,
    description,
    holds(health) {
      const now = value(health)
      return now !== undefined && health.executions >= leastExecutions && isBeyond(now, threshold)
    },
    finding: (health) => finding(value(health) ?? 0, threshold),
  }
}

/** The thresholds count over the traffic window; a process only knows its health window, so the same traffic is fewer executions. */
function inHealthWindow(executions: number): number {
  return Math.ceil((executions * healthWindowSeconds) / trafficWindowSeconds)
}

function percent(share: number): string {
  return `${round(share * 100)} %`
}

/** One decimal at most, so that 50.4 % is not said to be 50 % and above 50 %. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}
