import { silencesFor } from '../incidents/alertmanager-silences.ts'
import type { ActionName } from '../incidents/action-links.ts'
import { canBeSilenced, isActive } from '../incidents/incident-actions.ts'
import { cleanLine, cleanText, webLink } from '../message/clean-text.ts'
import { contentOf } from '../message/message-content.ts'
import { localTime, readableDuration } from '../message/notice-times.ts'
import type { HistoryEntry, StoredIncident } from '../outbox/incidents.ts'
import { html, type Html, page } from './html.ts'

/** Durations of silences that the form offers, in minutes. */
export const silenceMinutes = [30, 60, 120, 240, 480, 1_440, 4_320, 10_080] as const

/** An incident as its pages show it. */
export interface ShownIncident {
  readonly incident: StoredIncident
  readonly history: readonly HistoryEntry[]
  readonly now: number
  readonly timeZone: string | undefined
}

/** Parts of a form besides the choices of the person. */
export interface FormState {
  /** Proves that the form came from this bridge. */
  readonly token: string
  /** Name of the person if it is known already; otherwise the form asks for it. */
  readonly user: string | undefined
  /** Address that the form is sent to. @default that of the page */
  readonly target?: string
}

const questions = {
  ack: 'Acknowledge this incident?',
  silence: 'Silence this incident?',
  resolve: 'Mark this incident as resolved?',
} as const
const verbs = { ack: 'Acknowledge', silence: 'Silence', resolve: 'Mark as resolved' } as const
const effects = {
  ack: 'Everyone who was notified is informed that you take care of it, and it is not escalated further. Alertmanager goes on watching.',
  silence: 'Alertmanager sends nothing about the alerts with these labels until the silence ends.',
  resolve:
    'Everyone who was notified is informed that it is resolved. If the alert still fires, its next notification begins another incident.',
} as const

/** The page of a link: it asks, and changes nothing. */
export function confirmPage(action: ActionName, shown: ShownIncident, form: FormState, problem?: string): string {
  return page(
    questions[action],
    html`${problemBox(problem)}${summary(shown)}
      <div class="panel">${actionForm(action, shown, form)}</div>
      ${historyOf(shown)}`,
  )
}

/** The page after an action, or about an incident for which there is nothing to do. */
export function resultPage(title: string, text: string, shown: ShownIncident): string {
  return page(
    title,
    html`<div class="panel" role="status"><p>${text}</p></div>
      ${summary(shown)}${historyOf(shown)}`,
  )
}

/** A page about something that went wrong. */
export function problemPage(title: string, text: string, shown?: ShownIncident): string {
  return page(
    title,
    html`<div class="panel"><p>${text}</p></div>
      ${shown === undefined ? [] : [summary(shown), historyOf(shown)]}`,
  )
}

/** A page of one incident for the on-call engineer, with everything that can be done. */
export function incidentPage(shown: ShownIncident, forms: (action: ActionName) => FormState, canSilence: boolean): string {
  const { incident, now } = shown
  const possible: ActionName[] = [
    ...(incident.state === 'open' ? (['ack'] as const) : []),
    ...(canSilence && canBeSilenced(incident, now) ? (['silence'] as const) : []),
    ...(incident.state === 'resolved' ? [] : (['resolve'] as const)),
  ]
  const sections = possible.map(
    (action) =>
      html`<section class="panel">
        <h2>${verbs[action]}</h2>
        ${actionForm(action, shown, forms(action))}
      </section>`,
  )
  const back = html`<a href="../">All incidents</a>`
  return page(titleOf(incident), html`${summary(shown)}${sections}${historyOf(shown)}`, back)
}

