import { alertNames, defaultAlertRules } from '../src/alert-rules.ts'
import { channelDefinitions, channelVariables } from '../src/channels/channel-types.ts'
import { alertSettings } from '../src/settings/alerts.ts'
import {
  type AnySetting,
  asCode,
  asDefault,
  documentedSetting,
  table,
  variablesTable,
} from '../src/settings/documented-setting.ts'
import { monitorSettings } from '../src/settings/monitor.ts'
import { metricsSettings, startSettings, telemetrySettings } from '../src/settings/process.ts'
import { recoveryLimits } from '../src/settings/recovery.ts'
import { type JsonSchema, plainFileSchema } from './file-json-schema.ts'

const groups: readonly (readonly [title: string, path: string, settings: Readonly<Record<string, AnySetting>>])[] = [
  ['Status page and health checks', 'monitor', { ...monitorSettings }],
  ['Metrics', 'metrics', { ...metricsSettings }],
  ['Telemetry', 'telemetry', { ...telemetrySettings }],
  ['Recovery', 'recovery', { ...recoveryLimits }],
  ['Alerts', 'alerts', { ...alertSettings }],
  ['Start', '', { ...startSettings }],
]

/** One table for each group of settings: what they are called in the environment, in the file and in code. */
export function settingsTables(): string {
  return groups
    .map(([title, path, settings]) => {
      const rows = Object.entries(settings).map(([key, setting]) => {
        const { variable, type, default: fallback, meaning } = documentedSetting(setting)
        const name = path === '' ? key : `${path}.${key}`
        return [variable, asCode(setting.fileKey), asCode(name), type, fallback, asCode(exampleOf(name, setting)), meaning]
      })
      return `### ${title}\n\n${table(['Variable', 'In the file', 'Path', 'Type', 'Default', 'Example', 'Meaning'], rows)}`
    })
    .join('\n\n')
}

/** As it is written in the environment, otherwise in the file, otherwise in code. */
function exampleOf(path: string, { example = '', variable, fileKey, value }: AnySetting): string {
  if (variable !== undefined) return `${variable}${value.isSecret ? '_FILE' : ''}=${example}`
  return fileKey === undefined ? `${path}: '${example}'` : `${fileKey}: ${/[{}:]/.test(example) ? `'${example}'` : example}`
}

/** The settings of the page by their paths. */
export function settingsOfPage(): ReadonlyMap<string, AnySetting> {
  return new Map(
    groups.flatMap(([, path, settings]) =>
      Object.entries(settings).map(([key, setting]) => [path === '' ? key : `${path}.${key}`, setting] as const),
    ),
  )
}

/** The variables that complete the alert channels. */
export function channelVariablesTable(): string {
  return variablesTable(Object.values(channelVariables).flatMap((ofType) => Object.values(ofType)))
}

/** An entry with the keys that every channel may have. */
export const commonExample: string =
  "{ type: email, name: second-mail, severities: [warning, info], fallback: true, quiet_hours: { from: '22:00', to: '07:00', time_zone: Europe/Berlin } }"

/** Entries as code, in lines of about 100 columns: Markdown shows a line break within code as a space. */
function examplesText(examples: readonly string[]): string {
  const text = `Example: ${examples.map((example) => asCode(`- ${example}`)).join(' or ')}`
  return text.replaceAll(/(.{60,100}?[,\]}`]) (?=.{12})/g, '$1\n')
}

/** A table of the keys of each type of channel. */
export function channelTables(): string {
  const channels = schemaAt('channels').items?.oneOf ?? []
  const own = (channel: JsonSchema): string[][] => rowsOf(channel, isOwn)
  const common = rowsOf(channels[0] ?? {}, (key) => key !== 'type' && !isOwn(key))
  return [
    `Every channel has a \`type\` and may have:\n\n${table(head, common)}\n\n${examplesText([commonExample])}`,
    ...channels.map((channel) => {
      const type = channel.properties?.['type']
      const rows = own(channel)
      const { examples } = channelDefinitions.find((each) => each.type === type?.const)!
      const shown = examplesText(examples)
      return `#### ${type?.const}\n\n${type?.description}${rows.length === 0 ? '' : `\n\n${table(head, rows)}`}\n\n${shown}`
    }),
  ].join('\n\n')

  function isOwn(key: string): boolean {
    return !channels.every((channel) => channel.properties?.[key])
  }
}

