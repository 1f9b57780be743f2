import { BodyTooLargeError, readBody, type Rotation, type Secret } from '@swarmwatch/config'

import { hideSecrets } from '../channels/guarded-delivery.ts'
import { patientTimeout } from '../clock.ts'
import type { CalendarCopies, CalendarCopy } from '../outbox/store.ts'
import type { CalendarShifts } from './read-calendar.ts'

/** A rotation whose calendar decides who is on call. */
export type CalendarRotation = Rotation & { readonly ical: Secret }

/** The calendar of a rotation: its shifts, and why they may be wrong. */
export interface FetchedCalendar extends CalendarShifts {
  /** When the used copy was fetched, in milliseconds since 1970; undefined if there is none. */
  readonly fetchedAt: number | undefined
  /** Why the calendar could not be fetched or read. The shifts are then those of the last good copy. */
  readonly problem: string | undefined
}

/** Options for {@link openCalendars}. */
export interface CalendarOptions {
  readonly now: () => number
  /** @default the global fetch */
  readonly fetch?: typeof globalThis.fetch
  /** Where the last good copy is kept for the next start. @default only in memory */
  readonly copies?: CalendarCopies | undefined
  /** Prints one line about a calendar that fails, and one when it works again. @default nothing is printed */
  readonly write?: (line: string) => void
  /** Age of a copy at which it is fetched again. @default 5 min */
  readonly refreshAfterMs?: number
  /** Maximum time for one request. @default 10 s */
  readonly timeoutMs?: number
}

/** Fetches the calendars of rotations, each at most once per `refreshAfterMs`. */
export interface Calendars {
  /** Never rejects. Takes at most `timeoutMs`. */
  readonly calendarOf: (rotation: CalendarRotation) => Promise<FetchedCalendar>
}

/** Larger ones are not calendars of shifts. */
const maxBytes = 2_000_000
const maxRedirects = 3
/** The window of the shifts is longer by far. */
const readAgainAfterMs = 3_600_000
const dayMs = 24 * 3_600_000
/** Shifts that began before and still last are found too, because their end is later. */
const window = { beforeMs: dayMs, afterMs: 62 * dayMs }

interface Known {
  readonly copy: CalendarCopy | undefined
  readonly problem: string | undefined
  readonly triedAt: number
}

/** Opens the calendars; nothing is fetched before the first question. */
export function openCalendars({
  now,
  fetch = (input, init) => globalThis.fetch(input, init),
  copies,
  write = () => {},
  refreshAfterMs = 5 * 60_000,
  timeoutMs = 10_000,
}: CalendarOptions): Calendars {
  const known = new Map<string, Known>()
  const inProgress = new Map<string, Promise<Known>>()
  const read = new Map<string, { readonly text: string; readonly readAt: number; readonly shifts: Promise<CalendarShifts> }>()

  async function refresh(rotation: CalendarRotation): Promise<Known> {
    const { name } = rotation
    const before = known.get(name)
    const last = before ?? { copy: await copies?.calendarCopy(name).catch(() => undefined), problem: undefined, triedAt: 0 }
    if (before !== undefined && now() - before.triedAt < refreshAfterMs) return before
    const fetched = await fetchCalendar(rotation)
    const next =
      typeof fetched === 'string'
        ? { copy: last.copy, problem: fetched, triedAt: now() }
        : { copy: fetched, problem: undefined, triedAt: now() }
    known.set(name, next)
    if (typeof fetched !== 'string' && fetched.text !== last.copy?.text)
      await copies?.saveCalendarCopy(name, fetched).catch(() => {})
    report(name, last, next)
    return next
  }

  function report(name: string, last: Known, next: Known): void {
    if (next.problem === last.problem) return
    if (next.problem === undefined) return write(`[BRIDGE] the calendar of rotation ${name} can be read again`)
    const used =
      next.copy === undefined
        ? 'there is no earlier copy, so its steps go to the channels for the severity of the alert'
        : `the copy of ${new Date(next.copy.fetchedAt).toISOString()} is used`
    write(`[BRIDGE] the calendar of rotation ${name} cannot be used: ${next.problem}; ${used}`)
  }

  /** The calendar if it can be read, or why not. */
  async function fetchCalendar(rotation: CalendarRotation): Promise<CalendarCopy | string> {
    const hide = hideSecrets([rotation.ical])
    try {
      const response = await request(new URL(rotation.ical.reveal()), patientTimeout(timeoutMs))
      if (typeof response === 'string') return response
      if (!response.ok) {
        await response.body?.cancel()
        return `the server answered ${response.status}`
      }
      const text = await readBody(response, maxBytes)
      await shiftsOf(rotation, { text })
      return { text, fetchedAt: now() }
    } catch (error) {
      if (error instanceof BodyTooLargeError) return `it is larger than ${maxBytes / 1_000_000} MB`
      const { name, message, cause } = error as Error
      const { code, message: inner } = (cause ?? {}) as NodeJS.ErrnoException
      const isConnection = name === 'TypeError' && cause !== undefined
      return hide(
        name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : isConnection ? (code ?? inner ?? message) : message,
      )
    }
  }

  /** Follows redirects on the same host only: a calendar must not make the bridge ask other servers, such as those of its network. */
  async function request(address: URL, signal: AbortSignal): Promise<Response | string> {
    let url = address
    for (let left = maxRedirects; left >= 0; left -= 1) {
      const headers = { accept: 'text/calendar', connection: 'close' }
      const response = await fetch(url, { headers, redirect: 'manual', signal })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) return response
      await response.body?.cancel()
      const target = URL.parse(location, url.href)
      const isUpgrade = target?.protocol === 'https:' && target.hostname === address.hostname
      if (target === null || (target.origin !== address.origin && !isUpgrade))
        return `the server redirects to ${target?.host ?? 'no address'}; set ical to an address that needs no other host`
      url = target
    }
    return `the server redirects more than ${maxRedirects} times`
  }

  /** The shifts of a copy. Many steps may ask in one moment, and reading takes longer than answering. */
  function shiftsOf(rotation: CalendarRotation, { text }: Pick<CalendarCopy, 'text'>): Promise<CalendarShifts> {
    const last = read.get(rotation.name)
    if (last?.text === text && Math.abs(now() - last.readAt) < readAgainAfterMs) return last.shifts
    const shifts = readShifts(rotation, text)
    read.set(rotation.name, { text, readAt: now(), shifts })
    return shifts
  }

  async function readShifts(rotation: CalendarRotation, text: string): Promise<CalendarShifts> {
    // only now, because few bridges need the parser
    const { readCalendar } = await import('./read-calendar.ts')
    return readCalendar(text, rotation, { from: now() - window.beforeMs, to: now() + window.afterMs })
  }

  return {
    calendarOf: async (rotation) => {
      const { name } = rotation
      const running = inProgress.get(name) ?? refresh(rotation).finally(() => inProgress.delete(name))
      inProgress.set(name, running)
      const { copy, problem } = await running
      if (copy === undefined) return { shifts: [], unknown: [], fetchedAt: undefined, problem }
      const { shifts, unknown } = await shiftsOf(rotation, copy).catch(() => ({ shifts: [], unknown: [] }))
      return { shifts, unknown, fetchedAt: copy.fetchedAt, problem }
    },
  }
}
