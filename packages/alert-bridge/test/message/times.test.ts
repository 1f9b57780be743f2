import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { noticeTimes, readableDuration, timeOf, localTime } from '../../src/message/notice-times.ts'
import { plainText } from '../../src/message/message-content.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

test.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [724, '12 min 4 s'],
  [3_600, '1 h'],
  [3_661, '1 h 1 min'],
  [172_800 + 10_900, '2 d 3 h'],
  [-5, '0 s'],
  [0.5, '1 s'],
  [1, '1 s'],
  [119.6, '2 min'],
  [3_599, '59 min 59 s'],
  [3_659, '1 h'],
  [86_399, '23 h 59 min'],
  [86_400, '1 d'],
  [86_400 + 3_599, '1 d'],
])('%d seconds read %s', (seconds, words) => {
  expect(readableDuration(seconds)).toBe(words)
})

test('a time is shown in UTC, whatever its offset', () => {
  expect(localTime('2026-11-24T03:13:05.123+01:00')).toBe('2026-11-24 02:13:05 UTC+00:00')
  expect(localTime('+012026-11-24T03:13:05Z')).toBe('12026-11-24 03:13:05 UTC+00:00')
})

test('the zero time of Alertmanager and invalid times are omitted', () => {
  expect(['0001-01-01T00:00:00Z', 'yesterday', '', undefined].map((time) => localTime(time))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('the first moment of 1970 is no time, the next millisecond is', () => {
  expect(timeOf('1970-01-01T00:00:00Z')).toBeUndefined()
  expect(timeOf('1970-01-01T00:00:00.001Z')).toBe(1)
})

const at = (minute: number): string => `2026-11-24T02:${String(minute).padStart(2, '0')}:00.000Z`
const over = (from: number, to: number) => sampleAlert('writer', { status: 'resolved', startsAt: at(from), endsAt: at(to) })

test('an incident lasts from the first start to the last end of its alerts', () => {
  const notice = { ...sampleNotices.resolved, alerts: [over(3, 8), over(1, 5), over(2, 9)] }
  expect(noticeTimes(notice)).toEqual({ startedAt: at(1), endedAt: at(9), lastedSeconds: 480 })
  const unknown = sampleAlert('writer', { status: 'resolved', startsAt: 'yesterday', endsAt: '0001-01-01T00:00:00Z' })
  for (const alerts of [
    [unknown, over(1, 9)],
    [over(1, 9), unknown],
  ]) {
    expect(noticeTimes({ ...notice, alerts })).toEqual({ startedAt: at(1), endedAt: at(9), lastedSeconds: 480 })
  }
})

test('an incident whose start or end is not known has no duration', () => {
  const notice = (startsAt: string, endsAt: string) => ({
    ...sampleNotices.resolved,
    alerts: [sampleAlert('writer', { status: 'resolved', startsAt, endsAt })],
  })
  expect(noticeTimes(notice('yesterday', at(9)))).toEqual({ startedAt: undefined, endedAt: at(9), lastedSeconds: undefined })
  expect(noticeTimes(notice(at(1), 'today'))).toEqual({ startedAt: at(1), endedAt: undefined, lastedSeconds: undefined })
})

test('the times of the notice itself come first, and it has no end while an alert fires', () => {
  const notice = { ...sampleNotices.resolved, alerts: [over(1, 9)], startedAt: at(2), endedAt: at(7) }
  expect(noticeTimes(notice)).toEqual({ startedAt: at(2), endedAt: at(7), lastedSeconds: 300 })
  const firing = { ...notice, alerts: [over(1, 9), sampleAlert('planner')] }
  expect(noticeTimes(firing)).toEqual({ startedAt: at(2), endedAt: undefined, lastedSeconds: undefined })
})

test('an incident that ends when it begins lasts 0 s; one that ends before has no duration', () => {
  const lasted = (from: number, to: number) => noticeTimes({ ...sampleNotices.resolved, alerts: [over(from, to)] }).lastedSeconds
  expect([lasted(5, 5), lasted(5, 4)]).toEqual([0, undefined])
})

test.each([
  ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29 01:59:59 UTC+01:00'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29 03:00:00 UTC+02:00'],
  // the clock shows this hour twice
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25 02:30:00 UTC+02:00'],
  ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25 02:30:00 UTC+01:00'],
  ['America/New_York', '2026-11-01T05:59:59Z', '2026-11-01 01:59:59 UTC-04:00'],
  ['America/New_York', '2026-11-01T06:00:00Z', '2026-11-01 01:00:00 UTC-05:00'],
  // half an hour of daylight saving
  ['Australia/Lord_Howe', '2026-04-04T14:59:59Z', '2026-04-05 01:59:59 UTC+11:00'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05 01:30:00 UTC+10:30'],
  ['Asia/Kolkata', '2026-12-31T18:30:00Z', '2027-01-01 00:00:00 UTC+05:30'],
  ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-01-01 05:45:00 UTC+05:45'],
  ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01 00:00:00 UTC+14:00'],
  ['UTC', '2026-12-31T23:59:59.999Z', '2026-12-31 23:59:59 UTC+00:00'],
])('in %s, %s is %s', (timeZone, iso, shown) => {
  expect(localTime(iso, timeZone)).toBe(shown)
})

property.prop([
  fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca'),
  fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2060, 0) }),
])('any moment is shown so that it can be read back', (timeZone, ms) => {
  const shown = localTime(new Date(ms).toISOString(), timeZone)!
  const iso = shown.replace(' UTC', '').replace(' ', 'T')
  expect(Date.parse(iso)).toBe(Math.floor(ms / 1_000) * 1_000)
})

test('the times of all alerts in a message are in the time zone of its style', () => {
  const notice = { ...sampleNotices.repeat, style: { timeZone: 'America/New_York' } }
  const { text } = plainText(notice)
  expect(text).toContain('2026-11-23 21:13:05 UTC-05:00')
  expect(text).not.toContain('UTC+00:00')
})
