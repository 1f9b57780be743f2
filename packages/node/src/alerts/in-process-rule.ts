import type { AlertRule, Severity } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import type { ConditionRule } from './condition-rule.ts'
import { namedRule } from './named-rule.ts'

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
