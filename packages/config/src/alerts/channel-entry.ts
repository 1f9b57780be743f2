import type { FileChannel } from '../file/file-settings.ts'
import type { SettingsDocument } from '../file/settings-document.ts'
import type { Origin } from '../origin.ts'
import { type ChannelBase, severities as allSeverities } from './alert-channel.ts'

/** A channel as code or the file lists it, or one that only variables ask for. */
export interface ChannelEntry {
  readonly channel: FileChannel
  /** Its path in the list, such as `alerts.channels[0]`; undefined for one that only variables ask for. */
  readonly path: string | undefined
  /** What lists it: `code`, or the name of the file. */
  readonly listedIn: string | undefined
  /** The entry of the list, or the variable that asks for it. */
  readonly origin: Origin
  /** What is known of the file; empty for one in code. */
  readonly details: SettingsDocument['details']
  /** Parts in code that otherwise come from variables. */
  readonly server: Readonly<Record<string, unknown>>
}

/** A value, where it came from, and why there is none. */
export interface Target<T> {
  readonly value: T | undefined
  readonly origin: Origin
  readonly missing: string
}

type Origins<T> = { readonly [Key in keyof T]: Origin }

/** What all channels have, with defaults. */
export function baseOf({ channel, ...entry }: ChannelEntry): {
  values: ChannelBase
  origins: Origins<ChannelBase & { type: unknown }>
} {
  const { type, name = type, fallback = false, quiet_hours: quiet } = channel
  return {
    values: {
      name,
      // who is in reserve for critical alerts hears of them at once only where that is said
      severities: channel.severities ?? allSeverities.filter((one) => !fallback || one !== 'critical'),
      fallback,
      quietHours: quiet && { from: quiet.from, to: quiet.to, timeZone: quiet.time_zone ?? 'UTC' },
    },
    origins: {
      type: entry.origin,
      name: originOf(entry, 'name', channel.name),
      severities: originOf(entry, 'severities', channel.severities),
      fallback: originOf(entry, 'fallback', channel.fallback),
      quietHours: originOf(entry, 'quiet_hours', channel.quiet_hours),
    },
  }
}

/** The target of a channel: what its list gives under `key`, or, where there is no such key, the variable. */
export function targetOf<T>(entry: ChannelEntry, key: keyof FileChannel, listed: T | undefined, variable: Target<T>): Target<T> {
  const path = `${entry.path}.${key}`
  if (!isListed(entry, key)) return variable
  const unset = [...entry.details].flatMap(([of, detail]) => (of === path || of.startsWith(`${path}[`) ? detail.unset : []))
  return {
    value: Array.isArray(listed) && listed.length === 0 ? undefined : listed,
    origin: originOf(entry, key, path),
    missing: unset.length > 0 ? `${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set` : `${path} is empty`,
  }
}

/** Whether the list has such a key, be its value empty. */
export function isListed({ path, channel, details }: ChannelEntry, key: keyof FileChannel): boolean {
  return path !== undefined && (channel[key] !== undefined || details.has(`${path}.${key}`))
}

/** Where the value of a key came from. */
export function originOf(entry: Omit<ChannelEntry, 'channel'>, key: keyof FileChannel, given: unknown): Origin {
  if (given === undefined) return 'default'
  return entry.listedIn === 'code' ? 'code' : `file ${entry.listedIn}:${entry.path}.${key}`
}
