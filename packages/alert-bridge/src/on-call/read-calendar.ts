import { runInNewContext } from 'node:vm'

import { type OnCallPerson, readMailbox, type Rotation } from '@swarmwatch/config'
import ICAL from 'ical.js'

import { instantOf } from '../local-time.ts'
import type { OnCall } from './shifts.ts'

/** A period of a calendar in which people are on call. Times are milliseconds since 1970. */
export interface CalendarShift {
  readonly people: readonly OnCallPerson[]
  readonly from: number
  readonly to: number
}

/** The shifts of a calendar within a window. */
export interface CalendarShifts {
  readonly shifts: readonly CalendarShift[]
  /** Titles of events within the window that name no person of the rotation; at most 5. */
  readonly unknown: readonly string[]
}

/** A calendar with more is not one of shifts; a rule that repeats every second must not keep the bridge busy. */
const limits = { occurrences: 20_000, shifts: 1_000 }
/** The parser looks for the next occurrence of a rule that has none, such as every 30 February, without end. */
const longestWorkMs = 3_000
const dayMs = 24 * 3_600_000

/**
 * Reads a calendar (RFC 5545): an event means that the person in its title, or the people whose mail addresses its attendees have, are on
 * call. Addresses are taken from the settings only, because anyone may send an invitation to a calendar.
 * @throws Error if it is not a calendar, has too many events, or takes longer than 3 seconds
 */
export function readCalendar(
  text: string,
  rotation: Pick<Rotation, 'people' | 'timeZone'>,
  window: { readonly from: number; readonly to: number },
): CalendarShifts {
  try {
    // nothing else interrupts work that never waits
    return runInNewContext(
      'read()',
      { read: () => shiftsIn(text, rotation, window) },
      { timeout: longestWorkMs },
    ) as CalendarShifts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    const rule = `reading it takes longer than ${longestWorkMs / 1000} s; look for a rule that repeats without an occurrence`
    throw new Error(rule, { cause: error })
  }
}

function shiftsIn(
  text: string,
  rotation: Pick<Rotation, 'people' | 'timeZone'>,
  window: { readonly from: number; readonly to: number },
): CalendarShifts {
  const calendar = parse(text)
  const components = calendar.getAllSubcomponents('vevent')
  const isException = (component: ICAL.Component): boolean => component.hasProperty('recurrence-id')
  const exceptions = Map.groupBy(components.filter(isException), uidOf)
  const shifts: CalendarShift[] = []
  const unknown = new Set<string>()
  let left = limits.occurrences

  function add(event: ICAL.Event, start: ICAL.Time, end: ICAL.Time): void {
    const [from, to] = [instantIn(start, rotation.timeZone), instantIn(end, rotation.timeZone)]
    if (isCanceled(event.component) || to <= window.from || from >= window.to) return
    const people = peopleOf(event, rotation.people)
    if (people.length === 0) unknown.add(titleOf(event))
    else if (shifts.push({ people, from, to }) > limits.shifts)
      throw new Error(`it has more than ${limits.shifts} events in two months`)
  }

  for (const component of components) {
    if (isException(component)) continue
    const event = new ICAL.Event(component, { strictExceptions: true, exceptions: exceptions.get(uidOf(component)) ?? [] })
    if (!event.isRecurring()) {
      add(event, event.startDate, event.endDate)
      continue
    }
    const iterator = event.iterator()
    for (let start = iterator.next() as ICAL.Time | null; start; start = iterator.next() as ICAL.Time | null) {
      left -= 1
      if (left < 0) throw new Error(`it has more than ${limits.occurrences} events`)
      const about = aboutInstant(start)
      if (about > window.to + dayMs) break
      // most occurrences of an old rule: the exact moment takes longer to compute
      if (about + event.duration.toSeconds() * 1000 < window.from - dayMs && !event.exceptions.length) continue
      const { item, startDate, endDate } = event.getOccurrenceDetails(start)
      add(item, startDate, endDate)
    }
  }
  return { shifts: shifts.toSorted((one, other) => one.from - other.from), unknown: [...unknown].slice(0, 5) }
}

