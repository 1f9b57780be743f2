import { alertNames, defaultAlertRules } from '../src/alert-rules.ts'
import { plainFileSchema, type JsonSchema } from './file-json-schema.ts'
import { code, shown, table } from './table.ts'

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
    'Without any in the file these rules are in force; a name that is listed replaces the default rules of that name:',
    table(['Rule', 'Alert', 'Severity', 'Threshold', 'For'], defaults),
  ].join('\n\n')
}

const head = ['Key', 'Type', 'Default', 'What it is'] as const

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
