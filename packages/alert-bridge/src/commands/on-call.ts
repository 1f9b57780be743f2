import { asciiOnly, type Rotation } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import { localTime } from '../message/notice-times.ts'
import { type Calendars, openCalendars } from '../on-call/calendars.ts'
import type { OnCall } from '../on-call/shifts.ts'
import { type RotationState, whoIsOnCall } from '../on-call/who-is-on-call.ts'
import { table } from './table.ts'

/** Options for {@link onCall}. */
export interface OnCallOptions {
  readonly rotations: readonly Rotation[]
  readonly write: (line: string) => void
  /** Writes one JSON document in place of a table. @default false */
  readonly json?: boolean
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
  /** @default calendars that are fetched now, by direct connections */
  readonly calendars?: Calendars
}

/** Prints who is on call in each rotation now and next. Returns the exit code: 1 if there is no rotation, or a calendar names no one. */
export async function onCall({ rotations, write, json = false, now = Date.now, calendars }: OnCallOptions): Promise<ExitCode> {
  const at = now()
  const opened = calendars ?? openCalendars({ now })
  const states = await Promise.all(rotations.map((rotation) => whoIsOnCall(rotation, at, opened)))
  const warnings = states.flatMap((state) => state.warnings.map((warning) => `rotation ${state.name}: ${warning}`))
  if (rotations.length === 0) warnings.push('there is no rotation: set alerts.rotations in config/production.yaml')
  if (json) write(asJson({ at: new Date(at).toISOString(), rotations: states.map(jsonOf), warnings }))
  else {
    if (states.length > 0) write(table([['rotation', 'now', 'until', 'next', 'time zone'], ...states.map(rowOf)]))
    for (const warning of warnings) write(asciiOnly(`warning: ${warning}`))
  }
  return warnings.length === 0 ? 0 : 1
}

function jsonOf({ name, timeZone, now, next }: RotationState): object {
  const shown = ({ people, until }: OnCall): object => ({
    people,
    until: until === undefined ? null : new Date(until).toISOString(),
  })
  return { name, timeZone, now: shown(now), next: next === undefined ? null : shown(next) }
}

function rowOf({ name, timeZone, now, next }: RotationState): string[] {
  return [name, peopleText(now), until(now, timeZone), next === undefined ? '-' : peopleText(next), timeZone].map(asciiOnly)
}

/** `Ada (ada@example.com, +491701234567)`. */
export function peopleText({ people }: OnCall): string {
  const each = people.map(({ name, recipients }) => `${name} (${recipients.join(', ')})`)
  return each.length === 0 ? 'no one' : each.join(' and ')
}

function until({ until: end }: OnCall, timeZone: string): string {
  return end === undefined ? '-' : (localTime(new Date(end).toISOString(), timeZone) ?? '-')
}
