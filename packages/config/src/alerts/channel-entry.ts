import type { ChannelBase } from './alert-channel.ts'
import type { FileChannel } from '../file/file-settings.ts'
import type { Origin } from '../origin.ts'
import type { SettingsDocument } from '../file/settings-document.ts'

/** A channel as the file lists it, or one that only variables ask for. */
export interface ChannelEntry {
  readonly channel: FileChannel
  /** Its path in the file, such as `alerts.channels[0]`; undefined for one that only variables ask for. */
  readonly path: string | undefined
  readonly fileName: string | undefined
  /** The entry of the file, or the variable that asks for it. */
  readonly origin: Origin
  readonly details: SettingsDocument['details']
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
  const { type, name = type, severities = ['critical', 'warning', 'info'], fallback = false, quiet_hours: quiet } = channel
  return {
    values: {
      name,
      severities,
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

/** The target of a channel: what the file gives under `key`, or, where it has no such key, the variable. */
export function targetOf<T>(
  entry: ChannelEntry,
  key: keyof FileChannel,
  fromFile: T | undefined,
  variable: Target<T>,
): Target<T> {
  const path = `${entry.path}.${key}`
  if (entry.path === undefined || !entry.details.has(path)) return variable
  const unset = [...entry.details].flatMap(([of, detail]) => (of === path || of.startsWith(`${path}[`) ? detail.unset : []))
  return {
    value: Array.isArray(fromFile) && fromFile.length === 0 ? undefined : fromFile,
    origin: originOf(entry, key, path),
    missing: unset.length > 0 ? `${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set` : `${path} is empty`,
  }
}

function originOf(entry: Omit<ChannelEntry, 'channel'>, key: keyof FileChannel, given: unknown): Origin {
  return given === undefined ? 'default' : `file ${entry.fileName}:${entry.path}.${key}`
}
