import { severities, type Severity } from '@swarmwatch/config'

import type { Alert } from './alert-group.ts'

const words: ReadonlyMap<string | undefined, Severity> = new Map([
  ['critical', 'critical'],
  ['emergency', 'critical'],
  ['fatal', 'critical'],
  ['page', 'critical'],
  ['info', 'info'],
  ['information', 'info'],
  ['none', 'info'],
  ['notice', 'info'],
])

/** What the label `severity` says; every other word, and none at all, counts as a warning. */
export function severityOf(alert: Pick<Alert, 'labels'>): Severity {
  return words.get(alert.labels['severity']?.toLowerCase()) ?? 'warning'
}

/** The worst of some. */
export function worstOf(some: Iterable<Severity>): Severity {
  const found = new Set(some)
  return severities.find((severity) => found.has(severity)) ?? 'info'
}
