import { type GroupAlert, severities, type Severity } from '@swarmwatch/config'

/** Labels in which teams put the severity; the first one with a known word counts. */
const labels = words(
  'severity priority level urgency criticality impact sev prio alert_severity severity_level alert_level alert_priority',
)

/** Words that teams use. A level between two of ours counts as the worse one, because only critical alerts are escalated. */
const meanings: ReadonlyMap<string, Severity> = new Map(
  Object.entries({
    critical:
      'critical crit emergency emerg panic fatal alert page pager disaster blocker catastrophic urgent severe error err high highest major p0 p1 p2 sev0 sev1 sev2 s0 s1 s2',
    warning: 'warning warn medium moderate normal average minor p3 sev3 s3',
    info: 'info information informational none notice low lowest trivial debug trace verbose ok p4 p5 sev4 sev5 s4 s5',
  } satisfies Record<Severity, string>).flatMap(([severity, some]) =>
    words(some).map((word): [string, Severity] => [word, severity as Severity]),
  ),
)

/** Words next to a severity that are not one themselves: `high priority`, `1 - Critical`. */
const filler = /^(?:very|severity|sev|priority|prio|level|impact|urgency|\d+)$/

/**
 * The severity in the label `severity`, otherwise in `priority`, `level` and so on, in upper or lower case. An unknown word, and no label
 * at all, count as a warning.
 */
export function severityOf(alert: Pick<GroupAlert, 'labels'>): Severity {
  return severityIn(alert.labels) ?? severityIn(withLowerCaseNames(alert.labels)) ?? 'warning'
}

function severityIn(texts: GroupAlert['labels']): Severity | undefined {
  for (const label of labels) {
    if (!Object.hasOwn(texts, label)) continue
    const found = meanings.get(texts[label]!) ?? meanings.get(firstWord(texts[label]!))
    if (found !== undefined) return found
  }
  return undefined
}

function withLowerCaseNames(texts: GroupAlert['labels']): GroupAlert['labels'] {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name.toLowerCase(), text]))
}

/** `SEV-1`, `Severity 01` and `sev_1 (down)` are `sev1`, `Priority: 1` is `p1`, `ERROR2` of OpenTelemetry is `error`. */
function firstWord(text: string): string {
  const plain = text
    .slice(0, 100)
    .toLowerCase()
    .replace(/(?<![a-z0-9])(?:severity|sev)[\s_.:#-]*0?(\d)(?!\d)/, 'sev$1')
    .replace(/(?<![a-z0-9])(?:priority|prio|p)[\s_.:#-]*0?(\d)(?!\d)/, 'p$1')
    .replace(/(trace|debug|info|warn|error|fatal)[1-4](?![a-z0-9])/, '$1')
  return plain.match(/[\p{L}\p{N}]+/gu)?.find((one) => !filler.test(one)) ?? text
}

/** The worst of several severities. */
export function worstOf(some: Iterable<Severity>): Severity {
  const found = new Set(some)
  return severities.find((severity) => found.has(severity)) ?? 'info'
}

function words(text: string): string[] {
  return text.split(' ')
}
