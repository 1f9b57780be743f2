import { expect, test } from 'vitest'

import { quietUntil } from '../../src/routing/quiet-until.ts'
import { firing } from '../kit/alert-groups.ts'
import { eventually } from '../kit/eventually.ts'
import { recordingChannel } from '../kit/recording-channel.ts'
import { startedBridge } from '../kit/started-bridge.ts'

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

test('tells info in the morning, and a warning at once', async () => {
  const channel = recordingChannel({ quietHours: night })
  let now = at('2026-11-24T23:00:00Z')
  const bridge = await startedBridge({ channels: [channel], now: () => now })
  await bridge.post('/api/v1/alerts', firing({ name: 'Info', severity: 'info' }))
  await bridge.post('/api/v1/alerts', firing({ name: 'Warning' }))
  await eventually('it to be held', async () => (await bridge.deliveries('pending')).some(({ held }) => held === 'quiet-hours'))
  await eventually('the warning', () => channel.delivered.length > 0)
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(['Warning'])
  now = at('2026-11-25T06:00:01Z')
  bridge.service.core.wake()
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(['Warning', 'Info'])
})
