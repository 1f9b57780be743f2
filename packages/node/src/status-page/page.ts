import { severities, thresholds } from '@swarmwatch/config'
import { type AgentMetrics, healthWeights, type SystemHealth } from '@swarmwatch/sdk'

import type { CurrentAlert } from '../alerts/start-alert-rules.ts'
import { chartOf, figureMarkup, figureNamed, figuresSection } from './figures.ts'
import { cost, count, duration, isoTime, maxLength, percent, points, score, shownText, span, timeOfDay } from './format.ts'
import { type Column, dataTable, htmlDocument, markup, type Markup, rendered } from './markup.ts'
import { maxRows, type PageValues } from './page-values.ts'
import { endingNames, recentSection, runningSection } from './runs-sections.ts'

/**
 * The parts of the page that change, in the order of the page. Each is the content of the element
 * with its name as id.
 */
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
${toolsForm}
<section id="running">${rendered(fragments.running)}</section>
<section id="agents">${rendered(fragments.agents)}</section>
<section id="recent">${rendered(fragments.recent)}</section>
</main>
<footer><p>Times in <span id="zone-name">UTC</span>. The same as JSON: <a href="api/health">health</a>, <a href="api/agents">agents</a>, <a href="api/executions">executions</a>.</p></footer>
</body>`
  return htmlDocument({
    title: `${headline} | ${service}`,
    head: markup`
<script src="live.js" defer></script>`,
    body,
  })
}

/** Search, filters, time zone and pause; without the script they would do nothing, so they are hidden. */
const toolsForm = markup`<form id="tools" aria-label="Find executions" hidden>
<label>Search <input type="search" name="search" autocomplete="off" spellcheck="false"></label>
<label>Agent <select name="agent"><option value="">all</option></select></label>
<label>Outcome <select name="outcome"><option value="">all</option>${endingNames.map((name) => markup`<option>${name}</option>`)}</select></label>
<label>Times <select name="zone"><option value="UTC">UTC</option><option value="local">local</option></select></label>
<button type="button" id="pause" aria-pressed="false">Pause updates</button>
<p id="found" role="status"></p>
</form>`

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
  if (alerts.length === 0) return 'None: no rule is violated.'
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
  { head: 'Model calls', cell: ({ modelCalls }) => count(modelCalls), isNumeric: true },
  { head: 'Requests', cell: ({ httpTries }) => count(httpTries), isNumeric: true },
  { head: 'Tokens', cell: ({ tokens }) => count(tokens.input + tokens.output), isNumeric: true },
  {
    head: 'Cached',
    cell: ({ tokens: { input, cachedInput } }) => percent(input > 0 ? cachedInput / input : undefined),
    isNumeric: true,
  },
  { head: 'Cost', cell: (agent) => cost(agent), isNumeric: true },
]

/** One row for each agent, by name. */
function agentsSection({ agents, totals }: PageValues): Markup {
  const shown = agents.slice(0, maxRows.agents)
  const rest = agents.length - shown.length
  return markup`<h2>Agents <span class="count">${count(agents.length)}</span></h2>
${
  agents.length === 0
    ? markup`<p class="note">No agent has run yet.</p>`
    : markup`<p class="note">Since the start ${count(totals.executions)} executions, ${count(totals.failures)} failed, ${count(totals.recovered)} recovered by ${count(totals.retries)} retries, ${count(totals.cancelled)} cancelled; ${count(totals.tokens.input + totals.tokens.output)} tokens, cost ${cost(totals)}. Requests are the HTTP requests of the model calls; cached is a share of the input tokens. Success and p95 are of the last minutes.</p>
<div class="scroll agents" role="region" aria-label="Table of agents" tabindex="0">${dataTable({
        caption: 'Agents of this process',
        columns,
        rows: shown,
        row: ({ successRate = 1 }) => ({ isNotable: successRate < 0.8 }),
      })}</div>`
}
${rest > 0 ? markup`<p class="note">and ${count(rest)} more: /api/agents</p>` : ''}`
}

interface Part {
  readonly key: keyof SystemHealth['lost']
  readonly name: string
  readonly inSentence: string
  readonly now: string
  readonly from: string
  readonly weight: number
}

/** The section Health: the score, the points that each part took away, and the chart. */
function healthSection(values: PageValues): Markup {
  const { health, history } = values
  const [units, tenths] = score(health.score).split('.') as [string, string]
  const condition = conditionOf(health.score)
  return markup`<h2>Health</h2>
