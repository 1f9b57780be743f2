import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { expect } from 'vitest'

import { alertmanagerSilences } from '../../src/incidents/alertmanager-silences.ts'
import { incidentActions } from '../../src/incidents/incident-actions.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

withAlertmanager('a real Alertmanager accepts the silence of an incident, and a second attempt finds it', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const alertmanager = await runAlertmanager({ bridgePort: bridge.service.port })
  await alertmanager.post('Real "quoted" \\ name', 'critical', new Date(Date.now() + 3_600_000))
  const { store } = bridge.service.core
  const incident = await eventually('the incident', async () => (await store.listIncidents({}))[0])
  const silences = alertmanagerSilences([new Secret(alertmanager.url)], fetch)
  const actions = incidentActions({ store, now: Date.now, silences, onStored: bridge.service.core.wake })
  const wish = { minutes: 60, comment: 'a test' }
  const results = await Promise.all([
    actions.silence(incident.key, { name: 'Ana', via: 'test' }, wish),
    actions.silence(incident.key, { name: 'Ben', via: 'test' }, wish),
  ])
  expect(results.map(({ kind }) => kind).toSorted()).toEqual(['already', 'done'])
  const matchers = [
    { name: 'alertname', value: 'Real "quoted" \\ name' },
    { name: 'severity', value: 'critical' },
  ]
  const [silence, ...others] = await silences.active(matchers)
  expect([others, silence?.comment]).toEqual([[], `a test (incident ${incident.key})`])
  expect(await store.incident(incident.key)).toMatchObject({ state: 'silenced', silencedUntil: silence!.endsAt })
  expect([await silences.alerts(matchers), await silences.alerts([{ name: 'alertname', value: 'Other' }])]).toEqual([
    [{ isMuted: true }],
    [],
  ])
  // a process that died after Alertmanager had created the silence
  await store.changeIncident(incident.key, Date.now(), () => ({ set: { state: 'open', silencedUntil: null } }))
  expect(await actions.silence(incident.key, { name: 'Ana', via: 'test' }, wish)).toMatchObject({ kind: 'done' })
  expect(await silences.active(matchers)).toHaveLength(1)
  // by hand, as in the page of Alertmanager
  await fetch(`${alertmanager.url}/api/v2/silence/${silence!.id}`, { method: 'DELETE' })
  expect(await silences.alerts(matchers)).toEqual([{ isMuted: false }])
  await alertmanager.post('Real "quoted" \\ name', 'critical', new Date(Date.now() - 1_000))
  await eventually('the end of the alert', async () => (await silences.alerts(matchers)).length === 0)
})
