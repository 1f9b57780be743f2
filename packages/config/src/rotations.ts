import { addressRule } from './channels/channel-types.ts'
import type { Secret } from './secret.ts'
import type { ListShape, SectionShape, Shape, ShapeProblem } from './shape.ts'
import { oneLine, oneOf, pattern, secretUrl, text, timeZone, type ValueRule } from './value-rule.ts'

/** People who are on call in turn. Exactly one of `shift` and `ical` is set. */
export interface Rotation {
  readonly name: string
  /** IANA name, of `shift` and `overrides`, and of times in the calendar that have no zone. File: `time_zone`. @default that of `alerts` */
  readonly timeZone: string
  readonly people: readonly OnCallPerson[]
  /** @default none: the calendar decides */
  readonly shift: RotationShift | undefined
  /** The last one that applies counts. @default [] */
  readonly overrides: readonly RotationOverride[]
  /** Address of a calendar whose events name the people on call. @default none */
  readonly ical: Secret | undefined
}

/** A person who can be on call. */
export interface OnCallPerson {
  readonly name: string
  /** Addresses of mail, phone numbers, or `slack:` and an id. At least one. */
  readonly recipients: readonly string[]
}

/** How long a person is on call, and when the next one takes over. */
export interface RotationShift {
  readonly length: 'daily' | 'weekly'
  /** `YYYY-MM-DD`: first day of the first person. A weekly shift is handed over on its weekday. */
  readonly starts: string
  /** `HH:MM`: time of the handover. */
  readonly at: string
}

/** A period in which another person is on call. */
export interface RotationOverride {
  readonly person: string
  /** `YYYY-MM-DDTHH:MM` in the time zone of the rotation, inclusive. */
  readonly from: string
  /** The same, exclusive. */
  readonly to: string
}

/** A rotation as code defines it. */
export interface CodeRotation {
  readonly name: string
  /** @default that of `alerts` */
  readonly timeZone?: string | undefined
  readonly people: readonly OnCallPerson[]
  /** Length and start of the turns of `people`. @default none: `ical` decides */
  readonly shift?: (Pick<RotationShift, 'length' | 'starts'> & Partial<Pick<RotationShift, 'at'>>) | undefined
  /** Exceptions: one person takes a part of the shift of another. @default none */
  readonly overrides?: readonly RotationOverride[] | undefined
  /** Address of a calendar whose entries name the person who is on call. @default none: `shift` decides */
  readonly ical?: string | undefined
}

const defaultHandover = '09:00'

const date = text('must be a date as YYYY-MM-DD', (given) => isDate(given))
const timeOfDay = pattern('must be a time of day as HH:MM', /^([01]\d|2[0-3]):[0-5]\d$/)
const localTime = text(
  'must be a local time as YYYY-MM-DDTHH:MM',
  (given) => isDate(given.slice(0, 10)) && /^.{10}[T ](?:[01]\d|2[0-3]):[0-5]\d$/.test(given),
)

