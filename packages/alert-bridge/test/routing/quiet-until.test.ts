import { expect, test } from 'vitest'

import { quietUntil } from '../../src/routing.ts'

const night = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' }
const info = { severity: 'info', kind: 'firing' } as const
const at = (time: string): number => Date.parse(time)

test.each([
  ['before midnight', '2026-11-24T22:30:10Z', '2026-11-25T06:00:00Z'],
  ['after midnight', '2026-11-24T03:00:00Z', '2026-11-24T06:00:00Z'],
  ['at the first minute', '2026-11-24T21:00:00Z', '2026-11-25T06:00:00Z'],
  ['in summer', '2026-07-24T21:00:00Z', '2026-07-25T05:00:00Z'],
])('keeps info back until the morning: %s', (_, now, until) => {
  expect(quietUntil(info, night, at(now))).toBe(at(until))
})

test('keeps nothing back by day, at the last minute, nothing worse than info, and no test', () => {
  const [day, end, midnight] = ['2026-11-24T12:00:00Z', '2026-11-24T06:00:00Z', '2026-11-24T23:00:00Z'].map(at)
  expect(quietUntil(info, night, day ?? 0)).toBeUndefined()
  expect(quietUntil(info, night, end ?? 0)).toBeUndefined()
  expect(quietUntil({ ...info, severity: 'warning' }, night, midnight ?? 0)).toBeUndefined()
  expect(quietUntil({ ...info, kind: 'drill' }, night, midnight ?? 0)).toBeUndefined()
  expect(quietUntil(info, undefined, midnight ?? 0)).toBeUndefined()
})

const lunch = { from: '12:30', to: '13:15', timeZone: 'UTC' }

test.each([
  ['a minute before', '2026-11-24T12:29:59Z', undefined],
  ['at its first minute', '2026-11-24T12:30:00Z', '2026-11-24T13:15:00Z'],
  ['in the middle', '2026-11-24T13:00:59.999Z', '2026-11-24T13:15:00Z'],
  ['in its last minute', '2026-11-24T13:14:59Z', '2026-11-24T13:15:00Z'],
  ['at its end', '2026-11-24T13:15:00Z', undefined],
])('quiet hours that do not pass midnight end on the same day: %s', (_, now, until) => {
  expect(quietUntil(info, lunch, at(now))).toBe(until === undefined ? undefined : at(until))
})

test('quiet hours with the same beginning and end have no effect', () => {
  expect(quietUntil(info, { ...lunch, to: lunch.from }, at('2026-11-24T12:30:00Z'))).toBeUndefined()
})
