import type { InProcessRule } from './in-process-rule.ts'

/** An alert that fires, or that has just ended and is to be reported as resolved. */
export interface ActiveAlert {
  readonly rule: InProcessRule
  /** The labels of the process, `alertname` and `severity`. */
  readonly labels: Readonly<Record<string, string>>
  readonly fingerprint: string
  readonly annotations: Readonly<Record<'summary' | 'description', string> & Partial<Record<'runbook_url', string>>>
  readonly finding: string
  /** When its condition began to hold. */
  readonly sinceMs: number
}

/** The alert of a rule whose condition has held since `sinceMs`. */
export function activeAlert(
  rule: InProcessRule,
  { finding, sinceMs }: { readonly finding: string; readonly sinceMs: number },
  processLabels: Readonly<Record<string, string>>,
): ActiveAlert {
  // Alertmanager rejects empty values
  const given = Object.fromEntries(Object.entries(processLabels).filter(([, value]) => value !== ''))
  const labels = { ...given, alertname: rule.alertName, severity: rule.severity }
  const annotations = {
    summary: `${rule.alertName}: ${finding}`,
    description: rule.description,
    ...(rule.runbookUrl !== undefined && { runbook_url: rule.runbookUrl }),
  }
  return { rule, labels, fingerprint: fingerprint(labels), annotations, finding, sinceMs }
}

const offset = 14_695_981_039_346_656_037n
const prime = 1_099_511_628_211n
const separator = 0xff

/** 16 hexadecimal digits for a set of labels, the same that Alertmanager computes (FNV-1a over sorted names and values). */
function fingerprint(labels: Readonly<Record<string, string>>): string {
  let hash = offset
  for (const name of Object.keys(labels).toSorted()) {
    for (const byte of [...Buffer.from(name), separator, ...Buffer.from(labels[name]!), separator]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime)
    }
  }
  return hash.toString(16).padStart(16, '0')
}
