import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import type { Notice } from '../../src/message/notice.ts'
import { slackMessage, slackPlainText } from '../../src/channels/slack/slack-message.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

const shown = (notice: Notice): string => {
  const { text, blocks } = slackMessage(notice)
  return [`text: ${text}`, ...blocks.map((block) => `${block.type}: ${block.text.text}`)].join('\n')
}

test('firing', () => {
  expect(shown(sampleNotices.firing)).toMatchInlineSnapshot(`
    "text: CRITICAL - AgentErrorRateCritical: api-integrator. 62 % of the runs of api-integrator failed in the last 5 minutes Most failures are 429: the model provider takes fewer calls than the agent makes.
    header: :red_circle: CRITICAL - AgentErrorRateCritical: api-integrator
    section: 62 % of the runs of api-integrator failed in the last 5 minutes

    Most failures are 429: the model provider takes fewer calls than the agent makes.
    section: *Agent:* api-integrator
    *Severity:* critical
    *Since:* 2026-11-24 02:13:05 UTC+00:00
    *Alerts:* 1 firing
    section: *What to do first:* <https://example.com/runbooks/AgentErrorRateCritical|Follow the runbook>
    section: <https://grafana.example.com/d/agent?var-agent=api-integrator&amp;from=1795486385000|Dashboard at that time> | <https://jaeger.example.com/search?service=swarm|Traces> | <https://alertmanager.example.com/#/alerts|Alertmanager>"
  `)
})

test('repeat', () => {
  expect(shown(sampleNotices.repeat)).toMatchInlineSnapshot(`
    "text: STILL CRITICAL - AgentErrorRateCritical: api-integrator, writer. This is still firing. Most failures are 429: the model provider takes fewer calls than the agent makes.
    header: :red_circle: STILL CRITICAL - AgentErrorRateCritical: api-integrator, writer
    section: This is still firing.

    Most failures are 429: the model provider takes fewer calls than the agent makes.
    section: *Agents:* api-integrator, writer
    *Severity:* critical
    *Since:* 2026-11-24 02:13:05 UTC+00:00
    *Alerts:* 2 firing, 3 more that Alertmanager left out
    section: *What to do first:* <https://example.com/runbooks/AgentErrorRateCritical|Follow the runbook>
    section: - AgentErrorRateCritical, api-integrator - firing since 2026-11-24 02:13:05 UTC+00:00 - 62 % of the runs of api-integrator failed in the last 5 minutes
    - AgentErrorRateCritical, writer - firing since 2026-11-24 02:13:05 UTC+00:00 - 62 % of the runs of writer failed in the last 5 minutes
    +3 more"
  `)
})

test('resolved', () => {
  expect(shown(sampleNotices.resolved)).toMatchInlineSnapshot(`
    "text: RESOLVED - AgentErrorRateCritical: api-integrator. This is resolved. It lasted 12 min 4 s. What was wrong: 62 % of the runs of api-integrator failed in the last 5 minutes
    header: :large_green_circle: RESOLVED - AgentErrorRateCritical: api-integrator
    section: This is resolved. It lasted 12 min 4 s.

    What was wrong: 62 % of the runs of api-integrator failed in the last 5 minutes
    section: *Agent:* api-integrator
    *Severity:* critical
    *Began:* 2026-11-24 02:13:05 UTC+00:00
    *Ended:* 2026-11-24 02:25:09 UTC+00:00
    *Lasted:* 12 min 4 s
    *Alerts:* 1 resolved
    section: <https://example.com/runbooks/AgentErrorRateCritical|Runbook>"
  `)
})

test('summary', () => {
  expect(shown(sampleNotices.summary)).toMatchInlineSnapshot(`
    "text: SUMMARY - AgentErrorRateCritical: api-integrator, writer. While this channel could not be reached, 2 alerts fired and were resolved. None of them is firing now.
    header: :large_green_circle: SUMMARY - AgentErrorRateCritical: api-integrator, writer
    section: While this channel could not be reached, 2 alerts fired and were resolved. None of them is firing now.
    section: *Agents:* api-integrator, writer
    *Severity:* critical
    *Began:* 2026-11-24 02:13:05 UTC+00:00
    *Ended:* 2026-11-24 02:25:09 UTC+00:00
    *Lasted:* 12 min 4 s
    *Alerts:* 2 resolved
    section: - AgentErrorRateCritical, api-integrator - began 2026-11-24 02:13:05 UTC+00:00, lasted 12 min 4 s - 62 % of the runs of api-integrator failed in the last 5 minutes
    - AgentErrorRateCritical, writer - began 2026-11-24 02:13:05 UTC+00:00, lasted 12 min 4 s - 62 % of the runs of writer failed in the last 5 minutes
    section: <https://example.com/runbooks/AgentErrorRateCritical|Runbook>"
  `)
})

