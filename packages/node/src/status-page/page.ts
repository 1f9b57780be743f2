import { severities } from '@swarmwatch/config'
import type { AgentMetrics } from '@swarmwatch/sdk'

import type { CurrentAlert } from '../alerts/start-alert-rules.ts'
import { figuresSection } from './figures.ts'
import { count, duration, isoTime, maxLength, percent, shownText, span, timeOfDay, usd } from './format.ts'
import { conditionOf, healthSection } from './health-section.ts'
import { type Column, dataTable, htmlDocument, markup, type Markup, rendered } from './markup.ts'
import { maxRows, type PageValues } from './page-values.ts'
import { recentSection, runningSection } from './runs-sections.ts'

/** The parts of the page that change, in the order of the page. Each is the content of the element with its name as id. */
export const fragmentNames = ['clock', 'health', 'figures', 'alerts', 'running', 'agents', 'recent'] as const
/** The name of a part, which is its id on the page. */
type FragmentName = (typeof fragmentNames)[number]
/** The HTML of every part. */
export type Fragments = Readonly<Record<FragmentName, string>>

/** Everything that changes on the page. */
export interface RenderedPage {
  /** `74 degraded`: the title of the browser's tab. */
  readonly headline: string
  readonly fragments: Fragments
}

/** Renders every part. */
export function renderPage(values: PageValues): RenderedPage {
  const { score } = values.health
  return {
    // Not rounded up: 99.6 with points taken away is not 100
    headline: `${Math.floor(score)} ${conditionOf(score)}`,
    fragments: {
      clock: `${markup`as of <time datetime="${isoTime(values.atMs)}">${timeOfDay(values.atMs)} UTC</time>`}`,
      health: `${healthSection(values)}`,
      figures: `${figuresSection(values, values.history)}`,
      alerts: `${alertsSection(values)}`,
      running: `${runningSection(values)}`,
      agents: `${agentsSection(values)}`,
      recent: `${recentSection(values)}`,
    },
  }
}

/** The whole page, complete without its script. */
export function pageDocument({ headline, fragments }: RenderedPage, serviceName: string | undefined): Markup {
  const service = serviceName === undefined ? 'Swarmwatch' : shownText(serviceName, maxLength.name)
  const body = markup`<body>
<header>
<h1>Swarmwatch${serviceName === undefined ? '' : markup` <span class="service"><bdi>${service}</bdi></span>`}</h1>
<nav aria-label="Sections"><a href="#alerts">Alerts</a> <a href="#running">Running</a> <a href="#agents">Agents</a> <a href="#recent">Recent</a></nav>
<p class="moment"><span id="connection" role="status">reload to update</span> <span id="clock">${rendered(fragments.clock)}</span></p>
</header>
<main>
<section id="health">${rendered(fragments.health)}</section>
<section id="figures">${rendered(fragments.figures)}</section>
<section id="alerts">${rendered(fragments.alerts)}</section>
<section id="running">${rendered(fragments.running)}</section>
<section id="agents">${rendered(fragments.agents)}</section>
<section id="recent">${rendered(fragments.recent)}</section>
</main>
<footer><p>Times in UTC. The same as JSON: <a href="api/health">health</a>, <a href="api/agents">agents</a>, <a href="api/executions">executions</a>.</p></footer>
</body>`
  return htmlDocument({
    title: `${headline} | ${service}`,
    head: markup`
<script src="live.js" defer></script>`,
    body,
  })
}

/** The current alerts, worst first. */
function alertsSection({ alerts, atMs }: PageValues): Markup {
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
      : markup` <a href="${runbookUrl}" rel="noreferrer">Runbook<span class="unseen"> of ${shownText(name, maxLength.name)}</span></a>`
  return markup`<li class="${kind} ${state === 'firing' ? 'firing' : 'pending'}"><p><span class="word ${kind}">${kind}</span> <b><bdi>${shownText(name, maxLength.name)}</bdi></b></p>
<p><bdi>${shownText(text)}</bdi>${runbook}</p>
<p class="note">${state === 'firing' ? 'firing' : 'pending'}${isMuted ? ', muted by another,' : ''} since <time datetime="${isoTime(sinceMs)}">${timeOfDay(sinceMs)} UTC</time>, ${span((atMs - sinceMs) / 1000)}</p></li>
`
}

const columns: readonly Column<AgentMetrics>[] = [
  { head: 'Agent', cell: ({ agentName }) => markup`<bdi>${shownText(agentName, maxLength.name)}</bdi>` },
  { head: 'Success', cell: ({ successRate }) => percent(successRate), isNumeric: true },
  { head: 'Executions', cell: ({ executions }) => count(executions), isNumeric: true },
  { head: 'Failures', cell: ({ failures }) => count(failures), isNumeric: true },
  { head: 'Retries', cell: ({ retries }) => count(retries), isNumeric: true },
  { head: 'Active', cell: ({ active }) => count(active), isNumeric: true },
  { head: 'p95', cell: ({ p95Seconds }) => duration(p95Seconds), isNumeric: true },
  { head: 'Tokens', cell: ({ tokens }) => count(tokens.input + tokens.output), isNumeric: true },
  { head: 'Cost', cell: ({ costUsd }) => usd(costUsd), isNumeric: true },
]

/** One row for each agent, by name. */
function agentsSection({ agents, totals }: PageValues): Markup {
  const shown = agents.slice(0, maxRows.agents)
  const rest = agents.length - shown.length
  return markup`<h2>Agents <span class="count">${count(agents.length)}</span></h2>
${
  agents.length === 0
    ? markup`<p class="note">None has run yet.</p>`
    : markup`<p class="note">Since the start ${count(totals.executions)} executions, ${count(totals.failures)} failed, ${count(totals.recovered)} recovered by ${count(totals.retries)} retries, ${count(totals.cancelled)} cancelled; ${count(totals.tokens.input + totals.tokens.output)} tokens, ${usd(totals.costUsd)}. Success and p95 are of the last minutes.</p>
<div class="scroll agents" role="region" aria-label="Table of agents" tabindex="0">${dataTable({
        caption: 'Agents of this process',
        columns,
        rows: shown,
        row: ({ successRate = 1 }) => ({ isNotable: successRate < 0.8 }),
      })}</div>`
}
${rest > 0 ? markup`<p class="note">and ${count(rest)} more: /api/agents</p>` : ''}`
}
