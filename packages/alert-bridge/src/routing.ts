import type { ChannelType, QuietHours, Severity } from '@swarmwatch/config'

import type { Channel } from './channels/channel.ts'
import type { Notice } from './message/notice.ts'
import type { Recipient } from './outbox/store.ts'

/** A channel, and the notices that it receives. */
export interface RoutedChannel {
  readonly channel: Channel
  /** For addresses of escalation steps. @default it serves none */
  readonly type?: ChannelType | undefined
  readonly severities: readonly Severity[]
  readonly fallback: boolean
  readonly quietHours: QuietHours | undefined
}

/** Options for {@link routeNotice}. */
export interface Route {
  /** The severities of all alerts of the notice; it shows only the worst one that still fires. @default that of the notice */
  readonly severities?: readonly Severity[]
  /** Recipients that were notified of the incident before: they also receive its later notices. @default [] */
  readonly notified?: readonly Recipient[]
  /** A channel that must not receive the notice, because the notice is about that channel. */
  readonly except?: string | undefined
}

/**
 * The recipients that are notified at once. A critical notice leaves the fallback channels to {@link fallbackRecipients}, unless there
 * are no others. A drill goes to all channels.
 */
export function routeNotice(
  notice: Notice,
  channels: readonly RoutedChannel[],
  { severities = [notice.severity], notified = [], except }: Route = {},
): Recipient[] {
  if (notice.kind === 'drill') return channels.flatMap(recipientsOf)
  const listed = channels.filter(
    (one) => one.channel.name !== except && one.severities.some((severity) => severities.includes(severity)),
  )
  const first = notice.severity === 'critical' ? listed.filter((one) => !isFallbackOnly(one)) : listed
  const chosen =
    first.length > 0 ? first : notice.severity === 'critical' ? [...listed, ...fallbackChannels(channels, except)] : first
  const known = new Set(channels.map(({ channel }) => channel.name))
  return distinct([
    ...chosen.flatMap(recipientsOf),
    ...notified.filter(({ channel }) => known.has(channel) && channel !== except),
  ])
}

/** The recipients to notify when no one was reached: those of the `fallback` channels that are not in `already`. */
export function fallbackRecipients(channels: readonly RoutedChannel[], already: readonly Recipient[]): Recipient[] {
  const names = new Set(already.map(({ channel }) => channel))
  return fallbackChannels(channels, undefined)
    .filter(({ channel }) => !names.has(channel.name))
    .flatMap(recipientsOf)
}

/** Whether the channel receives a critical notice only when no one else was reached. */
function isFallbackOnly({ fallback, severities }: RoutedChannel): boolean {
  return fallback && !severities.includes('critical')
}

function fallbackChannels(channels: readonly RoutedChannel[], except: string | undefined): RoutedChannel[] {
  return channels.filter(({ fallback, channel }) => fallback && channel.name !== except)
}

function recipientsOf({ channel }: RoutedChannel): Recipient[] {
  return channel.recipients.map((recipient) => ({ channel: channel.name, recipient }))
}

function distinct(recipients: readonly Recipient[]): Recipient[] {
  return [...new Map(recipients.map((one) => [JSON.stringify([one.channel, one.recipient]), one])).values()]
}

/**
 * End of the quiet hours that hold a notice back, in milliseconds since 1970; undefined if the notice may be sent at once. Only notices
 * of severity info wait, and no drill.
 */
export function quietUntil(
  notice: Pick<Notice, 'severity' | 'kind'>,
  quiet: QuietHours | undefined,
  now: number,
): number | undefined {
  if (quiet === undefined || notice.severity !== 'info' || notice.kind === 'drill') return undefined
  const minute = minuteOfDay(now, quiet.timeZone)
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)]
  const isQuiet = from <= to ? minute >= from && minute < to : minute >= from || minute < to
  if (!isQuiet) return undefined
  const minutes = (to - minute + 24 * 60) % (24 * 60)
  // if the clocks change in that night, this is one hour early (and is computed again) or at most one hour late
  return now - (now % 60_000) + minutes * 60_000
}

/** Minutes since midnight of a time such as `07:30`. */
function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

function minuteOfDay(now: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return minutesOf(clock.format(now))
}