function isDate(given: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(given) ? Date.parse(`${given}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(given)
}

/** The shape of `alerts.rotations`. */
export const rotationList: ListShape = {
  kind: 'list',
  items: {
    kind: 'section',
    keys: {
      name: value(oneLine, 'Unique among the rotations; steps of alerts.escalation name it.', true),
      timeZone: value(timeZone, 'Time zone of the handover and of the overrides. Default: alerts.time_zone.'),
      people: {
        kind: 'list',
        items: section({
          name: value(oneLine, 'Unique within the rotation. A calendar names the person by it, or by a mail address.', true),
          recipients: {
            ...list(value(addressRule), 'must be a list of addresses', 'must not be empty'),
            about:
              'Mail addresses, phone numbers such as +491701234567, or slack: and an id; all of them are notified, each by the channel of its type.',
            isRequired: true,
          },
        }),
        rule: 'must be a list of people, each with name and recipients',
        notEmptyRule: 'must have at least one person',
        about: 'The people, in the order in which they take over.',
        isRequired: true,
      },
      shift: section(
        {
          length: value(oneOf(['daily', 'weekly']), 'How long a person is on call.', true),
          starts: value(
            date,
            'First day of the first person, such as 2026-01-05. A weekly shift is handed over on its weekday.',
            true,
          ),
          at: { ...value(timeOfDay, 'Time of the handover, HH:MM.'), default: defaultHandover },
        },
        'When the next person takes over. Either shift or ical is required.',
      ),
      overrides: {
        ...list(
          section({
            person: value(oneLine, 'Name of the person who is on call in this period.', true),
            from: value(localTime, 'Beginning in the time zone of the rotation, such as 2026-12-24T09:00.', true),
            to: value(localTime, 'End, exclusive.', true),
          }),
          'must be a list of periods, each with person, from and to',
        ),
        about: 'Periods in which another person is on call. If several apply, the last one counts.',
      },
      ical: value(
        secretUrl,
        'Address of a calendar (iCalendar) in place of shift: an event names the person in its title, or by the mail address of an attendee.',
      ),
    },
  },
  rule: 'must be a list of rotations',
}

function value(rule: ValueRule<unknown>, about?: string, isRequired = false): Shape {
  return { kind: 'value', rule, about, isRequired }
}

function section(keys: SectionShape['keys'], about?: string): SectionShape {
  return { kind: 'section', keys, about }
}

function list(items: Shape, rule: string, notEmptyRule?: string): ListShape {
  return { kind: 'list', items, rule, notEmptyRule }
}

/** Reports names that occur twice, unknown people, and rotations without exactly one of `shift` and `ical`. `rotations` is unchecked. */
export function checkRotationEntries(rotations: unknown, report: (finding: ShapeProblem) => void): void {
  const names = new Set<unknown>()
  for (const [index, rotation] of mappingsIn(rotations)) {
    const path = ['alerts', 'rotations', index]
    checkUnique(names, rotation['name'], [...path, 'name'], report)
    const [hasShift, hasCalendar] = [rotation['shift'] !== undefined, rotation['ical'] !== undefined]
    if (hasShift === hasCalendar) {
      const rule = `must have exactly one of shift and ical, and has ${hasShift ? 'both' : 'none'}`
      report({ path, rule, value: undefined, isSecret: false })
    }
    const people = new Set<unknown>()
    for (const [person, { name }] of mappingsIn(rotation['people'])) {
      checkUnique(people, name, [...path, 'people', person, 'name'], report)
    }
    if (hasCalendar && rotation['overrides'] !== undefined) {
      const rule = 'must not be set together with ical; change the calendar'
      report({ path: [...path, 'overrides'], rule, value: rotation['overrides'], isSecret: false })
    }
    for (const [override, { person, from, to }] of mappingsIn(rotation['overrides'])) {
      const at = [...path, 'overrides', override]
      if (typeof person === 'string' && !people.has(person)) {
        const rule = `must be the name of one of the people (${[...people].join(', ')})`
        report({ path: [...at, 'person'], rule, value: person, isSecret: false })
      }
      const isBackwards = typeof from === 'string' && typeof to === 'string' && to.replace(' ', 'T') <= from.replace(' ', 'T')
      if (isBackwards) report({ path: [...at, 'to'], rule: `must be after from (${from})`, value: to, isSecret: false })
    }
  }
}

function checkUnique(
  seen: Set<unknown>,
  name: unknown,
  path: readonly PropertyKey[],
  report: (finding: ShapeProblem) => void,
): void {
  if (name === undefined) return
  if (seen.has(name)) report({ path, rule: 'must not occur twice', value: name, isSecret: false })
  seen.add(name)
}

function mappingsIn(list: unknown): (readonly [number, Readonly<Record<string, unknown>>])[] {
  const entries = Array.isArray(list) ? (list as readonly unknown[]) : []
  return entries.flatMap((entry, index) =>
    typeof entry === 'object' && entry !== null ? [[index, entry as Readonly<Record<string, unknown>>] as const] : [],
  )
}

/** Rotations after the check of their shape, completed with defaults. */
export function completeRotations(rotations: unknown, defaultZone: string): Rotation[] {
  type Checked = Omit<CodeRotation, 'ical'> & { readonly ical?: Secret }
  return ((rotations ?? []) as readonly (Checked | undefined)[]).flatMap((rotation) =>
    rotation === undefined
      ? []
      : {
          name: rotation.name,
          timeZone: rotation.timeZone ?? defaultZone,
          people: rotation.people,
          shift: rotation.shift && { ...rotation.shift, at: rotation.shift.at ?? defaultHandover },
          overrides: (rotation.overrides ?? []).map(({ person, from, to }) => ({
            person,
            from: from.replace(' ', 'T'),
            to: to.replace(' ', 'T'),
          })),
          ical: rotation.ical,
        },
  )
}
