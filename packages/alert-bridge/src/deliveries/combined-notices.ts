import { randomUUID } from 'node:crypto'

import { worstOf } from '../intake/severity-of.ts'
import type { Notice, NoticeAlert } from '../message/notice.ts'
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
