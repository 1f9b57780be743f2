import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { bridgeForPeople, linkOf } from './bridge-for-people.ts'

const alertmanagerUrls = [new Secret('http://127.0.0.1:9')]

test('a message about an alert has links to acknowledge, silence and resolve', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const { links, text } = await bridge.fire()
  expect(links.map(({ name }) => name)).toEqual(['Runbook', 'Acknowledge', 'Silence', 'Resolve', 'Alertmanager'])
  expect(text).toContain('What to do first\n  Follow the runbook')
})

test('opening the link to acknowledge shows the incident and changes nothing; sending its form acknowledges', async () => {
  const bridge = await bridgeForPeople()
  const message = await bridge.fire()
  const link = linkOf(message, 'Acknowledge')
  const asked = await bridge.open(link)
  expect([asked.status, asked.title]).toEqual([200, 'Acknowledge this incident?'])
  expect(asked.text).toContain('AgentSlow on planner')
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'open' })
  const done = await bridge.submit(link, { name: 'Ana <b>' })
  expect([done.status, done.title]).toEqual([200, 'Acknowledged'])
  expect(done.text).toContain('Ana &lt;b&gt;')
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'Ana <b>' })
  expect(await bridge.history(message.incidentKey)).toMatchObject([
    { who: 'Ana <b>', action: 'acknowledged', detail: 'link, from 127.0.0.1' },
  ])
  const notified = await eventually('the notice', () => bridge.messages()[1])
  expect(notified).toMatchObject({ kind: 'acknowledged', incidentKey: message.incidentKey })
  expect([notified.text.split('\n')[2], notified.links.map(({ name }) => name)]).toEqual([
    'Ana <b> has acknowledged this. It is still firing.',
    ['Runbook', 'Resolve', 'Alertmanager'],
  ])
})

test('a person marks an incident as resolved; the end that Alertmanager reports later belongs to the same incident', async () => {
  const bridge = await bridgeForPeople()
  const message = await bridge.fire()
  expect(await bridge.submit(linkOf(message, 'Resolve'))).toMatchObject({ status: 200, title: 'Resolved' })
  const notified = await eventually('the notice', () => bridge.messages()[1])
  expect([notified.kind, notified.text]).toEqual(['resolved', expect.stringContaining('Ana has marked this as resolved.')])
  expect(notified.links.map(({ name }) => name)).toEqual(['Runbook', 'Alertmanager'])
  const end = await bridge.resolve()
  expect(end.incidentKey).toBe(message.incidentKey)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'resolved', resolvedBy: 'Ana' })
})

test('an alert that fires again after its end begins a new incident, which is open', async () => {
  const bridge = await bridgeForPeople()
  const first = await bridge.fire()
  await bridge.submit(linkOf(first, 'Acknowledge'))
  await eventually('the notice', () => bridge.messages()[1])
  await bridge.resolve()
  const second = await bridge.fire({ startsAt: '2026-11-24T05:00:00Z' })
  expect(second.incidentKey).not.toBe(first.incidentKey)
  expect(await bridge.incident(second.incidentKey)).toMatchObject({ state: 'open' })
  expect((await bridge.open(linkOf(first, 'Acknowledge'))).title).toBe('Already resolved')
  expect(await bridge.incident(second.incidentKey)).toMatchObject({ state: 'open' })
})

test('a silence is created in Alertmanager with the labels, the duration, the reason and the author', async () => {
  const alertmanager = await scriptedAlertmanager()
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls: [new Secret(alertmanager.url)] } })
  const message = await bridge.fire()
  const link = linkOf(message, 'Silence')
  const asked = await bridge.open(link)
  for (const text of ['alertname', 'AgentSlow', 'agent_name', 'planner']) expect(asked.text).toContain(text)
  expect(alertmanager.created()).toEqual([])
  const before = Date.now()
  const done = await bridge.submit(link, { name: 'Ana', minutes: '240', comment: 'new model' })
  expect([done.status, done.title]).toEqual([200, 'Silenced'])
  const [created, ...others] = alertmanager.created()
  expect(others).toEqual([])
  expect(created).toMatchObject({
    matchers: [
      { name: 'alertname', value: 'AgentSlow', isRegex: false, isEqual: true },
      { name: 'severity', value: 'warning', isRegex: false, isEqual: true },
      { name: 'agent_name', value: 'planner', isRegex: false, isEqual: true },
    ],
    createdBy: 'Ana',
    comment: `new model (incident ${message.incidentKey})`,
  })
  const minutes = (Date.parse(String(created!['endsAt'])) - before) / 60_000
  expect(minutes).toBeGreaterThanOrEqual(240)
  expect(minutes).toBeLessThan(245)
  expect((await bridge.history(message.incidentKey)).map(({ who, action }) => `${who} ${action}`)).toEqual([
    'Ana asked for a silence',
    'Ana silenced',
  ])
  const notified = await eventually('the notice', () => bridge.messages()[1])
  expect(notified.subject).toMatch(/^\[SILENCED\]/)
  expect((await bridge.open(link)).title).toBe('Already silenced')
})