test('digest', () => {
  expect(shown(sampleNotices.digest)).toMatchInlineSnapshot(`
    "text: DIGEST - Many alerts. More alerts arrived than this channel sends one by one; this is a digest. 34 messages were held back.
    header: :large_yellow_circle: DIGEST - Many alerts
    section: More alerts arrived than this channel sends one by one; this is a digest. 34 messages were held back.
    section: *Agents:* api-integrator, writer
    *Severity:* warning
    *Since:* 2026-11-24 02:13:05 UTC+00:00
    *Alerts:* 2 firing, 1 resolved
    *Held back:* 34
    section: - AgentErrorRateCritical: 2 firing (api-integrator, writer)
    - AgentSlowResponses: 1 resolved (planner)
    section: <https://example.com/runbooks/AgentErrorRateCritical|Runbook>"
  `)
})

test('event', () => {
  expect(shown(sampleNotices.event)).toMatchInlineSnapshot(`
    "text: EVENT - Deployed version 2.4.1. Rolled out to all workers.
    The model is now the small one.
    header: :large_blue_circle: EVENT - Deployed version 2.4.1
    section: Rolled out to all workers.
    The model is now the small one.
    section: *Severity:* info
    *At:* 2026-11-24 01:00:00 UTC+00:00
    section: <https://example.com/releases/2.4.1|release>"
  `)
})

test('drill', () => {
  expect(shown(sampleNotices.drill)).toMatchInlineSnapshot(`
    "text: DRILL - Drill. This is a test of the alert channels. Nothing is broken and there is nothing to do.
    header: :test_tube: DRILL - Drill
    section: This is a test of the alert channels. Nothing is broken and there is nothing to do.
    section: *Severity:* critical
    *At:* 2026-11-24 03:00:00 UTC+00:00"
  `)
})

test('meta', () => {
  expect(shown(sampleNotices.meta)).toMatchInlineSnapshot(`
    "text: CRITICAL - Channel slack is down. This message is about the alert bridge itself. Slack answered 404: no_service. Alerts go to email until the webhook in the settings is renewed.
    header: :red_circle: CRITICAL - Channel slack is down
    section: This message is about the alert bridge itself.

    Slack answered 404: no_service. Alerts go to email until the webhook in the settings is renewed.
    section: *Severity:* critical
    section: *What to do first:* <https://example.com/runbooks/BridgeDeliveryFailing|Follow the runbook>"
  `)
})

