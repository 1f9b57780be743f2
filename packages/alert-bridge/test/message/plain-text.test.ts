import { expect, test } from 'vitest'

import { plainText } from '../../src/message/message-content.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

const shown = (kind: keyof typeof sampleNotices): string => {
  const { subject, text } = plainText(sampleNotices[kind])
  return `${subject}\n---\n${text}`
}

test('a firing message shows the problem, the agent, the severity, the start and the first step', () => {
  expect(shown('firing')).toMatchInlineSnapshot(`
    "[CRITICAL] AgentErrorRateCritical: api-integrator
    ---
    CRITICAL - AgentErrorRateCritical: api-integrator

    62 % of the runs of api-integrator failed in the last 5 minutes

    Most failures are 429: the model provider takes fewer calls than the agent makes.

    Agent:    api-integrator
    Severity: critical
    Since:    2026-11-24 02:13:05 UTC+00:00
    Alerts:   1 firing

    What to do first
      Follow the runbook
      https://example.com/runbooks/AgentErrorRateCritical

    Links
      Dashboard at that time: https://grafana.example.com/d/agent?var-agent=api-integrator&from=1795486385000
      Traces: https://jaeger.example.com/search?service=swarm
      Alertmanager: https://alertmanager.example.com/#/alerts
    "
  `)
})

test('alerts that Alertmanager left out are counted, also if they are as many as the others', () => {
  const repeat = { ...sampleNotices.repeat, truncatedAlerts: 2 }
  expect(plainText(repeat).text).toMatch(/^Alerts: +2 firing, 2 more that Alertmanager left out$/m)
  const summary = { ...sampleNotices.summary, truncatedAlerts: 3 }
  expect(plainText(summary).text).toContain('could not be reached, 5 alerts fired and were resolved.')
})

test('a repeat shows that the alert still fires, and how many similar ones do', () => {
  expect(shown('repeat')).toMatchInlineSnapshot(`
    "[STILL CRITICAL] AgentErrorRateCritical: api-integrator, writer
    ---
    STILL CRITICAL - AgentErrorRateCritical: api-integrator, writer

    This is still firing.

    Most failures are 429: the model provider takes fewer calls than the agent makes.

    Agents:   api-integrator, writer
    Severity: critical
    Since:    2026-11-24 02:13:05 UTC+00:00
    Alerts:   2 firing, 3 more that Alertmanager left out

    What to do first
      Follow the runbook
      https://example.com/runbooks/AgentErrorRateCritical

    Alerts
    - AgentErrorRateCritical, api-integrator - firing since 2026-11-24 02:13:05 UTC+00:00 - 62 % of the runs of api-integrator failed in the last 5 minutes
    - AgentErrorRateCritical, writer - firing since 2026-11-24 02:13:05 UTC+00:00 - 62 % of the runs of writer failed in the last 5 minutes
    +3 more
    "
  `)
})

test('resolved shows how long it lasted', () => {
  expect(shown('resolved')).toMatchInlineSnapshot(`
    "[RESOLVED] AgentErrorRateCritical: api-integrator
    ---
    RESOLVED - AgentErrorRateCritical: api-integrator

    This is resolved. It lasted 12 min 4 s.

    What was wrong: 62 % of the runs of api-integrator failed in the last 5 minutes

    Agent:    api-integrator
    Severity: critical
    Began:    2026-11-24 02:13:05 UTC+00:00
    Ended:    2026-11-24 02:25:09 UTC+00:00
    Lasted:   12 min 4 s
    Alerts:   1 resolved

    Links
      Runbook: https://example.com/runbooks/AgentErrorRateCritical
    "
  `)
})

test('a summary lists the alerts that fired and resolved while the channel was down', () => {
  expect(shown('summary')).toMatchInlineSnapshot(`
    "[SUMMARY] AgentErrorRateCritical: api-integrator, writer
    ---
    SUMMARY - AgentErrorRateCritical: api-integrator, writer

    While this channel could not be reached, 2 alerts fired and were resolved. None of them is firing now.

    Agents:   api-integrator, writer
    Severity: critical
    Began:    2026-11-24 02:13:05 UTC+00:00
    Ended:    2026-11-24 02:25:09 UTC+00:00
    Lasted:   12 min 4 s
    Alerts:   2 resolved

    Alerts
    - AgentErrorRateCritical, api-integrator - began 2026-11-24 02:13:05 UTC+00:00, lasted 12 min 4 s - 62 % of the runs of api-integrator failed in the last 5 minutes
    - AgentErrorRateCritical, writer - began 2026-11-24 02:13:05 UTC+00:00, lasted 12 min 4 s - 62 % of the runs of writer failed in the last 5 minutes

    Links
      Runbook: https://example.com/runbooks/AgentErrorRateCritical
    "
  `)
})

