import { expect, test } from 'vitest'

import { plainText } from '../../src/message/message-content.ts'
import { webhookBody } from '../../src/channels/webhook/webhook-body.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

test('the JSON of a firing alert', () => {
  const { text, ...rest } = webhookBody(sampleNotices.firing, 'delivery-1')
  expect(text).toBe(plainText(sampleNotices.firing).text)
  expect(rest).toMatchInlineSnapshot(`
    {
      "agents": [
        "api-integrator",
      ],
      "alerts": [
        {
          "annotations": {
            "description": "Most failures are 429: the model provider takes fewer calls than the agent makes.",
            "runbook_url": "https://example.com/runbooks/AgentErrorRateCritical",
            "summary": "62 % of the runs of api-integrator failed in the last 5 minutes",
          },
          "labels": {
            "agent_name": "api-integrator",
            "alertname": "AgentErrorRateCritical",
            "severity": "critical",
          },
          "startsAt": "2026-11-24T02:13:05Z",
          "status": "firing",
        },
      ],
      "deliveryId": "delivery-1",
      "endedAt": null,
      "heldBack": 0,
      "incidentKey": "{}:{alertname="AgentErrorRateCritical"}",
      "incidents": [],
      "kind": "firing",
      "lastedSeconds": null,
      "links": [
        {
          "name": "Runbook",
          "url": "https://example.com/runbooks/AgentErrorRateCritical",
        },
        {
          "name": "Dashboard at that time",
          "url": "https://grafana.example.com/d/agent?var-agent=api-integrator&from=1795486385000",
        },
        {
          "name": "Traces",
          "url": "https://jaeger.example.com/search?service=swarm",
        },
        {
          "name": "Alertmanager",
          "url": "https://alertmanager.example.com/#/alerts",
        },
      ],
      "severity": "critical",
      "startedAt": "2026-11-24T02:13:05.000Z",
      "status": "firing",
      "subject": "[CRITICAL] AgentErrorRateCritical: api-integrator",
      "title": "AgentErrorRateCritical",
      "truncatedAlerts": 0,
      "version": 1,
    }
  `)
})

/** Differences from the firing one, without the text and the alerts; on one line each. */
const shown = (kind: keyof typeof sampleNotices): string => {
  const { text: _text, alerts: _alerts, ...rest } = webhookBody(sampleNotices[kind], 'delivery-1')
  const firing: Record<string, unknown> = { ...webhookBody(sampleNotices.firing, 'delivery-1') }
  return Object.entries(rest)
    .map(([key, value]) => [key, JSON.stringify(value)])
    .filter(([key, value]) => value !== JSON.stringify(firing[key!]))
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')
}

test('repeat', () => {
  expect(shown('repeat')).toMatchInlineSnapshot(`
    "kind: "repeat"
    subject: "[STILL CRITICAL] AgentErrorRateCritical: api-integrator, writer"
    agents: ["api-integrator","writer"]
    links: [{"name":"Runbook","url":"https://example.com/runbooks/AgentErrorRateCritical"}]
    truncatedAlerts: 3"
  `)
})

test('resolved', () => {
  expect(shown('resolved')).toMatchInlineSnapshot(`
    "kind: "resolved"
    status: "resolved"
    subject: "[RESOLVED] AgentErrorRateCritical: api-integrator"
    endedAt: "2026-11-24T02:25:09.000Z"
    lastedSeconds: 724
    links: [{"name":"Runbook","url":"https://example.com/runbooks/AgentErrorRateCritical"}]"
  `)
})

test('summary', () => {
  expect(shown('summary')).toMatchInlineSnapshot(`
    "kind: "summary"
    status: "resolved"
    subject: "[SUMMARY] AgentErrorRateCritical: api-integrator, writer"
    agents: ["api-integrator","writer"]
    endedAt: "2026-11-24T02:25:09.000Z"
    lastedSeconds: 724
    links: [{"name":"Runbook","url":"https://example.com/runbooks/AgentErrorRateCritical"}]"
  `)
})

test('digest', () => {
  expect(shown('digest')).toMatchInlineSnapshot(`
    "kind: "digest"
    severity: "warning"
    title: "Many alerts"
    subject: "[DIGEST] Many alerts"
    agents: ["api-integrator","writer"]
    links: [{"name":"Runbook","url":"https://example.com/runbooks/AgentErrorRateCritical"}]
    heldBack: 34"
  `)
})

test('event', () => {
  expect(shown('event')).toMatchInlineSnapshot(`
    "kind: "event"
    severity: "info"
    incidentKey: "event-1"
    title: "Deployed version 2.4.1"
    subject: "[EVENT] Deployed version 2.4.1"
    agents: []
    startedAt: "2026-11-24T01:00:00.000Z"
    links: [{"name":"release","url":"https://example.com/releases/2.4.1"}]"
  `)
})

test('drill', () => {
  expect(shown('drill')).toMatchInlineSnapshot(`
    "kind: "drill"
    incidentKey: "drill-1"
    title: "Drill"
    subject: "[DRILL] Drill"
    agents: []
    startedAt: "2026-11-24T03:00:00.000Z"
    links: []"
  `)
})

test('meta', () => {
  expect(shown('meta')).toMatchInlineSnapshot(`
    "kind: "meta"
    incidentKey: "meta-slack"
    title: "Channel slack is down"
    subject: "[CRITICAL] Channel slack is down"
    agents: []
    startedAt: null
    links: [{"name":"Runbook","url":"https://example.com/runbooks/BridgeDeliveryFailing"}]"
  `)
})

test('alerts that do not fit are counted as truncated', () => {
  const alerts = Array.from({ length: 10_000 }, (_, number) => sampleAlert(`agent-${number}`))
  const body = webhookBody({ ...sampleNotices.firing, alerts, truncatedAlerts: 5 }, 'delivery-1')
  expect(body.alerts.length).toBeGreaterThan(500)
  expect(body.alerts.length + body.truncatedAlerts).toBe(10_005)
  expect(JSON.stringify(body).length).toBeLessThan(1_000_000)
})
