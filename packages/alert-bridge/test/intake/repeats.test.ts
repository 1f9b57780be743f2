import { expect, test } from 'vitest'

import { decideRepeat } from '../../src/intake/dedupe.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const minute = 60_000
const hour = 60 * minute
const seen = { notifiedAt: 10 * hour, sender: 'a', noticeId: '1' }
const after = (ms: number, reason?: string, sender = 'a') => ({ receivedAt: seen.notifiedAt + ms, sender, reason })

test.each([
  ['a retry, seconds later', after(10_000, 'first notification'), { kind: 'duplicate', duplicate: 'retry' }],
  ['the peer, seconds later', after(15_000, 'first notification', 'b'), { kind: 'duplicate', duplicate: 'peer' }],
  ['the repeat of the peer', after(15_000, 'repeat interval elapsed', 'b'), { kind: 'duplicate', duplicate: 'peer' }],
  ['a repeat', after(4 * hour, 'repeat interval elapsed'), { kind: 'repeat', intervalMs: 4 * hour }],
  ['a repeat of an old Alertmanager', after(6 * minute), { kind: 'repeat', intervalMs: 6 * minute }],
  [
    'a killed Alertmanager that sends it again',
    after(12 * minute, 'first notification'),
    { kind: 'duplicate', duplicate: 'resend' },
  ],
  ['the same after hours, for the first time', after(2 * hour, 'first notification'), { kind: 'repeat', intervalMs: 2 * hour }],
  ['the same under a clock that went back an hour', after(-hour), { kind: 'repeat', intervalMs: 5 * minute }],
  ['a retry under a clock that went back a second', after(-1000), { kind: 'duplicate', duplicate: 'retry' }],
])('recognizes the repetition: %s', (_, arrival, expected) => {
  expect(decideRepeat(seen, arrival)).toEqual(expected)
})

test('treats a repeat within half of the last interval as the notification of a late peer', () => {
  const known = { ...seen, intervalMs: 4 * hour }
  expect(decideRepeat(known, after(hour, 'repeat interval elapsed', 'b'))).toEqual({ kind: 'duplicate', duplicate: 'peer' })
  expect(decideRepeat(known, after(3 * hour, 'repeat interval elapsed'))).toEqual({ kind: 'repeat', intervalMs: 3 * hour })
})

test('two Alertmanagers that send the same group make one message, a repeat one more', async () => {
  const channel = recordingChannel()
  let shift = 0
  const bridge = await startedBridge({ channels: [channel], now: () => Date.now() + shift })
  const peer = { externalURL: 'http://alertmanager-2:9093' }
  const answers = await Promise.all([
    bridge.post('/api/v1/alerts', firing()),
    bridge.post('/api/v1/alerts', firing(peer)),
    bridge.post('/api/v1/alerts', firing()),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.kind)).toEqual(['firing'])
  shift = 4 * hour
  await bridge.post('/api/v1/alerts', firing({ notification_reason: 'repeat interval elapsed' }))
  shift += 15_000
  await bridge.post('/api/v1/alerts', firing({ ...peer, notification_reason: 'repeat interval elapsed' }))
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.kind)).toEqual(['firing', 'repeat'])
  const counted = await Promise.all(['retry', 'peer'].map((kind) => bridge.metric(`bridge_duplicates_total{kind="${kind}"}`)))
  expect(counted.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(3)
})

test('a repeat of an incident that someone has acknowledged is stored and not sent; a new alert of it and its end are sent', async () => {
  const channel = recordingChannel()
  let shift = 0
  const bridge = await startedBridge({ channels: [channel], now: () => Date.now() + shift })
  const { store } = bridge.service.core
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  const [incident] = await store.listIncidents({})
  await store.changeIncident(incident!.key, Date.now(), () => ({ set: { state: 'acknowledged', acknowledgedBy: 'Ana' } }))
  shift = 4 * hour
  const repeated = await bridge.post('/api/v1/alerts', firing({ notification_reason: 'repeat interval elapsed' }))
  expect(repeated.status).toBe(200)
  // long after the time at which a message that reached no one would go to the fallback
  shift += 2 * hour
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.kind)).toEqual(['firing'])
  const { alerts } = firing()
  const added = { ...alerts[0]!, labels: { ...alerts[0]!.labels, agent_name: 'writer' }, fingerprint: 'f'.repeat(16) }
  await bridge.post('/api/v1/alerts', firing({ alerts: [...alerts, added], notification_reason: 'new alerts added' }))
  await bridge.idle()
  await bridge.post('/api/v1/alerts', resolved({ alerts: [...alerts, added] }))
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.kind)).toEqual(['firing', 'firing', 'resolved'])
})
