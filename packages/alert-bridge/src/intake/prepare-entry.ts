import type { AlertGroup, EscalationStep, GroupAlert } from '@swarmwatch/config'

import { firstStep } from '../escalation/next-step.ts'
import type { Notice, NoticeAlert, NoticeKind } from '../message/notice.ts'
import type { Decision, Entry, FailoverStage, Known } from '../outbox/store.ts'
import { type RoutedChannel, routeNotice } from '../routing.ts'
import { decideRepeat, dedupeKey, groupKey } from './dedupe.ts'
import type { ReceivedGroup } from './read-alert-group.ts'
import { severityOf, worstOf } from './severity-of.ts'

/** An entry for the store, and the decision about it, which depends on earlier entries. */
export interface PreparedEntry {
  readonly entry: Entry
  readonly decide: (known: Known) => Decision
}

/** Prepares a group of alerts for the store. */
export function prepareGroup(
  group: ReceivedGroup,
  { channels, plan, steps = [], receivedAt, traceparent }: PrepareOptions,
): PreparedEntry {
  const sender = group.externalURL
  const key = groupKey(group)
  const entry: Entry = {
    receivedAt,
    dedupeKey: dedupeKey(group),
    groupKey: key,
    sender,
    ...(traceparent !== undefined && { traceparent }),
  }
  return {
    entry,
    decide: ({ seen, incident, notified }) => {
      const repetition = decideRepeat(seen, { receivedAt, sender, reason: group.notification_reason })
      if (repetition.kind === 'duplicate') return repetition
      const continues = incident?.status === 'firing' || (incident !== undefined && group.status === 'resolved')
      const incidentKey = continues ? incident.key : newIncidentKey(key, receivedAt)
      const kind = group.status === 'resolved' ? 'resolved' : repetition.kind === 'repeat' ? 'repeat' : 'firing'
      const notice = noticeOfGroup(group, kind, incidentKey)
      const escalationDueAt = firstStep(steps, { severity: notice.severity, openedAt: receivedAt })?.dueAt
      // someone works on it, and knows it: only what is new about it is sent
      const isKnown = kind === 'repeat' && incident?.isAcknowledged === true
      const severities = [notice.severity, ...group.alerts.map(severityOf)]
      return {
        kind: 'keep',
        notice,
        recipients: isKnown ? [] : routeNotice(notice, channels, { severities, notified: continues ? notified : [] }),
        ...(!isKnown && { failover: failoverOf(notice, receivedAt, plan) }),
        status: group.status,
        ...(escalationDueAt !== undefined && { escalationDueAt }),
        ...(repetition.kind === 'repeat' && { intervalMs: repetition.intervalMs }),
      }
    },
  }
}

/** With the time first, new incidents are next to each other at the end of an index, so that a commit changes few pages. */
function newIncidentKey(key: string, receivedAt: number): string {
  return `${receivedAt.toString(36)}.${key.slice(0, 16)}`
}

export interface PrepareOptions {
  readonly channels: readonly RoutedChannel[]
  readonly plan: FailoverPlan
  /** `alerts.escalation`. @default [] */
  readonly steps?: readonly EscalationStep[] | undefined
  readonly receivedAt: number
  readonly traceparent?: string | undefined
}

/** Prepares an event, or a report of the bridge about itself, for the store. With a key, recipients are notified once. */
export function prepareNotice(
  notice: Notice,
  { channels, plan, receivedAt, traceparent, key, except }: PrepareOptions & { readonly key?: string; readonly except?: string },
): PreparedEntry {
  return {
    entry: {
      receivedAt,
      sender: notice.kind,
      ...(key !== undefined && { dedupeKey: key }),
      ...(traceparent !== undefined && { traceparent }),
    },
    decide: ({ seen }) =>
      seen === undefined
        ? {
            kind: 'keep',
            notice,
            recipients: routeNotice(notice, channels, { except }),
            failover: failoverOf(notice, receivedAt, plan),
          }
        : { kind: 'duplicate', duplicate: 'event' },
  }
}

export interface FailoverPlan {
  readonly fallbackAfterMs: number
  readonly lastResortAfterMs: number
}

/**
 * When to check whether someone was reached. A notice of severity info has no time, because it may wait for the morning; when all its
 * deliveries are dead, it is checked at once like every other.
 */
export function failoverOf(
  { severity, kind }: Pick<Notice, 'severity' | 'kind'>,
  receivedAt: number,
  { fallbackAfterMs, lastResortAfterMs }: FailoverPlan,
): { readonly stage: FailoverStage; readonly at?: number } {
  if (kind === 'drill' || severity === 'info') return { stage: 'last-resort' }
  if (severity === 'critical') return { stage: 'fallback', at: receivedAt + fallbackAfterMs }
  return { stage: 'last-resort', at: receivedAt + lastResortAfterMs }
}

/** The notice of a group. */
export function noticeOfGroup(group: ReceivedGroup, kind: NoticeKind, incidentKey: string): Notice {
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

function linksOf({ commonAnnotations, alerts, externalURL, isFromGrafana = false }: ReceivedGroup): Record<string, string> {
  const links: Record<string, string> = {}
  for (const [name, keys] of annotationsOfLinks) {
    const link = linkIn(commonAnnotations, keys) ?? linkIn(alerts[0]?.annotations ?? {}, keys)
    if (link !== undefined) links[name] = link
  }
  if (isLink(externalURL)) links[isFromGrafana ? 'grafana' : 'alertmanager'] = externalURL
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