/** The list of incidents: those that are open, and the last ones that are resolved. */
export function listPage(
  {
    open,
    resolved,
    now,
    timeZone,
  }: Readonly<Record<'open' | 'resolved', readonly StoredIncident[]>> & Omit<ShownIncident, 'incident' | 'history'>,
  user: string | undefined,
): string {
  const unacknowledged = open.filter(({ state }) => state === 'open').length
  const title = open.length === 0 ? 'No open incidents' : `${open.length} open ${open.length === 1 ? 'incident' : 'incidents'}`
  const table = (caption: string, incidents: readonly StoredIncident[]): Html[] =>
    incidents.length === 0
      ? []
      : [
          html`<table>
            <caption>
              ${caption}
            </caption>
            <thead>
              <tr>
                <th scope="col">Incident</th>
                <th scope="col">State</th>
                <th scope="col">Since</th>
              </tr>
            </thead>
            <tbody>
              ${incidents.map(
                (incident) =>
                  html`<tr>
                    <th scope="row"><a href="incidents/${encodeURIComponent(incident.key)}">${titleOf(incident)}</a></th>
                    <td>${stateOf(incident, now)} ${who(incident)}</td>
                    <td>
                      ${time(incident.openedAt, timeZone)},
                      ${readableDuration(((incident.resolvedAt ?? now) - incident.openedAt) / 1000)}
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>`,
        ]
  const header = user === undefined ? html`Swarmwatch` : html`Swarmwatch, ${user}`
  return page(
    title,
    html`<p>
        ${unacknowledged === 0 ? 'Every open incident is acknowledged.' : `${unacknowledged} not acknowledged.`} As of
        ${time(now, timeZone)}. <a href="./">Load again</a>
      </p>
      ${table('Open', open)}${table('Recently resolved', resolved)}`,
    header,
  )
}

/** The page that asks for the token of the on-call engineers. */
export function loginPage(token: string, problem?: string): string {
  return page(
    'On-call',
    html`${problemBox(problem)}
      <form class="panel" method="post" action="login">
        <input type="hidden" name="form" value="${token}" /> <label for="name">Your name</label
        ><input id="name" name="name" autocomplete="name" required maxlength="80" /> <label for="token">Token</label>
        <p class="hint" id="hint">The value of BRIDGE_ONCALL_TOKEN.</p>
        <input id="token" name="token" type="password" autocomplete="current-password" required aria-describedby="hint" />
        <button>Sign in</button>
      </form>`,
  )
}

function problemBox(problem: string | undefined): Html[] {
  return problem === undefined ? [] : [html`<div class="panel critical" role="alert"><p>${problem}</p></div>`]
}

function titleOf({ title, agent }: StoredIncident): string {
  const name = cleanLine(title, 120) || 'Alert'
  return agent === undefined || name.includes(agent) ? name : `${name}: ${cleanLine(agent, 120)}`
}

function summary({ incident, now, timeZone }: ShownIncident): Html {
  const { notice, openedAt, acknowledgedAt, acknowledgedBy, silencedUntil, resolvedAt, resolvedBy, escalationDueAt } = incident
  const content = notice && contentOf({ ...notice, style: { timeZone } })
  const times: (readonly [string, Html | string] | undefined)[] = [
    ['Opened', time(openedAt, timeZone)],
    acknowledgedAt === undefined
      ? undefined
      : ['Acknowledged', html`${time(acknowledgedAt, timeZone)} by ${acknowledgedBy ?? 'someone'}`],
    isActive(incident, now) ? ['Silenced until', time(silencedUntil!, timeZone)] : undefined,
    escalationDueAt === undefined ? undefined : ['Next escalation', time(escalationDueAt, timeZone)],
    resolvedAt === undefined ? undefined : ['Resolved', html`${time(resolvedAt, timeZone)} by ${resolvedBy ?? 'Alertmanager'}`],
  ]
  const facts = (content?.facts ?? []).map(({ name, value }) => [name, value] as const)
  const rows = [...times.filter((row) => row !== undefined), ...facts].map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd>`,
  )
  const links = (content === undefined ? [] : [content.firstStep?.link, ...content.links]).flatMap((link) => {
    const url = webLink(link?.url ?? '')
    return url === undefined ? [] : html`<li><a href="${url}" rel="noreferrer">${link!.name}</a></li>`
  })
  return html`<div class="panel">
    <p>${stateOf(incident, now)}</p>
    <p><strong>${titleOf(incident)}</strong></p>
    ${(content?.paragraphs ?? []).map((text) => html`<p>${cleanText(text, 1_200)}</p>`)}
    <dl>${rows}</dl>
    ${
      links.length === 0
        ? []
        : [
            html`<ul>
              ${links}
            </ul>`,
          ]
    }
  </div>`
}

