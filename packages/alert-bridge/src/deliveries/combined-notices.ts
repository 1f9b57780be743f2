import { randomUUID } from 'node:crypto'

import { severities } from '@swarmwatch/config'

import { worstOf } from '../intake/severity-of.ts'
import { affectedAgents } from '../message/alert-facts.ts'
import type { Notice, NoticeAlert, NoticeIncident } from '../message/notice.ts'
import type { ClaimedDelivery } from '../outbox/store.ts'

/** Whether the alerts ended before the recipient was notified that they fired, because no attempt succeeded before. */
export function isEndOfUnknown({
  notice,
  wasNotified,
  overtaken,
}: Pick<ClaimedDelivery, 'notice' | 'wasNotified' | 'overtaken'>): boolean {
  return (
    notice.kind === 'resolved' &&
    !wasNotified &&
    overtaken.some(({ kind }) => kind === 'firing' || kind === 'repeat' || kind === 'escalation')
  )
}

/** One notice for all alerts that fired and ended while a channel was down. */
export function summaryNotice(deliveries: readonly Pick<ClaimedDelivery, 'notice' | 'overtaken'>[], id: string): Notice {
  const notices = deliveries.flatMap(({ notice, overtaken }) => [...overtaken, notice])
  const ends = deliveries.map(({ notice }) => notice)
  const titles = [...new Set(ends.map(({ title }) => title))]
  const startedAt = notices.flatMap((one) => one.startedAt ?? []).toSorted()[0]
  const endedAt = notices
    .flatMap((one) => one.endedAt ?? [])
    .toSorted()
    .at(-1)
  const only = ends.length === 1 ? ends[0] : undefined
  return {
    kind: 'summary',
    severity: worstOf(notices.map(({ severity }) => severity)),
    incidentKey: only?.incidentKey ?? `summary:${id}`,
    title: titles.length <= 3 ? titles.join(', ') : `${titles.slice(0, 3).join(', ')} and ${titles.length - 3} more`,
    ...mergedAlerts(ends),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(only?.links && { links: only.links }),
  }
}

/** One notice for the same step of several incidents. `id` distinguishes it from those of other incidents. */
export function stepsNotice(steps: readonly Notice[], id: string): Notice {
  const worst = worstOf(steps.map(({ severity }) => severity))
  const incidents = steps.map(incidentOf).toSorted(byUrgency)
  const titles = [...new Set(incidents.map(({ title }) => title))]
  const escalation = steps[0]?.escalation
  const mentions = [...new Set(steps.flatMap((one) => one.escalation?.mentions ?? []))]
  const startedAt = incidents.flatMap((one) => one.startedAt ?? []).toSorted()[0]
  return {
    kind: 'escalation',
    severity: worst,
    incidentKey: `steps:${id}`,
    title: `${incidents.length} incidents: ${titles.slice(0, 3).join(', ')}${titles.length > 3 ? ` and ${titles.length - 3} more` : ''}`,
    ...mergedAlerts(steps),
    incidents,
    links: sharedLinks(steps),
    ...(escalation && { escalation: { ...escalation, round: 0, before: [], ...(mentions.length > 0 && { mentions }) } }),
    ...(startedAt !== undefined && { startedAt }),
  }
}

function incidentOf(notice: Notice): NoticeIncident {
  const { incidentKey, severity, title, startedAt, escalation } = notice
  const agents = affectedAgents(notice)
  return { incidentKey, severity, title, agents, round: escalation?.round ?? 0, ...(startedAt !== undefined && { startedAt }) }
}

function byUrgency(one: NoticeIncident, other: NoticeIncident): number {
  const rank = ({ severity }: NoticeIncident): number => severities.indexOf(severity)
  return rank(one) - rank(other) || (Date.parse(one.startedAt ?? '') || 0) - (Date.parse(other.startedAt ?? '') || 0)
}

/** The links that are the same for all, such as the runbook of one alert. */
function sharedLinks([first, ...others]: readonly Notice[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(first?.links ?? {}).filter(([name, url]) => others.every(({ links }) => links?.[name] === url)),
  )
}

/** A digest of the notices that a storm held back on `channel`, including those of the digest `before`. */
export function digestNotice(channel: string, before: Notice | undefined, held: readonly Notice[], now: number): Notice {
  const heldBack = (before?.heldBack ?? 0) + held.length
  const all = before === undefined ? held : [before, ...held]
  return {
    kind: 'digest',
    severity: worstOf(all.map(({ severity }) => severity)),
    incidentKey: before?.incidentKey ?? `digest:${randomUUID()}`,
    title: `${heldBack} messages held back on ${channel}`,
    ...mergedAlerts(all),
    heldBack,
    startedAt: before?.startedAt ?? new Date(now).toISOString(),
  }
}

/** A combined notice contains at most this many alerts. */
const maxAlerts = 100

/** The alerts of several notices, those that fire first, each with its last state; and how many were left out. */
export function mergedAlerts(notices: readonly Notice[]): Pick<Notice, 'alerts' | 'truncatedAlerts'> {
  const last = new Map<string, NoticeAlert>()
  for (const { alerts } of notices) for (const alert of alerts) last.set(identity(alert), alert)
  const all = [...last.values()]
  const alerts = [...all.filter(({ status }) => status === 'firing'), ...all.filter(({ status }) => status === 'resolved')]
  const left = Math.max(alerts.length - maxAlerts, 0) + notices.reduce((sum, one) => sum + (one.truncatedAlerts ?? 0), 0)
  return { alerts: alerts.slice(0, maxAlerts), ...(left > 0 && { truncatedAlerts: left }) }
}

function identity({ labels }: NoticeAlert): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
