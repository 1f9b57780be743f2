import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

test('counts each notification that it answers with 200 by its receiver, also a repeated and an unreadable one, and no other', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  const alert = { status: 'firing', labels: { alertname: 'A' }, annotations: {}, startsAt: new Date().toISOString() }
  const group = { version: '4', status: 'firing', receiver: 'bridge', groupLabels: {}, alerts: [alert] }
  const watchdog = { ...group, receiver: 'bridge-watchdog', alerts: [{ ...alert, labels: { alertname: 'Watchdog' } }] }
  const bodies = [group, group, watchdog, { receiver: 'bridge', text: 'by a template' }]
  for (const body of bodies) expect((await bridge.post('/api/v1/alerts', body)).status).toBe(200)
  expect((await bridge.post('/api/v1/events', { title: 'deployed' })).status).toBe(200)
  expect((await bridge.post('/api/v1/alerts', group, { authorization: 'Bearer wrong' })).status).toBe(401)
  expect(await bridge.metric('bridge_notifications_total{receiver="bridge"}')).toBe(3)
  expect(await bridge.metric('bridge_notifications_total{receiver="bridge-watchdog"}')).toBe(1)
})

test('has every series from the start, with 0 where something is counted', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel({ name: 'email' })], settings: { watchdogSeconds: 300 } })
  const response = await fetch(`${bridge.url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain')
  const text = await response.text()
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  expect(series.map((line) => line.replace(/^(bridge_(?:watchdog_age|start_time)_seconds) .*/, '$1 N'))).toMatchInlineSnapshot(`
    [
      "bridge_received_total 0",
      "bridge_duplicates_total{kind="retry"} 0",
      "bridge_duplicates_total{kind="peer"} 0",
      "bridge_duplicates_total{kind="resend"} 0",
      "bridge_duplicates_total{kind="event"} 0",
      "bridge_deliveries_total{channel="email",outcome="delivered"} 0",
      "bridge_deliveries_total{channel="email",outcome="retry"} 0",
      "bridge_deliveries_total{channel="email",outcome="channel_down"} 0",
      "bridge_deliveries_total{channel="email",outcome="undeliverable"} 0",
      "bridge_deliveries_total{channel="email",outcome="gave_up"} 0",
      "bridge_deliveries_total{channel="email",outcome="collapsed"} 0",
      "bridge_dead_letters_total 0",
      "bridge_fallbacks_total{channel="email"} 0",
      "bridge_fallbacks_total{channel="last_resort"} 0",
      "bridge_unknown_outcomes_total 0",
      "bridge_inbox_oldest_age_seconds 0",
      "bridge_breaker_open{channel="email"} 0",
      "bridge_watchdog_age_seconds N",
      "bridge_start_time_seconds N",
      "bridge_incidents_unacknowledged{severity="critical"} 0",
      "bridge_incidents_unacknowledged{severity="warning"} 0",
      "bridge_incidents_unacknowledged{severity="info"} 0",
    ]
  `)
})

test('shows how many alerts are missing while Alertmanager answers, and no number while it does not', async () => {
  const bridgeAsking = async (status: number) => {
    let asked = 0
    const alertmanager = await openHttpServer((_, response) => {
      asked += 1
      response.writeHead(status, { 'content-type': 'application/json' }).end('[]')
    })
    onTestFinished(() => alertmanager.close())
    const bridge = await startedBridge({ channels: [], settings: { alertmanagerUrls: [new Secret(alertmanager.url)] } })
    await eventually('a question', () => asked > 0)
    return bridge
  }
  const [answered, refused] = [await bridgeAsking(200), await bridgeAsking(503)]
  await eventually('the number', async () => (await answered.metric('bridge_alerts_missing')) === 0)
  await eventually('the reason', () => refused.lines.some((line) => line.includes('lost alerts are not noticed')))
  expect(await refused.metric('bridge_alerts_missing')).toBeUndefined()
})