test('an Alertmanager that fails is shown and stored in the history, and the incident stays as it was', async () => {
  const alertmanager = await scriptedAlertmanager()
  const { port } = alertmanager
  const bridge = await bridgeForPeople({
    settings: { alertmanagerUrls: [new Secret(`http://user:hidden-password@127.0.0.1:${port}`)] },
  })
  const message = await bridge.fire()
  const wish = { name: 'Ana', minutes: '60', comment: 'reason' }
  alertmanager.respond = (_, response) => void response.writeHead(500).end('cluster is broken')
  const failed = await bridge.submit(linkOf(message, 'Silence'), wish)
  expect([failed.status, failed.title]).toEqual([502, 'Not silenced'])
  expect(failed.text).toContain('Alertmanager answered 500: cluster is broken')
  await alertmanager.close()
  const unreachable = await bridge.submit(linkOf(message, 'Silence'), wish)
  expect([unreachable.status, unreachable.text]).toEqual([
    502,
    expect.stringContaining('Alertmanager did not answer (ECONNREFUSED)'),
  ])
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'open' })
  expect((await bridge.history(message.incidentKey)).map(({ who, action }) => `${who} ${action}`)).toEqual([
    'Ana asked for a silence',
    'Alertmanager created no silence',
    'Ana asked for a silence',
    'Alertmanager created no silence',
  ])
  expect(JSON.stringify([failed, unreachable, bridge.lines, await bridge.history(message.incidentKey)])).not.toContain('hidden')
})

test('a silence that Alertmanager created before the bridge died is found, and no second one is created', async () => {
  const alertmanager = await scriptedAlertmanager()
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls: [new Secret(alertmanager.url)] } })
  const message = await bridge.fire()
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  alertmanager.known.push({ id: 'before', status: { state: 'active' }, endsAt, comment: `why (incident ${message.incidentKey})` })
  await bridge.submit(linkOf(message, 'Silence'), { name: 'Ana', minutes: '480', comment: 'reason' })
  expect(alertmanager.created()).toEqual([])
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced', silencedUntil: Date.parse(endsAt) })
})

test('there is no link to silence an alert of Grafana, which does not ask Alertmanager before it notifies', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const message = await bridge.fire({ version: '1', orgId: 1 } as object)
  expect(message.links.map(({ name }) => name)).toEqual(['Runbook', 'Acknowledge', 'Resolve', 'Grafana'])
})

test('without a public address there are no links, and their pages do not exist', async () => {
  const bridge = await bridgeForPeople({ settings: { publicUrl: undefined, onCallTokens: [] } })
  const { links } = await bridge.fire()
  expect(links.map(({ name }) => name)).toEqual(['Runbook', 'Alertmanager'])
  expect([(await bridge.open(`${bridge.url}/ack/x`)).status, (await bridge.open(`${bridge.url}/`)).status]).toEqual([404, 404])
})

async function scriptedAlertmanager() {
  const known: object[] = []
  const server = await openHttpServer(({ method, path, body }, response) => {
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value))
    }
    if (!path.startsWith('/api/v2/silences')) return answer(404, {})
    if (method === 'GET') return answer(200, known)
    const silence = JSON.parse(body) as object
    known.push({ id: `silence-${known.length}`, status: { state: 'active' }, ...silence })
    return answer(200, { silenceID: `silence-${known.length - 1}` })
  })
  onTestFinished(() => server.close())
  const created = (): Record<string, unknown>[] =>
    server.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  return Object.assign(server, { known, created })
}
