import type { Notice } from './notice.ts'

/** When an incident began and ended, as ISO 8601, and how long it lasted. */
export interface NoticeTimes {
  readonly startedAt: string | undefined
  /** Undefined while anything fires. */
  readonly endedAt: string | undefined
  readonly lastedSeconds: number | undefined
}

/** The notice's own times, else those of its alerts. */
export function noticeTimes({ alerts, startedAt, endedAt }: Notice): NoticeTimes {
  const isOver = alerts.every(({ status }) => status === 'resolved')
  const start = timeOf(startedAt) ?? earliest(alerts.map((alert) => timeOf(alert.startsAt)))
  const end = isOver ? (timeOf(endedAt) ?? latest(alerts.map((alert) => timeOf(alert.endsAt)))) : undefined
  const lasted = start === undefined || end === undefined || end < start ? undefined : (end - start) / 1_000
  return { startedAt: isoOf(start), endedAt: isoOf(end), lastedSeconds: lasted }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const [first, ...rest] = times.filter((time) => time !== undefined)
  return first === undefined ? undefined : rest.reduce((one, other) => Math.min(one, other), first)
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const [first, ...rest] = times.filter((time) => time !== undefined)
  return first === undefined ? undefined : rest.reduce((one, other) => Math.max(one, other), first)
}

function isoOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}

/**
 * `2026-11-24 03:13:05 UTC+01:00` in a time zone; undefined for what is no time, and for the zero time that Alertmanager writes for "not
 * yet". The offset is that of the moment, so that the hour which a clock shows twice in autumn is not ambiguous.
 */
export function localTime(iso: string | undefined, timeZone = 'UTC'): string | undefined {
  const ms = timeOf(iso)
  if (ms === undefined) return undefined
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  )
  const offset = parts['timeZoneName']!.replace('GMT', '') || '+00:00'
  const date = `${parts['year']!.padStart(4, '0')}-${parts['month']}-${parts['day']}`
  return `${date} ${parts['hour']}:${parts['minute']}:${parts['second']} UTC${offset}`
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const digits = '2-digit'
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
    timeZoneName: 'longOffset',
  })
  formats.set(timeZone, format)
  return format
}

/** Milliseconds since 1970, or undefined as above. */
export function timeOf(iso: string | undefined): number | undefined {
  const ms = iso === undefined ? NaN : Date.parse(iso)
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}

const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const

/** The two largest units that are not zero: `2 d 3 h`, `12 min 4 s`, `1 h`; below one second `0 s`. */
export function readableDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const first = units.findIndex((unit) => whole >= unit.seconds)
  if (first === -1) return '0 s'
  const { name, seconds: size } = units[first]!
  const next = units[first + 1]
  const amount = `${Math.floor(whole / size)} ${name}`
  if (next === undefined) return amount
  const rest = Math.floor((whole % size) / next.seconds)
  return rest === 0 ? amount : `${amount} ${rest} ${next.name}`
}
