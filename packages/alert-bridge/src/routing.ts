import type { QuietHours, Severity } from '@swarmwatch/config'

import type { Channel } from './channels/channel.ts'
import type { Notice } from './message/notice.ts'
import type { Recipient } from './outbox/store.ts'

/** A channel and what it is for. */
export interface RoutedChannel {
  readonly channel: Channel
  readonly severities: readonly Severity[]
  readonly fallback: boolean
  readonly quietHours: QuietHours | undefined
}

export interface Route {
  /** All severities in it; the notice shows only the worst that still fires. @default that of the notice */
  readonly severities?: readonly Severity[]
  /** Who was told of the incident before: they also hear how it goes on. @default [] */
  readonly notified?: readonly Recipient[]
  /** A channel that it is not for: the one it is about. */
  readonly except?: string | undefined
}

/**
 * Who is told at once. A critical notice leaves the channels in reserve for {@link reserveOf}, unless there are no others. A test goes
 * to all.
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
  const first = notice.severity === 'critical' ? listed.filter((one) => !isReserve(one)) : listed
  const chosen = first.length > 0 ? first : notice.severity === 'critical' ? [...listed, ...reserve(channels, except)] : first
  const known = new Set(channels.map(({ channel }) => channel.name))
  return distinct([
    ...chosen.flatMap(recipientsOf),
    ...notified.filter(({ channel }) => known.has(channel) && channel !== except),
  ])
}

/** Who is told when nobody else could be: the recipients of the channels marked `fallback` that are not among `already`. */
export function reserveOf(channels: readonly RoutedChannel[], already: readonly Recipient[]): Recipient[] {
  const names = new Set(already.map(({ channel }) => channel))
  return reserve(channels, undefined)
    .filter(({ channel }) => !names.has(channel.name))
    .flatMap(recipientsOf)
}

/** Whether a critical notice comes to it only when nobody else was reached. */
function isReserve({ fallback, severities }: RoutedChannel): boolean {
  return fallback && !severities.includes('critical')
}

function reserve(channels: readonly RoutedChannel[], except: string | undefined): RoutedChannel[] {
  return channels.filter(({ fallback, channel }) => fallback && channel.name !== except)
}

function recipientsOf({ channel }: RoutedChannel): Recipient[] {
  return channel.recipients.map((recipient) => ({ channel: channel.name, recipient }))
}

function distinct(recipients: readonly Recipient[]): Recipient[] {
  return [...new Map(recipients.map((one) => [JSON.stringify([one.channel, one.recipient]), one])).values()]
}

/**
 * When a notice may be told that quiet hours keep back, in milliseconds since 1970; undefined when it may at once. Only info waits,
 * and no test.
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
  // a change of the clocks in that night makes it an hour early or late: early is asked again, late is at most an hour
  return now - (now % 60_000) + minutes * 60_000
}

/** Of a time such as `07:30`. */
function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

function minuteOfDay(now: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return minutesOf(clock.format(now))
}
