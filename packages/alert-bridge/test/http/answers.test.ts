import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing, resolved } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { token } from '../helpers/token.ts'

test('answers 200 with an id once the alert is on disk, and delivers it', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const response = await bridge.post('/api/v1/alerts', firing())
  expect(response.status).toBe(200)
  const { id } = (await response.json()) as { id: string }
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => [notice.kind, notice.severity, notice.title])).toEqual([
    ['firing', 'warning', 'AgentSlow'],
  ])
  expect(await bridge.deliveries()).toMatchObject([
    { noticeId: id, state: 'delivered', attempts: 1, channel: 'main', recipient: 'people' },
  ])
})

test('delivers a resolved group in the same incident as the firing one, and the next one in another', async () => {
  const channel = recordingChannel({ answer: () => ({ kind: 'delivered', thread: { ts: '1' } }) })
  const bridge = await startedBridge({ channels: [channel] })
  for (const group of [firing(), resolved(), firing({ startsAt: '2026-11-24T02:00:00Z' })]) {
    await bridge.post('/api/v1/alerts', group)
    await bridge.idle()
  }
  const [first, second, third] = channel.delivered
  expect(channel.delivered.map(({ notice }) => notice.kind)).toEqual(['firing', 'resolved', 'firing'])
  expect(second?.notice.incidentKey).toBe(first?.notice.incidentKey)
  expect(second?.thread).toEqual({ ts: '1' })
  expect(third?.notice.incidentKey).not.toBe(first?.notice.incidentKey)
  expect(third?.thread).toBeUndefined()
})

test.each([
  ['without a token', {}],
  ['with a wrong token', { authorization: 'Bearer wrong' }],
  ['with basic authorization', { authorization: 'Basic YTpi' }],
])('answers 401 %s, and keeps nothing', async (_, headers) => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const response = await fetch(`${bridge.url}/api/v1/alerts`, { method: 'POST', headers, body: JSON.stringify(firing()) })
  expect(response.status).toBe(401)
  expect(await bridge.deliveries()).toEqual([])
})

test('answers 429 to a client that keeps calling without a token, never to one with the token', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  const statuses = new Set<number>()
  for (let count = 0; count < 70; count += 1) statuses.add((await fetch(`${bridge.url}/api/v1/deliveries`)).status)
  expect([...statuses]).toEqual([401, 429])
  expect((await bridge.post('/api/v1/alerts', firing())).status).toBe(200)
})

test('takes either of two tokens while one is exchanged for the other', async () => {
  const tokens = [new Secret('the-old-token-00'), new Secret('the-new-token-00')]
  const bridge = await startedBridge({ channels: [recordingChannel()], settings: { tokens } })
  const statusWith = async (given: string): Promise<number> =>
    (await fetch(`${bridge.url}/api/v1/deliveries`, { headers: { authorization: `Bearer ${given}` } })).status
  expect([await statusWith('the-old-token-00'), await statusWith('the-new-token-00'), await statusWith(token)]).toEqual([
    200, 200, 401,
  ])
})

test('never redirects: a slash too many is served, another method gets 405, another path 404', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  expect((await bridge.post('/api/v1/alerts/', firing())).status).toBe(200)
  const wrong = await bridge.get('/api/v1/alerts')
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  expect((await bridge.post('/api/v2/alerts', firing())).status).toBe(404)
})

test('answers 413 to more than 16 MiB and notifies the recipients', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const response = await bridge.post('/api/v1/alerts', new Uint8Array(16 * 1024 * 1024 + 1))
  expect(response.status).toBe(413)
  const [meta] = await eventually('a meta notice', () => channel.delivered.length > 0 && channel.delivered)
  expect(meta?.notice).toMatchObject({
    kind: 'meta',
    severity: 'critical',
    title: 'Alerts were refused because the request was too large',
  })
})

test('takes a group of 10,000 alerts', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const [one] = firing().alerts
  const alerts = Array.from({ length: 10_000 }, (_, index) => ({
    ...one!,
    labels: { ...one!.labels, pod: `pod-${index}`, filler: 'x'.repeat(200) },
    fingerprint: index.toString(16).padStart(16, '0'),
  }))
  const body = JSON.stringify(firing({ alerts }))
  expect(body.length).toBeGreaterThan(4_500_000)
  expect((await bridge.post('/api/v1/alerts', body)).status).toBe(200)
  await bridge.idle()
  expect(channel.delivered[0]?.notice.alerts).toHaveLength(10_000)
})

test('keeps a connection open for longer than Alertmanager does', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  const response = await fetch(`${bridge.url}/healthz`)
  expect(response.headers.get('keep-alive')).toBe('timeout=360')
})
