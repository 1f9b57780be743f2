import { test as property, fc } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { checkAlertGroup, readAlertGroup } from '../../src/intake/read-alert-group.ts'
import { contentOf } from '../../src/message/message-content.ts'
import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

/** A payload with every field that Grafana documents for a webhook contact point. Grafana itself does not run here. */
const documented = {
  receiver: 'My Super Webhook',
  status: 'firing',
  orgId: 1,
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'High memory usage', team: 'blue', zone: 'us-1' },
      annotations: {
        description: 'The system has high memory usage',
        runbook_url: 'https://myrunbook.com/runbook/1234',
        summary: 'This alert was triggered for zone us-1',
      },
      startsAt: '2026-10-12T09:51:03.157076+02:00',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://play.grafana.org/alerting/1afz29v7z/edit',
      fingerprint: 'c6eadffa33fcdf37',
      silenceURL: 'https://play.grafana.org/alerting/silence/new?alertmanager=grafana&matchers=alertname%3DT2',
      dashboardURL: 'https://play.grafana.org/d/abcd?orgId=1&from=1760255463157&to=1760259063157',
      panelURL: 'https://play.grafana.org/d/abcd?orgId=1&viewPanel=2',
      imageURL: 'https://play.grafana.org/render/1.png',
      values: { B: 44.23943737541908, C: 1, D: null },
      valueString: "[ var='B' labels={} value=44.23943737541908 ]",
      orgId: 1,
    },
    {
      status: 'resolved',
      labels: { alertname: 'High CPU usage', team: 'blue', zone: 'eu-1' },
      annotations: { summary: 'This alert was triggered for zone eu-1' },
      startsAt: '2026-10-12T09:56:03.157076+02:00',
      endsAt: '2026-10-12T10:01:03.157076+02:00',
      generatorURL: 'https://play.grafana.org/alerting/d1rdpdv7k/edit',
      fingerprint: 'bc97ff14869b13e3',
      silenceURL: 'https://play.grafana.org/alerting/silence/new',
      dashboardURL: '',
      panelURL: '',
      values: null,
      valueString: '',
    },
  ],
  groupLabels: {},
  commonLabels: { team: 'blue' },
  commonAnnotations: {},
  externalURL: 'https://play.grafana.org/',
  version: '1',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  title: '[FIRING:2]  (blue)',
  state: 'alerting',
  message: '**Firing**\n\nLabels:\n - alertname = T2\n',
}

test('reads the payload that Grafana documents, with its links and values as annotations', () => {
  const read = checkAlertGroup(documented)
  expect(read.kind).toBe('read')
  expect(read).toMatchObject({ value: { version: '4', isFromGrafana: true, status: 'firing', receiver: 'My Super Webhook' } })
  const [first, second] = read.kind === 'read' ? read.value.alerts : []
  expect(first?.annotations).toEqual({
    values: 'B = 44.23943737541908, C = 1',
    dashboard_url: 'https://play.grafana.org/d/abcd?orgId=1&from=1760255463157&to=1760259063157',
    panel_url: 'https://play.grafana.org/d/abcd?orgId=1&viewPanel=2',
    silence_url: 'https://play.grafana.org/alerting/silence/new?alertmanager=grafana&matchers=alertname%3DT2',
    image_url: 'https://play.grafana.org/render/1.png',
    ...documented.alerts[0]!.annotations,
  })
  expect(second?.annotations).toEqual({
    summary: 'This alert was triggered for zone eu-1',
    silence_url: 'https://play.grafana.org/alerting/silence/new',
  })
  expect(first).not.toHaveProperty('values')
})

test('an annotation of the rule wins over what Grafana adds', () => {
  const [alert] = documented.alerts
  const own = { ...alert, annotations: { dashboard_url: 'https://example.com/own', values: 'many' } }
  const read = checkAlertGroup({ ...documented, alerts: [own] })
  expect(read).toMatchObject({ value: { alerts: [{ annotations: own.annotations }] } })
})

test('without numbers, the values are the text of Grafana', () => {
  const alert = { ...documented.alerts[0], values: undefined }
  expect(checkAlertGroup({ ...documented, alerts: [alert] })).toMatchObject({
    value: { alerts: [{ annotations: { values: documented.alerts[0]!.valueString } }] },
  })
})

test('a contact point is delivered once, and its end resolves the incident', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const alerts = [documented.alerts[0]!]
  const sent = { ...documented, alerts, groupLabels: { alertname: 'High memory usage' } }
  for (const _ of [1, 2]) expect((await bridge.post('/api/v1/alerts', sent)).status).toBe(200)
  const ended = { ...alerts[0]!, status: 'resolved', endsAt: '2026-10-12T10:01:03.157076+02:00', values: null }
  await bridge.post('/api/v1/alerts', { ...sent, status: 'resolved', state: 'ok', alerts: [ended] })
  await bridge.idle()
  const [first, last] = channel.delivered.map(({ notice }) => notice)
  expect(channel.delivered).toHaveLength(2)
  expect([first?.kind, last?.kind]).toEqual(['firing', 'resolved'])
  expect(last?.incidentKey).toBe(first?.incidentKey)
  const { links, firstStep, facts } = contentOf(first!)
  expect(firstStep?.link).toEqual({ name: 'Runbook', url: 'https://myrunbook.com/runbook/1234' })
  expect(links.map(({ name }) => name)).toEqual(['Silence', 'Dashboard at that time', 'Query', 'Grafana', 'image', 'panel'])
  expect(facts).toContainEqual({ name: 'values', value: 'B = 44.23943737541908, C = 1' })
})

test.each([
  ['an alert without a status', { alerts: [{ ...documented.alerts[0], status: undefined }] }, 'alerts.0.status is not valid'],
  ['a link that is no text', { alerts: [{ ...documented.alerts[0], panelURL: 7 }] }, 'alerts.0.panelURL is not valid'],
  ['values that are texts', { alerts: [{ ...documented.alerts[0], values: { B: 'x' } }] }, 'alerts.0.values is not valid'],
  ['no alerts', { alerts: [] }, 'alerts is not valid'],
])('a contact point with %s is reported by the name of the field', (_, more, reason) => {
  expect(checkAlertGroup({ ...documented, ...more })).toEqual({ kind: 'unreadable', reason })
})

property.prop([fc.jsonValue()])('any JSON of version 1 is read or refused, and never throws', (value) => {
  const body = Buffer.from(JSON.stringify({ ...documented, alerts: [value] }))
  expect(['read', 'unreadable']).toContain(readAlertGroup(body).kind)
})

test('a group of Alertmanager is not taken for one of Grafana', () => {
  expect(checkAlertGroup(firing())).not.toHaveProperty('value.isFromGrafana')
})