function parse(text: string): ICAL.Component {
  const notCalendar = 'it is not a calendar (iCalendar, RFC 5545)'
  let calendar: ICAL.Component
  try {
    calendar = new ICAL.Component(ICAL.parse(text) as never)
  } catch (error) {
    throw new Error(notCalendar, { cause: error })
  }
  if (calendar.name !== 'vcalendar') throw new Error(notCalendar)
  return calendar
}

function uidOf(component: ICAL.Component): unknown {
  return component.getFirstPropertyValue('uid')
}

function isCanceled(component: ICAL.Component): boolean {
  return String(component.getFirstPropertyValue('status')).toUpperCase() === 'CANCELLED'
}

function titleOf({ summary }: ICAL.Event): string {
  return String(summary ?? 'event without a title').slice(0, 80)
}

/** The moment of a time of the calendar, up to a day off. */
function aboutInstant({ year, month, day, hour, minute }: ICAL.Time): number {
  return Date.UTC(year, month - 1, day, hour, minute)
}

/** The moment of a time of the calendar. Dates, and times without a zone, are in the zone of the rotation. */
function instantIn(time: ICAL.Time, timeZone: string): number {
  const two = (value: number): string => String(value).padStart(2, '0')
  const { year, month, day, hour, minute, isDate } = time
  const local = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${isDate ? '00:00' : `${two(hour)}:${two(minute)}`}`
  if (isDate) return instantOf(local, timeZone)
  const { tzid } = time.zone ?? {}
  if (tzid === 'UTC') return time.toUnixTime() * 1000
  // a name of the IANA database is more reliable than the copy of its rules in the file
  const named = (time as { readonly timezone?: string }).timezone ?? tzid
  if (named !== undefined && isZone(named)) return instantOf(local, named)
  return tzid === undefined || tzid === 'floating' ? instantOf(local, timeZone) : time.toUnixTime() * 1000
}

function isZone(name: string): boolean {
  if (!/^[A-Za-z]+(?:\/[\w+-]+)+$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The people whose address an attendee has; otherwise those whose name is in the title. */
function peopleOf(event: ICAL.Event, people: readonly OnCallPerson[]): OnCallPerson[] {
  const attendees = event.attendees.map((attendee) =>
    String(attendee.getFirstValue())
      .replace(/^mailto:/i, '')
      .toLowerCase(),
  )
  const attending = people.filter(({ recipients }) =>
    recipients.some((recipient) => attendees.includes(readMailbox(recipient)?.address.toLowerCase() ?? '')),
  )
  if (attending.length > 0) return attending
  const title = wordsOf(String(event.summary ?? ''))
  return people.filter(({ name, recipients }) =>
    [name, ...recipients.flatMap((recipient) => readMailbox(recipient)?.address ?? [])].some((text) =>
      title.includes(wordsOf(text)),
    ),
  )
}

/** The words of a text, with a space before and after each, so that a name is found as a whole only. */
function wordsOf(text: string): string {
  return ` ${text
    .toLowerCase()
    .split(/[^\p{L}\p{N}@._+-]+/u)
    .filter((word) => word !== '')
    .join(' ')} `
}

/** The people on call at a moment, by the shifts of a calendar; several people if shifts overlap. */
export function onCallByCalendar(shifts: readonly CalendarShift[], at: number): OnCall {
  const people = peopleAt(shifts, at)
  const edges = shifts.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > at)
  const until = edges.toSorted((one, other) => one - other).find((edge) => !isSame(peopleAt(shifts, edge), people))
  return { people, until }
}

function peopleAt(shifts: readonly CalendarShift[], at: number): OnCallPerson[] {
  return [...new Set(shifts.filter(({ from, to }) => from <= at && at < to).flatMap(({ people }) => people))]
}

function isSame(one: readonly OnCallPerson[], other: readonly OnCallPerson[]): boolean {
  return one.length === other.length && one.every((person) => other.includes(person))
}