/** A table of the keys of a price, or of a budget. */
export function mapTable(section: 'prices' | 'budgets' | 'loops'): string {
  const entry = plainFileSchema().properties?.[section]?.additionalProperties
  if (typeof entry !== 'object') throw new Error(`the schema of the file has no ${section}`)
  const rowsOf = ({ properties = {}, required = [] }: JsonSchema, prefix: string): string[][] =>
    Object.entries(properties).flatMap(([key, inner]) => [
      [asCode(prefix + key), required.includes(key) ? 'required' : 'optional', inner.description ?? ''],
      ...rowsOf(inner, `${prefix}${key}.`),
    ])
  const rows = rowsOf(entry, '')
  return table(['Key', '', 'Meaning'], rows)
}

/** A table of the keys of `recovery.provider`. */
export function providerRecoveryTable(): string {
  const { properties = {} } = plainFileSchema().properties?.['recovery']?.properties?.['provider'] ?? {}
  const rows = Object.entries(properties).map(([key, { description = '' }]) => [asCode(key), description])
  return table(['Key', 'Meaning'], rows)
}

/** A table of the keys of a rule, and one of the rules there are by default. */
export function ruleTables(): string {
  const kinds = schemaAt('rules').items?.oneOf ?? []
  const thresholds = kinds.flatMap((kind) => {
    const { name, threshold } = kind.properties ?? {}
    return (name?.enum ?? [name?.const ?? '']).map((word) => [asCode(word), threshold?.description ?? ''])
  })
  const rest = rowsOf(kinds[0] ?? {}, (key) => key === 'severity' || key === 'for')
  const defaults = defaultAlertRules.map(({ name, severity, threshold, forSeconds }) => [
    asCode(name),
    asCode(alertNames[name]),
    severity,
    `\`${threshold}\``,
    `\`${forSeconds}\` s`,
  ])
  return [
    table(['`name`', '`threshold`: number, required'], thresholds),
    table(head, rest),
    'These rules apply if the file lists none. A name that is listed replaces the default rules of that name:',
    table(['Rule', 'Alert', 'Severity', 'Threshold', 'For'], defaults),
  ].join('\n\n')
}

const head = ['Key', 'Type', 'Default', 'Meaning'] as const

/** A table of the keys of the entries of a list. */
export function listTable(list: 'escalation' | 'rotations'): string {
  const entries = (schema: JsonSchema, prefix: string): string[][] =>
    Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
      const parts = inner.type === 'array' ? (inner.items ?? {}) : inner
      const isRequired = schema.required?.includes(key) === true
      const secret = inner.writeOnly === true ? '**Secret.** ' : ''
      const own = [asCode(prefix + key), isRequired ? 'required' : 'optional', `${secret}${inner.description ?? ''}`]
      return [own, ...entries(parts, `${prefix}${key}${inner.type === 'array' ? '[]' : ''}.`)]
    })
  return table(['Key', '', 'Meaning'], entries(schemaAt(list).items ?? {}, ''))
}

function schemaAt(list: 'channels' | 'rules' | 'escalation' | 'rotations'): JsonSchema {
  return plainFileSchema().properties?.['alerts']?.properties?.[list] ?? {}
}

function rowsOf(schema: JsonSchema, isWanted: (key: string) => boolean): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    if (!isWanted(key)) return []
    const about = `${inner.writeOnly ? '**Secret.** ' : ''}${inner.description ?? ''}`
    const own = [asCode(key), typeOf(inner), asDefault(inner.default), about]
    const parts = rowsOf(inner, () => true).map(([name, ...rest]) => [asCode(`${key}.${name?.replaceAll('`', '')}`), ...rest])
    return [own, ...parts]
  })
}

function typeOf({ type, enum: words, items }: JsonSchema): string {
  if (words) return words.map((word) => asCode(word)).join(', ')
  if (items) return `list of ${items.enum ? typeOf(items) : 'texts'}`
  return { string: 'text', boolean: 'true or false', object: 'mapping', number: 'number of seconds' }[type ?? ''] ?? ''
}
