import { fc, test as propertyTest } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { instantOf, wallClock } from '../../src/local-time.ts'
import { onCallByShift, type ShiftRotation } from '../../src/on-call/shifts.ts'

const person = (name: string) => ({ name, recipients: [`${name}@example.com`] })
const names = ['ada', 'grace', 'alan', 'edsger']

function rotation(given: Partial<ShiftRotation> = {}): ShiftRotation {
  return {
    name: 'first-line',
    timeZone: 'Europe/Berlin',
    people: ['ada', 'grace', 'alan'].map(person),
    shift: { length: 'weekly', starts: '2026-01-05', at: '09:00' },
    overrides: [],
    ical: undefined,
    ...given,
  }
}

const at = (iso: string): number => Date.parse(iso)
const nameAt = (of: ShiftRotation, iso: string): string | undefined => onCallByShift(of, at(iso)).people[0]?.name

test('a weekly shift is handed over on the weekday of its first day, at the time of the handover', () => {
  const weekly = rotation()
  expect(
    ['2026-01-05T08:00Z', '2026-01-12T07:59Z', '2026-01-12T08:00Z', '2026-01-19T08:00Z', '2026-01-26T08:00Z'].map((iso) =>
      nameAt(weekly, iso),
    ),
  ).toEqual(['ada', 'ada', 'grace', 'alan', 'ada'])
  // before the first day the order continues backwards
  expect(nameAt(weekly, '2026-01-05T07:59Z')).toBe('alan')
  expect(onCallByShift(weekly, at('2026-01-06T00:00Z')).until).toBe(at('2026-01-12T08:00Z'))
})

test('a handover stays at the same local time when the clocks change', () => {
  const daily = rotation({ shift: { length: 'daily', starts: '2026-03-28', at: '09:00' } })
  expect(['2026-03-28T08:00Z', '2026-03-29T06:59Z', '2026-03-29T07:00Z'].map((iso) => nameAt(daily, iso))).toEqual([
    'ada',
    'ada',
    'grace',
  ])
})

test('a handover at a time that the clocks skip or show twice happens once', () => {
  const night = (starts: string) => rotation({ shift: { length: 'daily', starts, at: '02:30' } })
  // 2026-03-29 has no 02:30 in Berlin; it is handed over at 03:30
  expect(onCallByShift(night('2026-03-28'), at('2026-03-28T12:00Z')).until).toBe(at('2026-03-29T01:30Z'))
  // 2026-10-25 has two; the first one counts
  expect(onCallByShift(night('2026-10-24'), at('2026-10-24T12:00Z')).until).toBe(at('2026-10-25T00:30Z'))
})

test('an override replaces the person for its period only, and the last one that applies counts', () => {
  const covered = rotation({
    overrides: [
      { person: 'alan', from: '2026-01-06T00:00', to: '2026-01-08T00:00' },
      { person: 'grace', from: '2026-01-07T00:00', to: '2026-01-07T12:00' },
    ],
  })
  const moments = ['2026-01-05T22:59Z', '2026-01-05T23:00Z', '2026-01-06T23:00Z', '2026-01-07T11:00Z', '2026-01-07T23:00Z']
  expect(moments.map((iso) => nameAt(covered, iso))).toEqual(['ada', 'alan', 'grace', 'alan', 'ada'])
  expect(onCallByShift(covered, at('2026-01-05T12:00Z')).until).toBe(at('2026-01-05T23:00Z'))
})

test('a rotation of one person never changes', () => {
  expect(onCallByShift(rotation({ people: [person('ada')] }), at('2026-01-05T12:00Z'))).toEqual({
    people: [person('ada')],
    until: undefined,
  })
})

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/St_Johns',
  'Pacific/Apia',
]
const moments = fc.integer({ min: at('2025-01-01T00:00Z'), max: at('2028-01-01T00:00Z') })
const clocks = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hours, minutes]) => `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`)
const days = moments.map((moment) => new Date(moment).toISOString().slice(0, 10))
const rotations = fc
  .record({
    timeZone: fc.constantFrom(...zones),
    count: fc.integer({ min: 1, max: 4 }),
    length: fc.constantFrom('daily' as const, 'weekly' as const),
    starts: days,
    clock: clocks,
    overrides: fc.array(
      fc.record({ person: fc.nat({ max: 3 }), day: days, clock: clocks, hours: fc.integer({ min: 1, max: 400 }) }),
      { maxLength: 4 },
    ),
  })
  .map(({ timeZone, count, length, starts, clock, overrides }) =>
    rotation({
      timeZone,
      people: names.slice(0, count).map(person),
      shift: { length, starts, at: clock },
      overrides: overrides.map(({ person: index, day, clock: time, hours }) => ({
        person: names[index % count]!,
        from: `${day}T${time}`,
        to: new Date(Date.parse(`${day}T${time}Z`) + hours * 3_600_000).toISOString().slice(0, 16),
      })),
    }),
  )

propertyTest.prop([rotations, moments], { numRuns: 150 })(
  'exactly one person is on call until the next change, and then another one',
  (of, moment) => {
    const { people, until } = onCallByShift(of, moment)
    expect(people).toHaveLength(1)
    if (until === undefined) return
    expect(until).toBeGreaterThan(moment)
    const between = Math.floor((moment + until) / 2)
    expect([onCallByShift(of, between).people, onCallByShift(of, until - 1).people]).toEqual([people, people])
    expect(onCallByShift(of, until).people).not.toEqual(people)
  },
)

propertyTest.prop([rotations, fc.nat({ max: 200 })], { numRuns: 100 })(
  'without overrides every handover is at the configured local time, and each person follows the one before',
  (given, count) => {
    const of = { ...given, overrides: [] }
    if (of.people.length === 1) return
    let moment = instantOf(`${of.shift.starts}T${of.shift.at}`, of.timeZone) + 1
    for (let index = 0; index < Math.min(count, 20); index += 1) {
      const { people, until } = onCallByShift(of, moment)
      expect(people[0]?.name).toBe(names[index % of.people.length])
      const shown = new Date(wallClock(until!, of.timeZone)).toISOString().slice(11, 16)
      // a time that the clocks skip is handed over later
      if (shown !== of.shift.at) expect(wallClock(until! - 1, of.timeZone) + 1).toBeLessThan(wallClock(until!, of.timeZone) + 1)
      moment = until!
    }
  },
)

propertyTest.prop([moments, fc.constantFrom(...zones)], { numRuns: 300 })(
  'a moment is found again by what the clocks of its zone show, unless they show it twice',
  (moment, timeZone) => {
    const minute = Math.floor(moment / 60_000) * 60_000
    const found = instantOf(new Date(wallClock(minute, timeZone)).toISOString().slice(0, 16), timeZone)
    expect(wallClock(found, timeZone)).toBe(wallClock(minute, timeZone))
    expect(found).toBeLessThanOrEqual(minute)
  },
)
