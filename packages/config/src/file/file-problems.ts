import type { z } from 'zod'

import { defaultAlertRules } from '../alerts/alert-rules.ts'
import type { Problem } from '../configuration-error.ts'
import { shownPath, shownValue } from '../shown-value.ts'
import { isSecretPath } from './channel-target.ts'
import type { Detail, SettingsDocument } from './settings-document.ts'

/** Says in our words what the schema found: path, rule, value and line. The schema's messages are the rules. */
export function fileProblems(fileName: string, document: SettingsDocument, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return problemAt(fileName, document, issue.path, issue.message)
    // what an unknown key holds may be a secret under a mistyped name
    return issue.keys.map((key) => ({ ...problemAt(fileName, document, [...issue.path, key], issue.message), value: undefined }))
  })
}

/** Names that stand twice among the channels, and rules with the same name and severity. */
export function repeatedEntries(fileName: string, document: SettingsDocument): Problem[] {
  const channels = repeated(document, 'channels', ({ name, type }) => name ?? type)
  const rules = repeated(document, 'rules', ({ name, severity }) => JSON.stringify([name, severity ?? defaultSeverity(name)]))
  return [
    ...channels.map((path) =>
      problemAt(fileName, document, [...path, 'name'], 'must differ from the other channels; give it a name'),
    ),
    ...rules.map((path) => problemAt(fileName, document, [...path, 'name'], 'must not stand twice with the same severity')),
  ]
}

function defaultSeverity(rule: unknown): string | undefined {
  return defaultAlertRules.find(({ name }) => name === rule)?.severity
}

function repeated(document: SettingsDocument, list: string, keyOf: (entry: Record<string, unknown>) => unknown): PropertyKey[][] {
  const entries = at(document.value, ['alerts', list])
  const seen = new Set<unknown>()
  const paths: PropertyKey[][] = []
  for (const [index, entry] of Array.isArray(entries) ? entries.entries() : []) {
    const key = typeof entry === 'object' && entry !== null ? keyOf(entry as Record<string, unknown>) : undefined
    if (key !== undefined && seen.has(key)) paths.push(['alerts', list, index])
    seen.add(key)
  }
  return paths
}

function problemAt(fileName: string, document: SettingsDocument, path: readonly PropertyKey[], rule: string): Problem {
  const shown = shownPath(path)
  const detail = nearestDetail(document.details, path)
  const value = at(document.value, path)
  return {
    path: shown || fileName,
    rule: value === undefined && rule.startsWith('must be ') ? `is missing; it ${rule}` : rule,
    value: value !== undefined && (isSecretPath(shown) || detail?.holdsSecret) ? '***' : shownValue(value),
    place: `${fileName}:${detail?.line ?? 1}`,
  }
}

/** Of the value, or of the mapping in which it is missing. */
function nearestDetail(details: ReadonlyMap<string, Detail>, path: readonly PropertyKey[]): Detail | undefined {
  return details.get(shownPath(path)) ?? (path.length > 0 ? nearestDetail(details, path.slice(0, -1)) : undefined)
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined | null)?.[key], value)
}