test('a label cannot mention anyone, and a link cannot break out of its brackets', () => {
  const message = JSON.stringify(
    slackMessage({
      ...sampleNotices.firing,
      title: '<!channel> & <@U123>',
      alerts: [sampleAlert('<!here>')],
      links: { runbook: 'https://example.com/a|b>c', dashboard: 'javascript:alert(1)' },
    }),
  )
  expect(message).not.toMatch(/<[!@#]|javascript/)
  expect(message).toContain('&lt;!channel&gt; &amp; &lt;@U123&gt;')
  expect(message).toContain('<https://example.com/a%7Cb%3Ec|Follow the runbook>')
})

test('lists as many of a thousand alerts as fit, and counts the others', () => {
  const alerts = Array.from({ length: 1_000 }, (_, number) => sampleAlert(`agent-${number}`))
  const { blocks } = slackMessage({ ...sampleNotices.firing, alerts })
  const text = blocks.map((block) => block.text.text).join('\n')
  expect(text.match(/^- /gm)).toHaveLength(20)
  expect(text).toContain('\n+980 more')
})

test('the plain text that is sent when Slack refuses the blocks holds everything in 3,900 characters', () => {
  expect(slackPlainText(sampleNotices.meta)).toMatchInlineSnapshot(`
    "CRITICAL - Channel slack is down

    This message is about the alert bridge itself.

    Slack answered 404: no_service. Alerts go to email until the webhook in the settings is renewed.

    Severity: critical

    What to do first
      Follow the runbook
      https://example.com/runbooks/BridgeDeliveryFailing"
  `)
  expect(slackPlainText({ ...sampleNotices.meta, text: '&'.repeat(100_000) }).length).toBeLessThanOrEqual(3_900)
})

test.each([
  {
    alertname: 'RunBudgetExceeded',
    agent: 'writer',
    more: { budget: 'usd' },
    summary: 'A budget ended 3 run(s) of writer (usd)',
    description:
      'writer (workers): 3 run(s) exceeded their budget (usd) in the last 15 minutes and were ended. They are not retried.',
  },
  {
    alertname: 'AgentRunStuck',
    agent: 'researcher',
    more: {},
    summary: 'A run of researcher has made no progress for 12m 30s',
    description:
      'A run of researcher (workers) has made no progress for 12m 30s; 99% of its runs end within 4.2s. ' +
      'Run 5f0c3a9e1b2d4c68-2s in 10.0.0.7:9090: 12m 30s since "tool call started: search".',
  },
])('docs/safe-recovery.md shows what Slack displays for $alertname', ({ alertname, agent, more, summary, description }) => {
  const annotations = { summary, description, runbook_url: `https://example.com/runbooks/${alertname}` }
  const labels = { alertname, agent_name: agent, job: 'workers', severity: 'warning', ...more }
  const alerts = [sampleAlert(agent, { labels, annotations })]
  const { blocks } = slackMessage({ ...sampleNotices.firing, severity: 'warning', title: alertname, alerts, links: {} })
  const displayed = blocks
    .map((block) => block.text.text)
    .join('\n\n')
    .replaceAll(/<[^|>]+\|([^>]+)>/g, '$1')
    .replaceAll('*', '')
  const page = readFileSync(new URL('../../../../docs/safe-recovery.md', import.meta.url), 'utf8')
  const shownThere = page.match(/^```\n[\s\S]*?^```/gm)?.map((block) => block.replaceAll(/\s+/g, ' '))
  expect(shownThere).toContain(`\`\`\` ${displayed.replaceAll(/\s+/g, ' ')} \`\`\``)
})

test('a run that is stuck: the run, its process and its last step', () => {
  const annotations = {
    summary: 'A run of researcher has made no progress for 12m 30s',
    description:
      'A run of researcher (workers) has made no progress for 12m 30s; 99% of its runs end within 4.2s. ' +
      'Run 5f0c3a9e1b2d4c68-2s in 10.0.0.7:9090: 12m 30s since "tool call started: search". Since 2026-11-24 02:13 UTC.',
    runbook_url: 'https://example.com/runbooks/AgentRunStuck',
  }
  const labels = { alertname: 'AgentRunStuck', agent_name: 'researcher', job: 'workers', severity: 'warning' }
  const alerts = [sampleAlert('researcher', { labels, annotations })]
  expect(shown({ ...sampleNotices.firing, severity: 'warning', title: 'AgentRunStuck', alerts, links: {} }))
    .toMatchInlineSnapshot(`
    "text: WARNING - AgentRunStuck: researcher. A run of researcher has made no progress for 12m 30s A run of researcher (workers) has made no progress for 12m 30s; 99% of its runs end within 4.2s. Run 5f0c3a9e1b2d4c68-2s in 10.0.0.7:9090: 12m 30s since "tool call started: search". Since 2026-11-24 02:13 UTC.
    header: :large_yellow_circle: WARNING - AgentRunStuck: researcher
    section: A run of researcher has made no progress for 12m 30s

    A run of researcher (workers) has made no progress for 12m 30s; 99% of its runs end within 4.2s. Run 5f0c3a9e1b2d4c68-2s in 10.0.0.7:9090: 12m 30s since "tool call started: search". Since 2026-11-24 02:13 UTC.
    section: *Agent:* researcher
    *job:* workers
    *Severity:* warning
    *Since:* 2026-11-24 02:13:05 UTC+00:00
    *Alerts:* 1 firing
    section: *What to do first:* <https://example.com/runbooks/AgentRunStuck|Follow the runbook>"
  `)
})
