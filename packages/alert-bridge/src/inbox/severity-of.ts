import { severities, type Severity } from '@swarmwatch/config'

import type { Alert } from './alert-group.ts'

const words: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  emergency: 'critical',
  fatal: 'critical',
  page: 'critical',
  warning: 'warning',
  info: 'info',
  information: 'info',
  none: 'info',
  notice: 'info',
}

/** What the label `severity` says; one that is unknown or missing counts as a warning. */
export function severityOf(alert: Pick<Alert, 'labels'>): Severity {
  const word = alert.labels['severity']?.toLowerCase() ?? ''
  return Object.hasOwn(words, word) ? (words[word] ?? 'warning') : 'warning'
}

/** The worst of some. */
export function worstOf(some: Iterable<Severity>): Severity {
  const found = new Set(some)
  return severities.find((severity) => found.has(severity)) ?? 'info'
}
