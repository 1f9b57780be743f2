import type { AlertGroup, GroupAlert } from '@swarmwatch/config'

import type { Notice, NoticeAlert, NoticeKind } from '../message/notice.ts'
import { severityOf, worstOf } from './severity-of.ts'

/** The notice of a group. */
export function noticeOfGroup(group: AlertGroup, kind: NoticeKind, incidentKey: string): Notice {
  const firing = group.alerts.filter(({ status }) => status === 'firing')
  const shown = firing.length > 0 ? firing : group.alerts
  const startedAt = earliest(shown.map(({ startsAt }) => startsAt))
  const endedAt = group.status === 'resolved' ? latest(group.alerts.flatMap(({ endsAt }) => endsAt ?? [])) : undefined
  return {
    kind,
    severity: worstOf(shown.map(severityOf)),
    incidentKey,
    title: titleOf(group),
    alerts: group.alerts.map(noticeAlert),
    ...(group.truncatedAlerts > 0 && { truncatedAlerts: group.truncatedAlerts }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    links: linksOf(group),
  }
}

function titleOf({ groupLabels, commonLabels, alerts }: AlertGroup): string {
  const names = new Set(alerts.map(({ labels }) => labels['alertname'] ?? 'alert'))
  return groupLabels['alertname'] ?? commonLabels['alertname'] ?? [...names].slice(0, 3).join(', ')
}

function noticeAlert({ status, labels, annotations, startsAt, endsAt, generatorURL }: GroupAlert): NoticeAlert {
  return {
    status,
    labels,
    annotations,
    startsAt,
    ...(status === 'resolved' && endsAt !== undefined && { endsAt }),
    ...(generatorURL !== undefined && { generatorUrl: generatorURL }),
  }
}

// annotations that may contain a link, by its target
const annotationsOfLinks = [
  ['runbook', ['runbook_url', 'runbook']],
  ['dashboard', ['dashboard_url', 'dashboard']],
  ['traces', ['traces_url', 'trace_url', 'traces']],
] as const

function linksOf({ commonAnnotations, alerts, externalURL }: AlertGroup): Record<string, string> {
  const links: Record<string, string> = {}
  for (const [name, keys] of annotationsOfLinks) {
    const link = linkIn(commonAnnotations, keys) ?? linkIn(alerts[0]?.annotations ?? {}, keys)
    if (link !== undefined) links[name] = link
  }
  if (isLink(externalURL)) links['alertmanager'] = externalURL
  return links
}

function linkIn(annotations: GroupAlert['annotations'], keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = annotations[key]
    if (text !== undefined && isLink(text)) return text
  }
  return undefined
}

function isLink(text: string): boolean {
  return /^https?:/i.test(text) && URL.canParse(text)
}

function earliest(times: readonly string[]): string | undefined {
  return times.toSorted((one, other) => Date.parse(one) - Date.parse(other))[0]
}

function latest(times: readonly string[]): string | undefined {
  return times.toSorted((one, other) => Date.parse(other) - Date.parse(one))[0]
}
