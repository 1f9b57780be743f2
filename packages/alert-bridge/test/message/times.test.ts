import { expect, test } from 'vitest'

import { noticeTimes, readableDuration, timeOf, utcTime } from '../../src/message/notice-times.ts'
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
  expect(utcTime('2026-11-24T03:13:05.123+01:00')).toBe('2026-11-24 02:13:05 UTC+00:00')
  expect(utcTime('+012026-11-24T03:13:05Z')).toBe('+012026-11-24 03:13:05 UTC+00:00')
})

test('the zero time of Alertmanager and invalid times are omitted', () => {
  expect(['0001-01-01T00:00:00Z', 'yesterday', '', undefined].map(utcTime)).toEqual([undefined, undefined, undefined, undefined])
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
