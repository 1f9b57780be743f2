import { hash as hashOf } from 'node:crypto'

import { affectedThings, agentOf, alertIdentity, alertName, differingLabels, listed, ownAnnotations } from './alert-facts.ts'
import { cleanLine, cutText } from './clean-text.ts'
import { localTime, readableDuration, timeOf } from './notice-times.ts'
import type { Notice, NoticeAlert, NoticeIncident } from './notice.ts'

/** One line for each alert, and the number of alerts without a line. */
export interface AlertLines {
  readonly alerts: readonly AlertLine[]
  readonly moreAlerts: number
}

/** A line about one alert. */
export interface AlertLine {
  readonly text: string
  /** Six hexadecimal digits that differ if the alerts do. */
  readonly id: string
}

const max = { lines: 20, line: 1_200 } as const

/** The alerts of a notice, those that fire first; none if the rest of the message describes the only alert already. */
export function alertLines({ kind, alerts, incidents, truncatedAlerts = 0, style }: Notice): AlertLines {
  if (incidents !== undefined) return incidentLines(incidents, style?.timeZone)
  if (kind === 'digest') return countsByName(alerts, truncatedAlerts)
  if (alerts.length + truncatedAlerts < 2 && kind !== 'summary') return { alerts: [], moreAlerts: 0 }
  const shown = alerts.toSorted(firingFirst).slice(0, max.lines)
  const labels = differingLabels(alerts)
  const ids = idsOf(shown)
  const lines = shown.map((alert, index) => ({
    id: ids[index]!,
    text: [
      alertIdentity(alert, labels),
      when(alert, style?.timeZone),
      ...ownAnnotations(alert, kind === 'summary' ? [alert] : alerts),
    ].join(' - '),
  }))
  const texts = distinctTexts(lines, (text) => cutText(text, max.line))
  return {
    alerts: lines.map(({ id }, index) => ({ id, text: texts[index]! })),
    moreAlerts: alerts.length - shown.length + truncatedAlerts,
  }
}

/** `(3) AgentSlow: writer - critical since 02:00`; the number is that of its link. */
function incidentLines(incidents: readonly NoticeIncident[], timeZone: string | undefined): AlertLines {
  const lines = incidents.slice(0, max.lines).map(({ incidentKey, severity, title, agents, startedAt, round }, index) => {
    const names = agents.flatMap((agent) => cleanLine(agent, 80) || [])
    const which = names.length === 0 ? '' : `: ${listed(names, 2)}`
    const since = localTime(startedAt, timeZone)
    const again = round === 0 ? '' : `, repetition ${round}`
    const about = `${cleanLine(title, 120) || 'Alert'}${which} - ${severity}${since === undefined ? '' : ` since ${since}`}${again}`
    return { id: shortHash(incidentKey), text: `(${index + 1}) ${about}` }
  })
  return { alerts: lines, moreAlerts: incidents.length - lines.length }
}

/** The lines cut by `cut`; two that would look the same although their alerts differ begin with their ids. */
export function distinctTexts(lines: readonly AlertLine[], cut: (text: string) => string): string[] {
  const texts = lines.map(({ text }) => cut(text))
  const looks = texts.map(lookOf)
  const byLook = Map.groupBy(lines.keys(), (index) => looks[index])
  return lines.map(({ id, text }, index) => {
    const same = byLook.get(looks[index]) ?? []
    const isAmbiguous = same.some((other) => lines[other]!.id !== id)
    return isAmbiguous ? cut(`#${id} ${text}`) : texts[index]!
  })
}

/** Texts with the same look cannot be distinguished by eye: zero-width characters do not show, and an accent may be a character of its own. */
function lookOf(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/[\s\u2800]+/g, ' ')
}

function idsOf(alerts: readonly NoticeAlert[]): string[] {
  const byLabels = alerts.map(({ labels }) => shortHash(Object.entries(labels).toSorted(byKey)))
  const counts = Map.groupBy(byLabels, (id) => id)
  // the same labels twice: the alert fired twice
  return byLabels.map((id, index) => (counts.get(id)!.length === 1 ? id : shortHash(alerts[index])))
}

function byKey([one]: [string, string], [other]: [string, string]): number {
  return one < other ? -1 : 1
}

function shortHash(value: unknown): string {
  return hashOf('sha256', JSON.stringify(value), 'hex').slice(0, 6)
}

function firingFirst(a: NoticeAlert, b: NoticeAlert): number {
  return Number(b.status === 'firing') - Number(a.status === 'firing')
}

function when({ status, startsAt, endsAt }: NoticeAlert, timeZone: string | undefined): string {
  const since = localTime(startsAt, timeZone)
  if (status === 'firing') return since === undefined ? 'firing' : `firing since ${since}`
  const [start, end] = [timeOf(startsAt), timeOf(endsAt)]
  if (start === undefined || end === undefined || end < start) return 'resolved'
  return `began ${since}, lasted ${readableDuration((end - start) / 1_000)}`
}

/** `AgentSlowResponses: 12 firing, 3 resolved (writer, planner and 4 more)`, the most frequent first. */
function countsByName(alerts: readonly NoticeAlert[], truncatedAlerts: number): AlertLines {
  const byName = [...Map.groupBy(alerts, alertName)].toSorted(([, a], [, b]) => b.length - a.length)
  const lines = byName.slice(0, max.lines).map(([name, same]) => {
    const firing = same.filter(({ status }) => status === 'firing').length
    const resolved = same.length - firing
    const counts = [firing > 0 && `${firing} firing`, resolved > 0 && `${resolved} resolved`].filter((part) => part !== false)
    const agents = [...new Set(same.flatMap((alert) => agentOf(alert) ?? []))]
    const which = agents.length > 0 ? agents : affectedThings({ alerts: same })
    return { id: name, text: `${name}: ${counts.join(', ')}${which.length === 0 ? '' : ` (${listed(which, 3)})`}` }
  })
  const unlisted = byName.slice(max.lines).flatMap(([, same]) => same).length
  return { alerts: lines, moreAlerts: unlisted + truncatedAlerts }
}
