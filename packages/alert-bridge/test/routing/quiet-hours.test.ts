import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const night = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' }
const at = (time: string): number => Date.parse(time)

test('sends info in the morning, and a warning immediately', async () => {
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
