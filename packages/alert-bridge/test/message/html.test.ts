import { expect, test } from 'vitest'

import { html } from '../../src/channels/email/mail.ts'
import type { Notice } from '../../src/message/notice.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

/** Without the frame, which is the same for all. */
const shown = (kind: keyof typeof sampleNotices): string =>
  html(sampleNotices[kind])
    .split('\n')
    .slice(3, -2)
    .join('\n')
    .replaceAll(/ style="[^"]*"/g, '')

test('firing', () => {
  expect(shown('firing')).toMatchInlineSnapshot(`
    "<h1>CRITICAL - AgentErrorRateCritical: api-integrator</h1>
    <p>62 % of the runs of api-integrator failed in the last 5 minutes</p>
    <p>Most failures are 429: the model provider takes fewer calls than the agent makes.</p>
    <table>
    <tr><td>Agent</td><td>api-integrator</td></tr>
    <tr><td>Severity</td><td>critical</td></tr>
    <tr><td>Since</td><td>2026-11-24 02:13:05 UTC+00:00</td></tr>
    <tr><td>Alerts</td><td>1 firing</td></tr>
    </table>
    <p><strong>What to do first</strong><br><a href="https://example.com/runbooks/AgentErrorRateCritical">Follow the runbook</a></p>
    <p><strong>Links</strong></p><ul>
    <li><a href="https://grafana.example.com/d/agent?var-agent=api-integrator&amp;from=1795486385000">Dashboard at that time</a></li>
    <li><a href="https://jaeger.example.com/search?service=swarm">Traces</a></li>
    <li><a href="https://alertmanager.example.com/#/alerts">Alertmanager</a></li>
    </ul>"
  `)
})

test('repeat', () => {
  expect(shown('repeat')).toMatchInlineSnapshot(`
    "<h1>STILL CRITICAL - AgentErrorRateCritical: api-integrator, writer</h1>
    <p>This is still firing.</p>
    <p>Most failures are 429: the model provider takes fewer calls than the agent makes.</p>
    <table>
    <tr><td>Agents</td><td>api-integrator, writer</td></tr>
    <tr><td>Severity</td><td>critical</td></tr>
    <tr><td>Since</td><td>2026-11-24 02:13:05 UTC+00:00</td></tr>
    <tr><td>Alerts</td><td>2 firing, 3 more that Alertmanager left out</td></tr>
    </table>
    <p><strong>What to do first</strong><br><a href="https://example.com/runbooks/AgentErrorRateCritical">Follow the runbook</a></p>
    <p><strong>Alerts</strong></p><ul>
    <li>AgentErrorRateCritical, api-integrator - firing since 2026-11-24 02:13:05 UTC+00:00 - 62 % of the runs of api-integrator failed in the last 5 minutes</li>
    <li>AgentErrorRateCritical, writer - firing since 2026-11-24 02:13:05 UTC+00:00 - 62 % of the runs of writer failed in the last 5 minutes</li>
    <li>+3 more</li>
    </ul>"
  `)
})

test('resolved', () => {
  expect(shown('resolved')).toMatchInlineSnapshot(`
    "<h1>RESOLVED - AgentErrorRateCritical: api-integrator</h1>
    <p>This is resolved. It lasted 12 min 4 s.</p>
    <p>What was wrong: 62 % of the runs of api-integrator failed in the last 5 minutes</p>
    <table>
    <tr><td>Agent</td><td>api-integrator</td></tr>
    <tr><td>Severity</td><td>critical</td></tr>
    <tr><td>Began</td><td>2026-11-24 02:13:05 UTC+00:00</td></tr>
    <tr><td>Ended</td><td>2026-11-24 02:25:09 UTC+00:00</td></tr>
    <tr><td>Lasted</td><td>12 min 4 s</td></tr>
    <tr><td>Alerts</td><td>1 resolved</td></tr>
    </table>
    <p><strong>Links</strong></p><ul>
    <li><a href="https://example.com/runbooks/AgentErrorRateCritical">Runbook</a></li>
    </ul>"
  `)
})

test('summary', () => {
  expect(shown('summary')).toMatchInlineSnapshot(`
    "<h1>SUMMARY - AgentErrorRateCritical: api-integrator, writer</h1>
    <p>While this channel could not be reached, 2 alerts fired and were resolved. None of them is firing now.</p>
    <table>
    <tr><td>Agents</td><td>api-integrator, writer</td></tr>
    <tr><td>Severity</td><td>critical</td></tr>
    <tr><td>Began</td><td>2026-11-24 02:13:05 UTC+00:00</td></tr>
    <tr><td>Ended</td><td>2026-11-24 02:25:09 UTC+00:00</td></tr>
    <tr><td>Lasted</td><td>12 min 4 s</td></tr>
    <tr><td>Alerts</td><td>2 resolved</td></tr>
    </table>
    <p><strong>Alerts</strong></p><ul>
    <li>AgentErrorRateCritical, api-integrator - began 2026-11-24 02:13:05 UTC+00:00, lasted 12 min 4 s - 62 % of the runs of api-integrator failed in the last 5 minutes</li>
    <li>AgentErrorRateCritical, writer - began 2026-11-24 02:13:05 UTC+00:00, lasted 12 min 4 s - 62 % of the runs of writer failed in the last 5 minutes</li>
    </ul>
    <p><strong>Links</strong></p><ul>
    <li><a href="https://example.com/runbooks/AgentErrorRateCritical">Runbook</a></li>
    </ul>"
  `)
})

