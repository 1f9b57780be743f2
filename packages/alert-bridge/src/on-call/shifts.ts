import type { OnCallPerson, Rotation, RotationShift } from '@swarmwatch/config'

import { instantOf, wallClock } from '../local-time.ts'

/** The people on call, and when they change. */
export interface OnCall {
  /** Empty if no one is on call, which only a calendar can cause. */
  readonly people: readonly OnCallPerson[]
  /** When that changes, in milliseconds since 1970; undefined if it does not, or not within the known time. */
  readonly until: number | undefined
}

/** A rotation with shifts. */
export type ShiftRotation = Rotation & { readonly shift: RotationShift }

const dayMs = 24 * 3_600_000

/** The person who is on call at a moment, by the shifts and overrides of a rotation. */
export function onCallByShift(rotation: ShiftRotation, at: number): OnCall {
  const { people, timeZone } = rotation
  const overrides = rotation.overrides.map(({ person, from, to }) => ({
    person: people.find(({ name }) => name === person),
    from: instantOf(from, timeZone),
    to: instantOf(to, timeZone),
  }))
  const edges = overrides.flatMap(({ from, to }) => [from, to])

  function personAt(moment: number): OnCallPerson {
    const override = overrides.findLast(({ from, to }) => from <= moment && moment < to)
    return override?.person ?? people.at(shiftAt(rotation, moment) % people.length)!
  }

  const person = personAt(at)
  let until = at
  // each turn passes an edge of an override, or a handover, which changes the person unless an override applies
  for (let turns = 0; turns <= 2 * edges.length + 2; turns += 1) {
    const isFixed = people.length === 1 || overrides.some(({ from, to }) => from <= until && until < to)
    const handover = isFixed ? Number.POSITIVE_INFINITY : beginOf(rotation, shiftAt(rotation, until) + 1)
    until = Math.min(handover, ...edges.filter((edge) => edge > until))
    if (until === Number.POSITIVE_INFINITY) break
    if (personAt(until) !== person) return { people: [person], until }
  }
  return { people: [person], until: undefined }
}

/** Number of the shift at a moment; 0 is the first, and there are shifts before it. */
function shiftAt(rotation: ShiftRotation, at: number): number {
  const { shift, timeZone } = rotation
  const days = (wallClock(at, timeZone) - Date.parse(`${shift.starts}T00:00Z`)) / dayMs
  let number = Math.floor(days / daysOf(shift))
  // on the day of a handover, its time decides
  while (beginOf(rotation, number) > at) number -= 1
  while (beginOf(rotation, number + 1) <= at) number += 1
  return number
}

function beginOf({ shift, timeZone }: ShiftRotation, number: number): number {
  const date = new Date(Date.parse(`${shift.starts}T00:00Z`) + number * daysOf(shift) * dayMs).toISOString().slice(0, 10)
  return instantOf(`${date}T${shift.at}`, timeZone)
}

function daysOf({ length }: RotationShift): number {
  return length === 'weekly' ? 7 : 1
}
