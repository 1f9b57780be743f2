import type { Detail } from '../file/settings-document.ts'
import { type Origin, type Resolved, resolveSettings, type Sources } from '../settings/setting.ts'
import { type ShapeProblem, fileKeyOf, type Spelling } from '../shape.ts'
import {
  allMissing,
  type ChannelBase,
  type Field,
  type QuietHours,
  severities as allSeverities,
  type Severity,
} from './channel-definition.ts'
import { type AlertChannel, type AnyDefinition, channelVariables, channelDefinitions } from './channel-types.ts'

/** A channel and the origin of each of its parts. */
export interface ChannelWithOrigins {
  readonly channel: AlertChannel
  readonly origins: Readonly<Record<string, Origin>>
}

/** A channel without a target. */
export interface OffChannel {
  readonly name: string
  readonly type: string
  /** Why it is off, and the cure. */
  readonly line: string
  /** Whether a part of what it needs is set, so that someone wants it. */
  readonly isIncomplete: boolean
}

/** Channels as code or the file lists them. */
export interface ChannelList {
  /** After the check of their shape, with the names of code; undefined for one that cannot be used. */
  readonly entries: readonly unknown[]
  readonly spelling: Spelling
  /** `code`, or the name of the file. */
  readonly listedIn: string
  /** Line and variables of each value of the file; empty for code. */
  readonly details: ReadonlyMap<string, Detail>
}

/**
 * Completes the listed channels from the `ALERT_*` variables, and adds one for each type that only the variables name. A channel without
 * a target is left out and added to `offChannels`.
 */
export function readChannels(list: ChannelList, sources: Sources, offChannels: OffChannel[]): ChannelWithOrigins[] {
  const variables = new Map(
    channelDefinitions.map(({ type }) => [type, resolveSettings('alerts', channelVariables[type]!, sources)]),
  )
  const listed = list.entries.flatMap((values, index) => (isEntry(values) ? listedEntry(list, values, index) : []))
  const entries = [...listed, ...channelDefinitions.flatMap((type) => entryOfVariables(type, listed, variables.get(type.type)!))]
  return entries.flatMap((entry) => {
    const built = channelOf(entry, variables.get(entry.type)!)
    if ('channel' in built) return built
    const { reason, isIncomplete } = built
    const set = reason.includes(' and ') ? 'set them' : 'set it'
    const cure = entry.path === undefined ? set : `${set}, or remove ${entry.path} from ${list.listedIn}`
    const name = (entry.values['name'] as string | undefined) ?? entry.type
    offChannels.push({ name, type: entry.type, line: `alert channel "${name}" is off: ${reason}; ${cure}`, isIncomplete })
    return []
  })
}

/** Reports names that several channels have, and keys that a type of channel does not allow together. `channels` has not been checked. */
export function checkChannelEntries(channels: unknown, spelling: Spelling, report: (finding: ShapeProblem) => void): void {
  const seen = new Set<unknown>()
  for (const [index, entry] of Array.isArray(channels) ? channels.entries() : []) {
    if (typeof entry !== 'object' || entry === null) continue
    const written = entry as Record<string, unknown>
    const path = ['alerts', 'channels', index]
    const nameOf = (key: string): string => (spelling === 'file' ? fileKeyOf(key) : key)
    const type = channelDefinitions.find(({ type }) => type === written['type'])
    const given = Object.fromEntries(Object.keys(type?.keys ?? {}).map((key) => [key, written[nameOf(key)]]))
    for (const { key, rule } of (type?.check?.(given) ?? []) as readonly { readonly key: string; readonly rule: string }[]) {
      const value = type!.keys[key]!.value
      report({ path: [...path, nameOf(key)], rule, value: given[key], isSecret: 'isSecret' in value && value.isSecret })
    }
    const name = written['name'] ?? written['type']
    if (name !== undefined && seen.has(name)) {
      const rule = 'must differ from the other channels; set a name'
      report({ path: [...path, 'name'], rule, value: written['name'], isSecret: false })
    }
    seen.add(name)
  }
}

interface Entry {
  readonly type: string
  readonly values: Readonly<Record<string, unknown>>
  /** The entry of the list, or the variable that asks for the channel. */
  readonly origin: Origin
  /** Its path in the list, such as `alerts.channels[0]`; undefined for one that only variables ask for. */
  readonly path: string | undefined
  /** The origin of the value of a key; undefined if the entry has no such key. */
  originOf(key: string): Origin | undefined
  /** The key as the list spells it, and the variables in its value that are not set. */
  written(key: string): { readonly path: string; readonly unset: readonly string[] }
}

