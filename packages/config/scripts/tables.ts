import { alertNames, defaultAlertRules } from '../src/alert-rules.ts'
import { channelVariables } from '../src/channels/channel-types.ts'
import { alertSettings } from '../src/settings/alerts.ts'
import { monitorSettings } from '../src/settings/monitor.ts'
import { metricsSettings, startSettings, telemetrySettings } from '../src/settings/process.ts'
import { recoveryLimits } from '../src/settings/recovery.ts'
import type { Setting } from '../src/settings/setting.ts'
import { type JsonSchema, plainFileSchema } from './file-json-schema.ts'

type AnySetting = Pick<Setting<unknown>, 'about' | 'default' | 'variable' | 'fileKey' | 'orFile'> & {
  readonly value: { readonly rule: string; readonly isSecret: boolean }
}

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
      const rows = Object.entries(settings).map(([key, setting]) => [
        code(setting.variable),
        code(setting.fileKey),
        code(path === '' ? key : `${path}.${key}`),
        mustBe(setting),
        defaultOf(setting),
        aboutOf(setting),
      ])
      return `### ${title}\n\n${table(['Variable', 'In the file', 'Path', 'Type', 'Default', 'Meaning'], rows)}`
    })
    .join('\n\n')
}

/** The variables that complete the alert channels. */
export function channelVariablesTable(): string {
  const settings: readonly AnySetting[] = Object.values(channelVariables).flatMap((ofType) => Object.values(ofType))
  const rows = settings.map((setting) => [code(setting.variable), mustBe(setting), defaultOf(setting), aboutOf(setting)])
  return table(['Variable', 'Type', 'Default', 'Meaning'], rows)
}

function mustBe({ value }: AnySetting): string {
  return value.rule.replace(/^must be /, '')
}

function defaultOf({ value, default: fallback }: AnySetting): string {
  return fallback !== undefined && value.rule.includes('seconds') ? `${shown(fallback)} s` : shown(fallback)
}

function aboutOf({ value, variable, about, orFile }: AnySetting): string {
  const text = value.isSecret ? `**Secret.** ${about}` : about
  return value.isSecret || orFile === true ? `${text} Also as a file: ${code(`${variable}_FILE`)}.` : text
}

/** A table of the keys of each type of channel. */
export function channelTables(): string {
  const channels = schemaAt('channels').items?.oneOf ?? []
  const own = (channel: JsonSchema): string[][] => rowsOf(channel, isOwn)
  const common = rowsOf(channels[0] ?? {}, (key) => key !== 'type' && !isOwn(key))
  return [
    `Every channel has a \`type\` and may have:\n\n${table(head, common)}`,
    ...channels.map((channel) => {
      const type = channel.properties?.['type']
      const rows = own(channel)
      return `#### ${type?.const}\n\n${type?.description}${rows.length === 0 ? '' : `\n\n${table(head, rows)}`}`
    }),
  ].join('\n\n')

  function isOwn(key: string): boolean {
    return !channels.every((channel) => channel.properties?.[key])
  }
}

/** A table of the keys of a rule, and one of the rules there are by default. */
export function ruleTables(): string {
  const kinds = schemaAt('rules').items?.oneOf ?? []
  const thresholds = kinds.flatMap((kind) => {
    const { name, threshold } = kind.properties ?? {}
    return (name?.enum ?? [name?.const ?? '']).map((word) => [code(word), threshold?.description ?? ''])
  })
  const rest = rowsOf(kinds[0] ?? {}, (key) => key === 'severity' || key === 'for')
  const defaults = defaultAlertRules.map(({ name, severity, threshold, forSeconds }) => [
    code(name),
    code(alertNames[name]),
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

function schemaAt(list: 'channels' | 'rules'): JsonSchema {
  return plainFileSchema().properties?.['alerts']?.properties?.[list] ?? {}
}

function rowsOf(schema: JsonSchema, isWanted: (key: string) => boolean): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    if (!isWanted(key)) return []
    const about = `${inner.writeOnly ? '**Secret.** ' : ''}${inner.description ?? ''}`
    const own = [code(key), typeOf(inner), shown(inner.default), about]
    const parts = rowsOf(inner, () => true).map(([name, ...rest]) => [code(`${key}.${name?.replaceAll('`', '')}`), ...rest])
    return [own, ...parts]
  })
}

function typeOf({ type, enum: words, items }: JsonSchema): string {
  if (words) return words.map((word) => code(word)).join(', ')
  if (items) return `list of ${items.enum ? typeOf(items) : 'texts'}`
  return { string: 'text', boolean: 'true or false', object: 'mapping', number: 'number of seconds' }[type ?? ''] ?? ''
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text as code; nothing for nothing. */
export function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``
}

/** A default as code; `none` where there is none. */
function shown(value: unknown): string {
  if (value === undefined) return 'none'
  return code(typeof value === 'string' ? value : JSON.stringify(value))
}