<div class="score ${condition}">
<p class="reading">${figureMarkup(figureNamed('score'), values, markup`${units}<span class="tenths">.${tenths}</span>`)}<span class="of"> of 100</span></p>
<p class="condition"><span class="word ${condition}">${condition}</span></p>
</div>
${bar(health)}
<p class="reason">${reason(health)}</p>
<table class="parts"><caption>Points lost to each part</caption>
<thead><tr><th scope="col">Part</th><th scope="col" class="number">Now</th><th scope="col" class="number">Took</th><th scope="col" class="number">Of</th></tr></thead>
<tbody>${parts(health).map((part) => partRow(part, values))}</tbody></table>
${chartOf(figureNamed('score'), history)}`
}

function parts({ errorRate, p95Seconds, cpu, memory }: SystemHealth): Part[] {
  const { errorRate: rate, p95Seconds: slow, resources } = healthWeights
  const busiest = cpu >= memory ? 'CPU' : 'Memory'
  return [
    {
      key: 'errorRate',
      name: 'Error rate',
      inSentence: 'error rate',
      now: percent(errorRate),
      from: `from ${rate.from * 100} to ${rate.to * 100}\u00a0%`,
      weight: rate.points,
    },
    {
      key: 'p95',
      name: 'Slow runs (p95)',
      inSentence: 'response time (p95)',
      now: duration(p95Seconds),
      from: `from ${slow.from} to ${span(slow.to)}`,
      weight: slow.points,
    },
    {
      key: 'resources',
      name: busiest,
      inSentence: cpu >= memory ? 'CPU' : 'memory',
      now: percent(Math.max(cpu, memory)),
      from: `from ${resources.from * 100} to ${resources.to * 100}\u00a0%`,
      weight: resources.points,
    },
  ]
}

function partRow({ key, name, now, from, weight }: Part, values: PageValues): Markup {
  return markup`<tr${values.health.lost[key] >= 0.05 ? markup` class="notable"` : ''}><th scope="row"><span class="swatch ${key}" aria-hidden="true"></span>${name} <small>${from}</small></th><td class="number">${now}</td><td class="number">${figureMarkup(figureNamed(`lost.${key}`), values)}</td><td class="number">${weight}</td></tr>`
}

/** A bar of the remaining points and the points that each part took. */
function bar({ score: left, lost }: SystemHealth): Markup {
  const pieces = [
    ['left', left],
    ['errorRate', lost.errorRate],
    ['p95', lost.p95],
    ['resources', lost.resources],
  ] as const
  let at = 0
  const rectangles = pieces.map(([name, size]) => {
    const rectangle = markup`<rect class="${name}" x="${at.toFixed(2)}" y="0" width="${size.toFixed(2)}" height="8"/>`
    at += size
    return rectangle
  })
  return markup`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${rectangles}</svg>`
}

function reason(health: SystemHealth): string {
  if (health.executions === 0) return 'No run has finished recently, so no points are lost.'
  const taken = parts(health)
    .filter(({ key }) => health.lost[key] >= 0.05)
    .toSorted((one, other) => health.lost[other.key] - health.lost[one.key])
  const [worst] = taken
  if (!worst) return 'No points are lost.'
  return `${taken.length > 1 ? 'Mostly' : 'Only'} the ${worst.inSentence}: ${worst.now} costs ${points(health.lost[worst.key])} points.`
}

/** The condition of the swarm in one word; the alert on its health has the same limits. */
type Condition = 'healthy' | 'degraded' | 'failing'

const { critical, warning } = thresholds.healthScore

/** The word for a score from 0 to 100. */
function conditionOf(score: number): Condition {
  if (score >= warning.below) return 'healthy'
  return score >= critical.below ? 'degraded' : 'failing'
}