function stateOf(incident: StoredIncident, now: number): Html {
  const { state, severity } = incident
  const words = state === 'silenced' && !isActive(incident, now) ? 'silence ended' : state
  const tone = state === 'resolved' ? 'over' : severity
  return html`<span class="state ${tone}">${state === 'resolved' ? words : `${severity}, ${words}`}</span>`
}

function who({ state, acknowledgedBy, resolvedBy }: StoredIncident): string {
  if (state === 'resolved') return resolvedBy === undefined ? '' : `by ${resolvedBy}`
  return acknowledgedBy === undefined || state === 'open' ? '' : `by ${acknowledgedBy}`
}

function actionForm(action: ActionName, { incident }: ShownIncident, { token, user, target = '' }: FormState): Html {
  const id = (field: string): string => `${action}-${field}`
  return html`<form method="post" action="${target}">
    <input type="hidden" name="form" value="${token}" />
    <p>${effects[action]}</p>
    ${action === 'silence' ? [matchersOf(incident), ...silenceFields(id)] : []}
    ${user === undefined ? html`<label for="${id('name')}">Your name</label><input id="${id('name')}" name="name" autocomplete="name" required maxlength="80" />` : html`<p>As <strong>${user}</strong>.</p>`}
    <button>${verbs[action]}</button>
  </form>`
}

function silenceFields(id: (field: string) => string): Html[] {
  return [
    html`<label for="${id('minutes')}">Duration</label
      ><select id="${id('minutes')}" name="minutes">
        ${silenceMinutes.map(
          (minutes) =>
            html`<option value="${minutes}" ${minutes === 60 ? ' selected' : ''}>${readableDuration(minutes * 60)}</option>`,
        )}
      </select>`,
    html`<label for="${id('comment')}">Reason</label><input id="${id('comment')}" name="comment" required maxlength="300" />`,
  ]
}

function matchersOf({ notice }: StoredIncident): Html {
  const all = notice === undefined ? [] : silencesFor(notice)
  if (all.length === 0) return html`<p>The labels of this incident are no longer stored.</p>`
  return html`${all.map(
    (matchers) =>
      html`<table>
        <caption>
          ${all.length === 1 ? 'Labels' : 'Labels of one alert'}
        </caption>
        <tbody>
          ${matchers.map(
            ({ name, value }) =>
              html`<tr>
                <th scope="row">${cleanLine(name, 100)}</th>
                <td>${cleanLine(value, 300)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
  )}`
}

/** A page shows at most this many entries, the last ones; a repeated step adds one each time. */
const maxHistory = 200

/** Begin and end are fields of the incident; what happened in between was stored as it happened. */
function historyOf({ incident, history, timeZone }: ShownIncident): Html {
  const { openedAt, resolvedAt, resolvedBy } = incident
  const all: HistoryEntry[] = [
    { at: openedAt, who: 'Alertmanager', action: 'opened' },
    ...history,
    ...(resolvedAt !== undefined && resolvedBy === undefined
      ? [{ at: resolvedAt, who: 'Alertmanager', action: 'resolved' }]
      : []),
  ]
  const items = all.slice(-maxHistory).map(
    ({ at, who: name, action, detail }) =>
      html`<li>
        ${time(at, timeZone)}
        <strong>${cleanLine(name, 80)}</strong>
        ${cleanLine(action, 100)}${detail === undefined ? '' : ` (${cleanLine(detail, 600)})`}
      </li>`,
  )
  const rest = all.length - maxHistory
  return html`<h2>History</h2>
    ${rest > 0 ? [html`<p>${rest} earlier entries are not shown.</p>`] : []}
    <ol class="history">
      ${items}
    </ol>`
}

function time(at: number, timeZone: string | undefined): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${localTime(iso, timeZone) ?? iso}</time>`
}
