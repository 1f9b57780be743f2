import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { databaseFile } from '../../src/outbox/sqlite/open-database.ts'
import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const good = JSON.stringify(firing())

test.each([
  [
    'an unknown version',
    JSON.stringify({ ...firing(), version: '5' }),
    'the payload version is neither 4 (Alertmanager) nor 1 (Grafana)',
  ],
  ['JSON that ends too soon', good.slice(0, -10), 'the body is not JSON'],
  ['nothing', '', 'the body is empty'],
  ['a list', '[]', 'it is not a webhook of Alertmanager or Grafana'],
  ['a label that is no text', JSON.stringify({ ...firing(), commonLabels: { a: 1 } }), 'commonLabels is not valid'],
  ['a time that is none', JSON.stringify(firing({ startsAt: 'yesterday' })), 'alerts.0.startsAt is not valid'],
  ['no alerts', JSON.stringify({ ...firing(), alerts: [] }), 'alerts is not valid'],
  ['what another template made of it', '{"text":"help"}', 'version is not valid'],
])('accepts %s, quarantines it and notifies the recipients that it could not be read', async (_, body, reason) => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const response = await bridge.post('/api/v1/alerts', body)
  expect([response.status, await response.json()]).toEqual([200, { id: expect.any(String), quarantined: reason }])
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => [notice.kind, notice.title])).toEqual([['meta', 'An alert could not be read']])
  expect(channel.delivered[0]?.notice.text).toContain(reason)
  const listed = (await (await bridge.get('/api/v1/deliveries?state=quarantined')).json()) as { quarantined: object[] }
  expect(listed.quarantined).toMatchObject([{ reason, size: Buffer.byteLength(body) }])
})

test('reads a valid body with a wrong content type', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
    const response = await bridge.post('/api/v1/alerts', good, { 'content-type': type })
    expect([response.status, Object.keys((await response.json()) as object)]).toEqual([
      200,
      expect.not.arrayContaining(['quarantined']),
    ])
  }
})

test('takes keys it does not know and maps that are null', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  await bridge.post('/api/v1/alerts', {
    ...firing(),
    routeLabels: { team: 'a' },
    commonAnnotations: null,
    groupLabels: null,
    later: [1],
  })
  await bridge.idle()
  expect(channel.delivered).toHaveLength(1)
})

test('answers 400 to an event without a title, because its sender reads the answer', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  expect((await bridge.post('/api/v1/events', { text: 'no title' })).status).toBe(400)
  expect((await bridge.post('/api/v1/events', { title: 'x', links: { a: 'javascript:alert(1)' } })).status).toBe(400)
})

test('sends an event with a key once', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const event = { title: 'planner deployed', agent: 'planner', source: 'ci', key: 'deploy-17' }
  await bridge.post('/api/v1/events', event)
  expect(await (await bridge.post('/api/v1/events', event)).json()).toMatchObject({ duplicate: true })
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => [notice.kind, notice.severity, notice.title, notice.text])).toEqual([
    ['event', 'info', 'planner deployed', 'Agent: planner / Source: ci'],
  ])
})

test('answers 404 to the replay of an unknown id, 409 where there is nothing to replay, 400 to an unknown state', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  const [done] = await bridge.deliveries()
  expect((await bridge.post('/api/v1/deliveries/nobody/replay', '')).status).toBe(404)
  expect((await bridge.post(`/api/v1/deliveries/${done?.id}/replay`, '')).status).toBe(409)
  expect((await bridge.get('/api/v1/deliveries?state=lost')).status).toBe(400)
})

test('reads a quarantined body again on request, and keeps it if it still cannot be read', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const ids: string[] = []
  for (const body of ['no JSON', '{}']) {
    const response = await bridge.post('/api/v1/alerts', body)
    ids.push(((await response.json()) as { id: string }).id)
  }
  await bridge.idle()
  // what the version before could not read, this one can
  upgradeBody(bridge.dataDir, ids[1] ?? '', good)
  const answers = await Promise.all(ids.map((id) => bridge.post(`/api/v1/deliveries/${id}/replay`, '')))
  expect(await Promise.all(answers.map(async (one) => [one.status, await one.json()]))).toEqual([
    [422, { error: 'the body still cannot be read: the body is not JSON' }],
    [200, { id: ids[1], replayed: true }],
  ])
  await bridge.idle()
  expect(channel.delivered.at(-1)?.notice).toMatchObject({ kind: 'firing', title: 'AgentSlow' })
  expect((await bridge.service.core.store.listQuarantined()).map(({ id }) => id)).toEqual([ids[0]])
})

function upgradeBody(dataDir: string, id: string, body: string): void {
  const database = new DatabaseSync(databaseFile(dataDir), { timeout: 5_000 })
  database.prepare('UPDATE quarantine SET body = ? WHERE id = ?').run(Buffer.from(body), id)
  database.close()
}

test('tries a dead delivery again when it is asked to', async () => {
  const channel = recordingChannel({ answer: () => ({ kind: 'undeliverable', reason: 'no such mailbox' }) })
  const bridge = await startedBridge({ channels: [channel] })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  const [dead] = await bridge.deliveries('dead')
  expect(dead).toMatchObject({ reason: 'no such mailbox', attempts: 1 })
  channel.answer = () => ({ kind: 'delivered' })
  expect((await bridge.post(`/api/v1/deliveries/${dead?.id}/replay`, '')).status).toBe(200)
  await bridge.idle()
  expect(channel.delivered.map(({ id }) => id)).toEqual([dead?.id])
})
