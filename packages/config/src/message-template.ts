import type { ShapeProblem, Spelling } from './shape.ts'

/** Fields of a template, and their meanings. */
export const templateFields = {
  status: 'CRITICAL, WARNING, INFO, STILL CRITICAL, RESOLVED',
  severity: 'critical, warning or info',
  title: 'name of the alert',
  names: 'the affected agents, or else the affected things',
  summary: 'annotation summary that all alerts share',
  description: 'annotation description that all alerts share',
  since: 'when it began, in the time zone of the messages',
  ended: 'when it ended; empty while it fires',
  lasted: 'how long it lasted, such as 12 min 4 s; empty while it fires',
  firing: 'number of alerts that fire',
  resolved: 'number of alerts that are resolved',
  runbook: 'address of the runbook',
  dashboard: 'address of the dashboard',
} as const

/** One of {@link templateFields}. */
export type TemplateField = keyof typeof templateFields

/** A field, or a label or an annotation by its name. */
export type FieldName = TemplateField | `labels.${string}` | `annotations.${string}`

/** A part of a template: text, or a field that is replaced by its value, or by `otherwise` if it has none. */
export type TemplatePart = string | { readonly field: FieldName; readonly otherwise: string }

/** A template that was read. `problems` has the rest of a sentence for each; parts with problems are left out. */
export interface ReadTemplate {
  readonly parts: readonly TemplatePart[]
  readonly problems: readonly string[]
}

const places = /\{\{([^{}]*)\}\}/g
const names = [...Object.keys(templateFields), 'labels.NAME', 'annotations.NAME'].join(', ')

/**
 * Reads a template: text with fields in double braces, `{{ title }}`, each with an optional text for an empty value,
 * `{{ labels.team | the platform team }}`. There is no other syntax, so a template can run no code and read nothing else.
 */
export function readTemplate(text: string): ReadTemplate {
  const parts: TemplatePart[] = []
  const problems: string[] = []
  let end = 0
  for (const match of text.matchAll(places)) {
    parts.push(text.slice(end, match.index))
    end = match.index + match[0].length
    const [, name = '', otherwise = ''] = /^([^|]*)(?:\|([^]*))?$/.exec(match[1]!) ?? []
    const field = name.trim()
    if (isField(field)) parts.push({ field, otherwise: otherwise.trim() })
    else problems.push(`has the unknown field "${field}"; the fields are ${names}`)
  }
  parts.push(text.slice(end))
  if (/\{\{|\}\}/.test(text.replaceAll(places, ''))) problems.push('has double braces without their pair, such as {{ title }}')
  return { parts: parts.filter((part) => part !== ''), problems }
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(templateFields, name) || /^(?:labels|annotations)\.[A-Za-z_][\w.-]*$/.test(name)
}

/** Reports fields that do not exist. `alerts` has not been checked. */
export function checkTemplates(alerts: unknown, spelling: Spelling, report: (finding: ShapeProblem) => void): void {
  const given = (alerts ?? {}) as Readonly<Record<string, unknown>>
  const templates = spelling === 'code' ? given : ((given['templates'] ?? {}) as Readonly<Record<string, unknown>>)
  for (const [code, inFile] of [
    ['titleTemplate', 'title'],
    ['firingTemplate', 'firing'],
    ['resolvedTemplate', 'resolved'],
  ] as const) {
    const text = templates[spelling === 'code' ? code : inFile]
    const path = spelling === 'code' ? ['alerts', code] : ['alerts', 'templates', inFile]
    if (typeof text !== 'string') continue
    for (const rule of readTemplate(text).problems) report({ path, rule, value: undefined, isSecret: false })
  }
}