function listedEntry({ spelling, listedIn, details }: ChannelList, values: Entry['values'], index: number): Entry {
  const path = `alerts.channels[${index}]`
  const keyPath = (key: string): string => `${path}.${spelling === 'code' ? key : fileKeyOf(key)}`
  return {
    type: String(values['type']),
    values,
    path,
    origin: spelling === 'code' ? 'code' : `file ${listedIn}:${path}.type`,
    originOf(key) {
      if (values[key] === undefined && !details.has(keyPath(key))) return undefined
      return spelling === 'code' ? 'code' : `file ${listedIn}:${keyPath(key)}`
    },
    written(key) {
      const parts = [...details].filter(([of]) => of === keyPath(key) || of.startsWith(`${keyPath(key)}[`))
      return { path: keyPath(key), unset: parts.flatMap(([, detail]) => detail.unset) }
    },
  }
}

function isEntry(values: unknown): values is Readonly<Record<string, unknown>> {
  return typeof values === 'object' && values !== null && 'type' in values
}

function entryOfVariables(
  { type, needs }: AnyDefinition,
  listed: readonly Entry[],
  { values, origins }: Resolved<Readonly<Record<string, unknown>>>,
): Entry[] {
  const key = needs.findLast((key) => values[key] !== undefined)
  if (key === undefined || listed.some((entry) => entry.type === type)) return []
  const written = { path: '', unset: [] }
  return [
    {
      type,
      values: { type },
      origin: origins[key] as Origin,
      path: undefined,
      originOf: () => undefined,
      written: () => written,
    },
  ]
}

/** The channel, or why it is off. */
function channelOf(
  entry: Entry,
  variables: Resolved<Readonly<Record<string, unknown>>>,
): ChannelWithOrigins | { readonly reason: string; readonly isIncomplete: boolean } {
  const type = channelDefinitions.find(({ type }) => type === entry.type)!
  const fields = Object.fromEntries(Object.keys(type.keys).map((key) => [key, fieldOf(type, key, entry, variables)]))
  const resolved = type.resolve?.(fields as never) ?? whenComplete(type, fields)
  if (typeof resolved === 'string') return { reason: resolved, isIncomplete: isPartlySet(type, fields) }
  const own = Object.entries(resolved) as [string, Field<unknown>][]
  const base = baseOf(entry)
  return {
    channel: {
      type: entry.type,
      ...base.values,
      ...Object.fromEntries(own.map(([key, { value }]) => [key, value])),
    } as AlertChannel,
    origins: { ...base.origins, ...Object.fromEntries(own.map(([key, { origin }]) => [key, origin])) },
  }
}

function isPartlySet({ keys, needs }: AnyDefinition, fields: Record<string, Field<unknown>>): boolean {
  return Object.entries(fields).some(
    ([key, { value, origin }]) =>
      value !== undefined && origin !== 'default' && (keys[key]?.isTarget === true || needs.includes(key as never)),
  )
}

function whenComplete({ needs }: AnyDefinition, fields: Record<string, Field<unknown>>): Record<string, Field<unknown>> | string {
  return allMissing(needs.map((key) => fields[key]!)) || fields
}

/** The value of a key: from the entry, otherwise from the variable, otherwise the default. A target that is listed without a value has none. */
function fieldOf(
  type: AnyDefinition,
  key: string,
  entry: Entry,
  variables: Resolved<Readonly<Record<string, unknown>>>,
): Field<unknown> {
  const { isTarget = false, variable, default: fallback } = type.keys[key]!
  const listed = entry.values[key]
  const origin = entry.originOf(key)
  if (origin !== undefined && (isTarget || listed !== undefined)) {
    const { path, unset } = entry.written(key)
    return {
      value: isTarget && Array.isArray(listed) && listed.length === 0 ? undefined : listed,
      origin,
      isListed: true,
      missing: unset.length > 0 ? `${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set` : `${path} is empty`,
    }
  }
  if (variable === undefined) {
    return { value: fallback, origin: 'default', isListed: false, missing: `${entry.written(key).path} is missing` }
  }
  const missing = `${variable.name} is not set`
  return { value: variables.values[key], origin: variables.origins[key] as Origin, isListed: false, missing }
}

/** The settings that every channel has, with defaults. */
function baseOf(entry: Entry): { values: ChannelBase; origins: Readonly<Record<keyof ChannelBase | 'type', Origin>> } {
  const given = entry.values as Partial<ChannelBase> & {
    readonly quietHours?: Omit<QuietHours, 'timeZone'> & Partial<QuietHours>
  }
  const { name = entry.type, fallback = false, severities, quietHours } = given
  const origin = (key: keyof ChannelBase): Origin => (given[key] === undefined ? 'default' : (entry.originOf(key) ?? 'default'))
  return {
    values: {
      name,
      // a reserve for critical alerts receives them at once only if its entry lists critical
      severities: severities ?? allSeverities.filter((severity: Severity) => !fallback || severity !== 'critical'),
      fallback,
      quietHours: quietHours && { from: quietHours.from, to: quietHours.to, timeZone: quietHours.timeZone ?? 'UTC' },
    },
    origins: {
      type: entry.origin,
      name: origin('name'),
      severities: origin('severities'),
      fallback: origin('fallback'),
      quietHours: origin('quietHours'),
    },
  }
}
