import { type AlertRule, type AlertRuleName, thresholds } from '@swarmwatch/config'
import { type DynamicConfigValue, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard'
import { healthWeights } from '@swarmwatch/sdk/health-score'

import { ruleThresholds } from '../rule-thresholds.ts'
import { type MixinSettings, rulesNamed } from '../settings.ts'

/** Values from which on an alert fires; the rules have the same values. */
export interface Limits {
  /** Which side of the limits is bad. */
  readonly side: 'above' | 'below'
  readonly warning?: number
  readonly critical?: number
}

const above = (limits: Omit<Limits, 'side'>): Limits => ({ side: 'above', ...limits })
const {
  bridge,
  unacknowledged,
  budget,
  capacity,
  dailyBudget,
  forecast,
  hiddenRetries,
  modelErrors,
  notifications,
  quality,
  retries,
  watchdogSeconds,
  workQueue,
} = ruleThresholds
const { errorRate } = thresholds
const { resources } = healthWeights

type LimitName =
  | 'agentErrors'
  | 'retries'
  | 'requestsPerModelCall'
  | 'modelErrors'
  | 'busiest'
  | 'budgetBurn'
  | 'monthCost'
  | 'activeTimes'
  | 'weeklyGrowth'
  | 'queueFill'
  | 'storageFill'
  | 'undeliveredAlerts'
  | 'inboxAge'
  | 'unacknowledgedAge'
  | 'watchdogAge'
  | 'anyAlert'
  | 'anyTelemetryError'
  | 'budgetLeft'
  | 'dailyBudget'
  | 'scoreDrop'
  | 'headroom'
  | 'oldestTask'

/** Limits that the settings file does not change. */
export const limits: Readonly<Record<LimitName, Limits>> = {
  agentErrors: above({ warning: errorRate.warning.above, critical: errorRate.critical.above }),
  retries: above({ warning: retries.above }),
  requestsPerModelCall: above({ warning: hiddenRetries.requestsPerCall }),
  modelErrors: above({ warning: modelErrors.above }),
  busiest: above({ warning: resources.from, critical: resources.to }),
  dailyBudget: above({ warning: dailyBudget.warnFrom, critical: 1 }),
  scoreDrop: above({ warning: quality.significantZ }),
  budgetBurn: above({ warning: budget.timesAllowed }),
  activeTimes: above({ warning: capacity.activeTimesExpected }),
  monthCost: above({ warning: budget.usdPerMonth }),
  weeklyGrowth: above({ warning: capacity.weeklyGrowth }),
  queueFill: above({ warning: capacity.queueFull.fullerThan }),
  storageFill: above({ warning: capacity.diskFull.fullerThan }),
  undeliveredAlerts: above({ critical: notifications.failedAbove }),
  inboxAge: above({ critical: bridge.oldestSeconds }),
  unacknowledgedAge: above({ critical: unacknowledged.olderThanSeconds }),
  // The bridge itself raises this alert
  watchdogAge: above({ critical: watchdogSeconds }),
  // No rule has these limits: one alert is too many, and below zero the objective is missed
  anyAlert: above({ warning: 1 }),
  // increase() returns no whole numbers
  anyTelemetryError: above({ warning: 0.5 }),
  budgetLeft: { side: 'below', critical: 0 },
  headroom: { side: 'below', warning: forecast.leastHeadroom },
  oldestTask: above({ warning: workQueue.oldestSeconds }),
}

/**
 * Limits of rules that the settings file can change; of several rules with one severity, the one
 * that fires first counts.
 */
export function limitsOf(settings: MixinSettings, side: 'above' | 'below', ...names: readonly AlertRuleName[]): Limits {
  const rules = names.flatMap((name) => rulesNamed(settings, name))
  const first = (severities: readonly AlertRule['severity'][]): number | undefined => {
    const values = rules.filter(({ severity }) => severities.includes(severity)).map(({ threshold }) => threshold)
    if (values.length === 0) return undefined
    return side === 'above' ? Math.min(...values) : Math.max(...values)
  }
  const warning = first(['warning', 'info'])
  const critical = first(['critical'])
  return { side, ...(warning !== undefined && { warning }), ...(critical !== undefined && { critical }) }
}

/** One color for all values of a line. */
export function fixedColor(name: string): DynamicConfigValue {
  return { id: 'color', value: { mode: 'fixed', fixedColor: name } }
}

/** Colors of outcomes, the same on every dashboard. */
export const outcomeColors: Readonly<Record<string, string>> = { success: 'green', failure: 'red', cancelled: 'gray' }

const color = { good: 'green', warning: 'orange', critical: 'red' } as const

/**
 * Limits in Grafana's format: a color from each value on. Without limits a value is neither good
 * nor bad.
 */
export function thresholdsConfig(limits: Limits | undefined): ThresholdsConfigBuilder {
  const builder = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute)
  if (limits === undefined) return builder.steps([{ value: null, color: 'text' }])
  const { side, warning, critical } = limits
  const from = (value: number | undefined, name: string): { value: number; color: string }[] =>
    value === undefined ? [] : [{ value, color: name }]
  if (side === 'above') {
    return builder.steps([{ value: null, color: color.good }, ...from(warning, color.warning), ...from(critical, color.critical)])
  }
  return builder.steps([
    { value: null, color: critical === undefined ? color.warning : color.critical },
    ...from(critical, warning === undefined ? color.good : color.warning),
    ...from(warning, color.good),
  ])
}
