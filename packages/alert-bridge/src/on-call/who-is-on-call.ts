import type { Rotation } from '@swarmwatch/config'

import type { CalendarRotation, Calendars } from './calendars.ts'
import { type OnCall, onCallByShift, type ShiftRotation } from './shifts.ts'

/** The people on call in a rotation now, and those who follow. */
export interface RotationState {
  readonly name: string
  readonly timeZone: string
  readonly now: OnCall
  /** The people on call from `now.until` on; undefined if that is never or not known. */
  readonly next: OnCall | undefined
  /** Problems of the calendar, each as a sentence without a full stop. */
  readonly warnings: readonly string[]
}

/** The people on call in a rotation at a moment, and those who follow. Never rejects; fetches the calendar if there is one. */
export async function whoIsOnCall(rotation: Rotation, at: number, calendars: Calendars): Promise<RotationState> {
  const { name, timeZone, ical } = rotation
  if (ical === undefined) return stateOf((moment) => onCallByShift(rotation as ShiftRotation, moment), [])
  const { onCallByCalendar } = await import('./read-calendar.ts')
  const { shifts, unknown, problem, fetchedAt } = await calendars.calendarOf(rotation as CalendarRotation)
  const copy = fetchedAt === undefined ? 'there is no earlier copy' : `the copy of ${new Date(fetchedAt).toISOString()} is used`
  const state = stateOf(
    (moment) => onCallByCalendar(shifts, moment),
    [
      ...(problem === undefined ? [] : [`its calendar cannot be used: ${problem}; ${copy}`]),
      ...unknown.map((title) => `its calendar has an event that names none of its people: "${title}"`),
    ],
  )
  const isEmpty = state.now.people.length === 0
  return isEmpty ? { ...state, warnings: [...state.warnings, 'no one is on call now'] } : state

  function stateOf(onCallAt: (moment: number) => OnCall, warnings: readonly string[]): RotationState {
    const now = onCallAt(at)
    return { name, timeZone, now, next: now.until === undefined ? undefined : onCallAt(now.until), warnings }
  }
}
