import { severities } from '@swarmwatch/config'

import type { CurrentAlert } from '../../alerts/start-alert-rules.ts'
import type { PageValues } from '../values/page-values.ts'
import { isoTime, span, timeOfDay } from './figures.ts'
import { type Markup, markup } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

/** What is wrong now, worst first. */
export function alertsSection({ alerts, atMs }: PageValues): Markup {
  return markup`<h2>Alerts</h2>
<p id="alert-summary" class="note" role="status">${summary(alerts)}</p>
${alerts && alerts.length > 0 ? markup`<ul class="alerts">${alerts.map((alert) => item(alert, atMs))}</ul>` : ''}`
}

function summary(alerts: readonly CurrentAlert[] | undefined): string {
  if (alerts === undefined) return 'No rules are evaluated in this process.'
  const firing = alerts.filter(({ state }) => state === 'firing').length
  const pending = alerts.length - firing
  if (alerts.length === 0) return 'None: no rule is broken.'
  return [firing > 0 ? `${firing} firing` : '', pending > 0 ? `${pending} pending` : ''].filter(Boolean).join(', ')
}

function item({ name, severity, state, isMuted, summary: text, sinceMs, runbookUrl }: CurrentAlert, atMs: number): Markup {
  // Only our own words become class names
  const kind = severities.includes(severity) ? severity : 'info'
  const runbook =
    runbookUrl === undefined
      ? ''
      : markup` <a href="${runbookUrl}" rel="noreferrer">Runbook<span class="unseen"> of ${shownText(name, longest.name)}</span></a>`
  return markup`<li class="${kind} ${state === 'firing' ? 'firing' : 'pending'}"><p><span class="word ${kind}">${kind}</span> <b><bdi>${shownText(name, longest.name)}</bdi></b></p>
<p><bdi>${shownText(text)}</bdi>${runbook}</p>
<p class="note">${state === 'firing' ? 'firing' : 'pending'}${isMuted ? ', muted by another,' : ''} since <time datetime="${isoTime(sinceMs)}">${timeOfDay(sinceMs)} UTC</time>, ${span((atMs - sinceMs) / 1000)}</p></li>
`
}