test('digest', () => {
  expect(shown('digest')).toMatchInlineSnapshot(`
    "<h1>DIGEST - Many alerts</h1>
    <p>More alerts arrived than this channel sends one by one; this is a digest. 34 messages were held back.</p>
    <table>
    <tr><td>Agents</td><td>api-integrator, writer</td></tr>
    <tr><td>Severity</td><td>warning</td></tr>
    <tr><td>Since</td><td>2026-11-24 02:13:05 UTC+00:00</td></tr>
    <tr><td>Alerts</td><td>2 firing, 1 resolved</td></tr>
    <tr><td>Held back</td><td>34</td></tr>
    </table>
    <p><strong>Alerts</strong></p><ul>
    <li>AgentErrorRateCritical: 2 firing (api-integrator, writer)</li>
    <li>AgentSlowResponses: 1 resolved (planner)</li>
    </ul>
    <p><strong>Links</strong></p><ul>
    <li><a href="https://example.com/runbooks/AgentErrorRateCritical">Runbook</a></li>
    </ul>"
  `)
})

test('event', () => {
  expect(shown('event')).toMatchInlineSnapshot(`
    "<h1>EVENT - Deployed version 2.4.1</h1>
    <p>Rolled out to all workers.<br>The model is now the small one.</p>
    <table>
    <tr><td>Severity</td><td>info</td></tr>
    <tr><td>At</td><td>2026-11-24 01:00:00 UTC+00:00</td></tr>
    </table>
    <p><strong>Links</strong></p><ul>
    <li><a href="https://example.com/releases/2.4.1">release</a></li>
    </ul>"
  `)
})

test('drill', () => {
  expect(shown('drill')).toMatchInlineSnapshot(`
    "<h1>DRILL - Drill</h1>
    <p>This is a test of the alert channels. Nothing is broken and there is nothing to do.</p>
    <table>
    <tr><td>Severity</td><td>critical</td></tr>
    <tr><td>At</td><td>2026-11-24 03:00:00 UTC+00:00</td></tr>
    </table>"
  `)
})

test('meta', () => {
  expect(shown('meta')).toMatchInlineSnapshot(`
    "<h1>CRITICAL - Channel slack is down</h1>
    <p>This message is about the alert bridge itself.</p>
    <p>Slack answered 404: no_service. Alerts go to email until the webhook in the settings is renewed.</p>
    <table>
    <tr><td>Severity</td><td>critical</td></tr>
    </table>
    <p><strong>What to do first</strong><br><a href="https://example.com/runbooks/BridgeDeliveryFailing">Follow the runbook</a></p>"
  `)
})

test('the colour shows the severity, and green that it is resolved', () => {
  expect(html(sampleNotices.firing)).toContain('<h1 style="font-size:20px;color:#b3261e">')
  expect(html(sampleNotices.resolved)).toContain('<h1 style="font-size:20px;color:#1e7a3c">')
})

test('the page is whole and loads nothing', () => {
  const page = html(sampleNotices.firing)
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page.trimEnd()).toMatch(/<\/body><\/html>$/)
  expect(page).not.toMatch(/<(?:script|img|link|iframe)|url\(|src=/)
})

test('markup in a label, a title or a link is only text', () => {
  const page = html({
    ...sampleNotices.firing,
    title: '<script>alert(1)</script>',
    alerts: [sampleAlert('"><img src=x onerror=alert(1)>')],
    links: {
      runbook: 'javascript:alert(1)',
      dashboard: 'https://example.com/"onmouseover="alert(1)',
      traces: 'https://a:b@example.com/',
    },
  })
  expect(page).not.toMatch(/<script|<img|javascript:|"onmouseover|a:b@/)
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(page).toContain('href="https://example.com/%22onmouseover=%22alert(1)"')
})

test('the headline has the colour of the severity, and another one when everything is resolved', () => {
  const colourOf = (notice: Notice): string | undefined => /<h1 style="font-size:20px;color:(#\w+)">/.exec(html(notice))?.[1]
  const firing = (severity: Notice['severity']): Notice => ({ ...sampleNotices.firing, severity })
  const notices = [firing('critical'), firing('warning'), firing('info'), sampleNotices.resolved, sampleNotices.summary]
  expect(notices.map(colourOf)).toEqual(['#b3261e', '#8a5a00', '#1f5fa8', '#1e7a3c', '#1e7a3c'])
})

test('quotes of both kinds are only text', () => {
  expect(html({ ...sampleNotices.event, text: `"quoted" & 'quoted'` })).toContain(
    '<p>&quot;quoted&quot; &amp; &#39;quoted&#39;</p>',
  )
})

test('the text is narrow enough to read', () => {
  expect(html(sampleNotices.drill)).toContain('<body style="font:16px/1.5 sans-serif;color:#1b1b1b;max-width:42em">')
})
