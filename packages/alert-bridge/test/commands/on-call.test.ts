import { Secret } from '@swarmwatch/config'
import { openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { onCall } from '../../src/commands/on-call.ts'
import { calendarOf } from '../on-call/calendar-text.ts'

const people = [
  { name: 'Ada', recipients: ['ada@example.com', '+491701234567'] },
  { name: 'Grace', recipients: ['grace@example.com'] },
]
const byShift = {
  name: 'first-line',
  timeZone: 'Europe/Berlin',
  people,
  shift: { length: 'weekly', starts: '2026-01-05', at: '09:00' },
  overrides: [],
  ical: undefined,
} as const
const now = (): number => Date.parse('2026-03-26T10:00Z')

async function printed(options: Omit<Parameters<typeof onCall>[0], 'write' | 'now'>): Promise<readonly [number, string[]]> {
  const lines: string[] = []
  return [await onCall({ ...options, now, write: (line) => void lines.push(...line.split('\n')) }), lines]
}

test('prints who is on call now, until when, and who follows', async () => {
  const calendar = await openHttpServer((_, response) =>
    response.end(
      calendarOf(
        'SUMMARY:Grace\nDTSTART:20260326T080000Z\nDTEND:20260327T080000Z',
        'SUMMARY:Ada\nDTSTART:20260327T080000Z\nDTEND:20260328T080000Z',
      ),
    ),
  )
  onTestFinished(() => calendar.close())
  const byCalendar = { ...byShift, name: 'second-line', timeZone: 'UTC', shift: undefined, ical: new Secret(calendar.url) }
  const [code, lines] = await printed({ rotations: [byShift, byCalendar] })
  expect([code, lines.map((line) => line.split(/ {2,}/))]).toEqual([
    0,
    [
      ['rotation', 'now', 'until', 'next', 'time zone'],
      [
        'first-line',
        'Grace (grace@example.com)',
        '2026-03-30 09:00:00 UTC+02:00',
        'Ada (ada@example.com, +491701234567)',
        'Europe/Berlin',
      ],
      [
        'second-line',
        'Grace (grace@example.com)',
        '2026-03-27 08:00:00 UTC+00:00',
        'Ada (ada@example.com, +491701234567)',
        'UTC',
      ],
    ],
  ])
})

test('prints the same as JSON, with the addresses of each person', async () => {
  const [code, lines] = await printed({ rotations: [byShift], json: true })
  expect([code, JSON.parse(lines.join('\n'))]).toEqual([
    0,
    {
      at: '2026-03-26T10:00:00.000Z',
      rotations: [
        {
          name: 'first-line',
          timeZone: 'Europe/Berlin',
          now: { people: [people[1]], until: '2026-03-30T07:00:00.000Z' },
          next: { people: [people[0]], until: '2026-04-06T07:00:00.000Z' },
        },
      ],
      warnings: [],
    },
  ])
})

test('without rotations it prints how to configure one and fails', async () => {
  expect(await printed({ rotations: [] })).toEqual([
    1,
    ['warning: there is no rotation: set alerts.rotations in config/production.yaml'],
  ])
})
