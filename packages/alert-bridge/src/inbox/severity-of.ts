import { severities, type Severity } from '@swarmwatch/config'

import type { Alert } from './alert-group.ts'

/** Where teams write how bad an alert is; the first label with a known word counts. */
const labels = ['severity', 'priority', 'level']

/** What the words of other teams mean: for two levels between ours, the worse one, since only critical alerts are escalated. */
const words: ReadonlyMap<string, Severity> = new Map(
  Object.entries({
    critical:
      'critical crit emergency emerg panic fatal alert page pager disaster blocker urgent severe error err high highest major p0 p1 p2 sev0 sev1 sev2 s0 s1 s2',
    warning: 'warning warn medium moderate normal average minor p3 sev3 s3',
    info: 'info information informational none notice low lowest trivial debug trace verbose ok p4 p5 sev4 sev5 s4 s5',
  } satisfies Record<Severity, string>).flatMap(([severity, some]) =>
    some.split(' ').map((word): [string, Severity] => [word, severity as Severity]),
  ),
)

/** What the label `severity`, `priority` or `level` says; every word that is not known, and none at all, counts as a warning. */
export function severityOf(alert: Pick<Alert, 'labels'>): Severity {
  for (const label of labels) {
    const found = words.get(plainWord(alert.labels[label] ?? ''))
    if (found !== undefined) return found
  }
  return 'warning'
}

/** `SEV-1`, `Severity 1` and `sev_1` are `sev1`, `Priority 1` is `p1`. */
function plainWord(text: string): string {
  const word = text.toLowerCase().replaceAll(/[\s_-]/g, '')
  return word.replace(/^severity(?=\d$)/, 'sev').replace(/^prio(?:rity)?(?=\d$)/, 'p')
}

/** The worst of some. */
export function worstOf(some: Iterable<Severity>): Severity {
  const found = new Set(some)
  return severities.find((severity) => found.has(severity)) ?? 'info'
}