test('a digest counts by alert and shows how many messages were held back', () => {
  expect(shown('digest')).toMatchInlineSnapshot(`
    "[DIGEST] Many alerts
    ---
    DIGEST - Many alerts

    More alerts arrived than this channel sends one by one; this is a digest. 34 messages were held back.

    Agents:    api-integrator, writer
    Severity:  warning
    Since:     2026-11-24 02:13:05 UTC+00:00
    Alerts:    2 firing, 1 resolved
    Held back: 34

    Alerts
    - AgentErrorRateCritical: 2 firing (api-integrator, writer)
    - AgentSlowResponses: 1 resolved (planner)

    Links
      Runbook: https://example.com/runbooks/AgentErrorRateCritical
    "
  `)
})

test('an event shows its text and time', () => {
  expect(shown('event')).toMatchInlineSnapshot(`
    "[EVENT] Deployed version 2.4.1
    ---
    EVENT - Deployed version 2.4.1

    Rolled out to all workers.
    The model is now the small one.

    Severity: info
    At:       2026-11-24 01:00:00 UTC+00:00

    Links
      release: https://example.com/releases/2.4.1
    "
  `)
})

test('a drill states that nothing is broken', () => {
  expect(shown('drill')).toMatchInlineSnapshot(`
    "[DRILL] Drill
    ---
    DRILL - Drill

    This is a test of the alert channels. Nothing is broken and there is nothing to do.

    Severity: critical
    At:       2026-11-24 03:00:00 UTC+00:00
    "
  `)
})

test('a meta notice states that it is about the bridge itself', () => {
  expect(shown('meta')).toMatchInlineSnapshot(`
    "[CRITICAL] Channel slack is down
    ---
    CRITICAL - Channel slack is down

    This message is about the alert bridge itself.

    Slack answered 404: no_service. Alerts go to email until the webhook in the settings is renewed.

    Severity: critical

    What to do first
      Follow the runbook
      https://example.com/runbooks/BridgeDeliveryFailing
    "
  `)
})

test('one alert and one message are counted in the singular', () => {
  const alerts = [sampleAlert('writer', { status: 'resolved', endsAt: '2026-11-24T02:25:09Z' })]
  expect(plainText({ ...sampleNotices.summary, alerts }).text).toContain('could not be reached, an alert fired and was resolved.')
  expect(plainText({ ...sampleNotices.digest, heldBack: 1 }).text).toContain('this is a digest. 1 message was held back.')
})

test('a digest that held nothing back does not mention it', () => {
  const { heldBack, ...digest } = sampleNotices.digest
  expect(heldBack).toBe(34)
  for (const notice of [digest, { ...digest, heldBack: 0 }]) {
    const { text } = plainText(notice)
    expect(text).toContain('this is a digest.\n')
    expect(text).not.toMatch(/held back/i)
  }
})

test('a resolved alert without times and without an explanation is only resolved', () => {
  const alerts = [sampleAlert('writer', { status: 'resolved', startsAt: 'yesterday', annotations: {} })]
  const { text } = plainText({ ...sampleNotices.resolved, alerts })
  expect(text).toContain('\n\nThis is resolved.\n\n')
  expect(text).not.toMatch(/What was wrong|Began|Ended|Lasted/)
})

test('a notice without a title is called Alert, and an agent that the title names is not repeated', () => {
  expect(plainText({ ...sampleNotices.firing, title: ' ' }).subject).toBe('[CRITICAL] Alert: api-integrator')
  expect(plainText({ ...sampleNotices.firing, title: 'api-integrator fails' }).subject).toBe('[CRITICAL] api-integrator fails')
})

test('a text that repeats the summary is shown once', () => {
  const [text] = Object.values(sampleAlert('api-integrator').annotations)
  const shownText = plainText({ ...sampleNotices.firing, text: text! }).text
  expect(shownText.split(text!)).toHaveLength(2)
})
