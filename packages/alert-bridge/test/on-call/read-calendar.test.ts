import { expect, test } from 'vitest'

import { onCallByCalendar, readCalendar } from '../../src/on-call/read-calendar.ts'
import { calendarOf } from './calendar-text.ts'

const people = [
  { name: 'Ada', recipients: ['ada@example.com'] },
  { name: 'Grace', recipients: ['Grace Hopper <grace@example.com>', '+491701234567'] },
]
const rotation = { people, timeZone: 'Europe/Berlin' }
const at = (iso: string): number => Date.parse(iso)
const window = { from: at('2026-03-01T00:00Z'), to: at('2026-06-01T00:00Z') }
const shiftsIn = (...events: string[]): string[] =>
  readCalendar(calendarOf(...events), rotation, window).shifts.map(
    ({ people: on, from, to }) =>
      `${on.map(({ name }) => name).join('+')} ${new Date(from).toISOString()} ${new Date(to).toISOString()}`,
  )

test('an event names the person in its title, or by the address of an attendee', () => {
  expect(
    shiftsIn(
      'SUMMARY:On call: ADA\nDTSTART:20260302T080000Z\nDTEND:20260309T080000Z',
      'SUMMARY:night shift\nATTENDEE;CN=G:mailto:Grace@Example.com\nDTSTART:20260309T080000Z\nDTEND:20260316T080000Z',
    ),
  ).toEqual(['Ada 2026-03-02T08:00:00.000Z 2026-03-09T08:00:00.000Z', 'Grace 2026-03-09T08:00:00.000Z 2026-03-16T08:00:00.000Z'])
})

test('an event that names no person of the rotation is reported and notifies no address of the calendar', () => {
  const events = ['SUMMARY:Adam\nATTENDEE:mailto:eve@example.net\nDTSTART:20260302T080000Z\nDTEND:20260309T080000Z']
  expect(readCalendar(calendarOf(...events), rotation, window)).toEqual({ shifts: [], unknown: ['Adam'] })
})

test('a weekly event keeps its local time when the clocks change, and an exception replaces one occurrence', () => {
  const weekly =
    'UID:w\nSUMMARY:Ada\nDTSTART;TZID=Europe/Berlin:20260323T090000\nDTEND;TZID=Europe/Berlin:20260324T090000\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Europe/Berlin:20260406T090000'
  const exception =
    'UID:w\nSUMMARY:Grace\nRECURRENCE-ID;TZID=Europe/Berlin:20260330T090000\nDTSTART;TZID=Europe/Berlin:20260330T100000\nDTEND;TZID=Europe/Berlin:20260331T090000'
  const otherException = exception.replace('UID:w', 'UID:other')
  expect(shiftsIn(weekly, exception, otherException)).toEqual([
    'Ada 2026-03-23T08:00:00.000Z 2026-03-24T08:00:00.000Z',
    'Grace 2026-03-30T08:00:00.000Z 2026-03-31T07:00:00.000Z',
  ])
})

test('all-day events and times without a zone are in the time zone of the rotation, and canceled events do not count', () => {
  expect(
    shiftsIn(
      'SUMMARY:Ada\nDTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330',
      'SUMMARY:Grace\nDTSTART:20260330T090000\nDTEND:20260331T090000',
      'SUMMARY:Ada\nSTATUS:CANCELLED\nDTSTART:20260330T090000\nDTEND:20260331T090000',
    ),
  ).toEqual(['Ada 2026-03-27T23:00:00.000Z 2026-03-29T22:00:00.000Z', 'Grace 2026-03-30T07:00:00.000Z 2026-03-31T07:00:00.000Z'])
})

test('the zone of an event that only the calendar knows is used', () => {
  const zone =
    'BEGIN:VTIMEZONE\nTZID:Office Time\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n'
  const text = calendarOf(
    'SUMMARY:Ada\nDTSTART;TZID=Office Time:20260302T090000\nDTEND;TZID=Office Time:20260302T170000',
  ).replace('BEGIN:VEVENT', `${zone.replaceAll('\n', '\r\n')}BEGIN:VEVENT`)
  expect(readCalendar(text, rotation, window).shifts.map(({ from }) => new Date(from).toISOString())).toEqual([
    '2026-03-02T06:00:00.000Z',
  ])
})

test('a rule that repeats every second is refused instead of keeping the bridge busy', () => {
  const calendar = calendarOf('SUMMARY:Ada\nDTSTART:20260302T080000Z\nDTEND:20260302T080001Z\nRRULE:FREQ=SECONDLY')
  expect(() => readCalendar(calendar, rotation, window)).toThrow('it has more than 1000 events in two months')
})

test.each(['DAILY;BYMONTH=2;BYMONTHDAY=30', 'HOURLY;BYMONTH=4;BYMONTHDAY=31'])(
  'a rule without any occurrence is refused instead of keeping the bridge busy without end: %s',
  (rule) => {
    const event = `SUMMARY:Ada\nDTSTART:20260302T080000Z\nDTEND:20260302T090000Z\nRRULE:FREQ=${rule}`
    expect(() => shiftsIn(event)).toThrow('reading it takes longer than 3 s')
  },
)

test.each([
  ['<html>log in</html>'],
  [''],
  ['BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n'],
  ['BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n'],
])('a text that is not a calendar is refused: %j', (text) => {
  expect(() => readCalendar(text, rotation, window)).toThrow('it is not a calendar (iCalendar, RFC 5545)')
})

test('people of overlapping shifts are on call together, and no one is on call in a gap', () => {
  const { shifts } = readCalendar(
    calendarOf(
      'SUMMARY:Ada\nDTSTART:20260302T080000Z\nDTEND:20260302T120000Z',
      'SUMMARY:Grace\nDTSTART:20260302T100000Z\nDTEND:20260302T110000Z',
      'SUMMARY:Ada\nDTSTART:20260302T120000Z\nDTEND:20260302T130000Z',
      'SUMMARY:Grace\nDTSTART:20260302T140000Z\nDTEND:20260302T150000Z',
    ),
    rotation,
    window,
  )
  const states: string[] = []
  let moment: number | undefined = at('2026-03-02T07:00Z')
  while (moment !== undefined) {
    const { people: on, until } = onCallByCalendar(shifts, moment)
    states.push(`${new Date(moment).toISOString().slice(11, 16)} ${on.map(({ name }) => name).join('+')}`)
    moment = until
  }
  expect(states).toEqual(['07:00 ', '08:00 Ada', '10:00 Ada+Grace', '11:00 Ada', '13:00 ', '14:00 Grace', '15:00 '])
})
