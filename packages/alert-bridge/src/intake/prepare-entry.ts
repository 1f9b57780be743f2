import type { AlertGroup } from '@swarmwatch/config'

import type { Notice } from '../message/notice.ts'
import type { Decision, Entry, EscalationStage, Known } from '../outbox/store.ts'
import { type RoutedChannel, routeNotice } from '../routing.ts'
import { decideRepeat, dedupeKey, groupKey } from './dedupe.ts'
import { noticeOfGroup } from './notice-of-group.ts'
import { severityOf } from './severity-of.ts'

/** What to keep, and how to decide once it is known what came before. */
export interface PreparedEntry {
  readonly entry: Entry
  readonly decide: (known: Known) => Decision
}

/** Turns a group of alerts into what the store is given. */
export function prepareGroup(group: AlertGroup, { channels, plan, receivedAt, traceparent }: PrepareOptions): PreparedEntry {
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
      const goesOn = incident?.status === 'firing' || (incident !== undefined && group.status === 'resolved')
      const incidentKey = goesOn ? incident.key : newIncidentKey(key, receivedAt)
      const kind = group.status === 'resolved' ? 'resolved' : repetition.kind === 'repeat' ? 'repeat' : 'firing'
      const notice = noticeOfGroup(group, kind, incidentKey)
      const severities = [notice.severity, ...group.alerts.map(severityOf)]
      return {
        kind: 'keep',
        notice,
        recipients: routeNotice(notice, channels, { severities, notified: goesOn ? notified : [] }),
        escalation: escalationOf(notice, receivedAt, plan),
        status: group.status,
        ...(repetition.kind === 'repeat' && { intervalMs: repetition.intervalMs }),
      }
    },
  }
}

/** With the time in front new incidents stand together at the end of an index, and a commit touches few pages. */
function newIncidentKey(key: string, receivedAt: number): string {
  return `${receivedAt.toString(36)}.${key.slice(0, 16)}`
}

export interface PrepareOptions {
  readonly channels: readonly RoutedChannel[]
  readonly plan: EscalationPlan
  readonly receivedAt: number
  readonly traceparent?: string | undefined
}

/** Turns an event, or what the bridge says of itself, into what the store is given. With a key it is told once. */
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
            escalation: escalationOf(notice, receivedAt, plan),
          }
        : { kind: 'duplicate', duplicate: 'event' },
  }
}

export interface EscalationPlan {
  readonly fallbackAfterMs: number
  readonly lastResortAfterMs: number
}

/**
 * When to look whether anybody was told. Info has no time: it may wait for the morning; when all its deliveries are dead it is looked at
 * at once, like every other.
 */
export function escalationOf(
  { severity, kind }: Pick<Notice, 'severity' | 'kind'>,
  receivedAt: number,
  { fallbackAfterMs, lastResortAfterMs }: EscalationPlan,
): { readonly stage: EscalationStage; readonly at?: number } {
  if (kind === 'drill' || severity === 'info') return { stage: 'last-resort' }
  if (severity === 'critical') return { stage: 'fallback', at: receivedAt + fallbackAfterMs }
  return { stage: 'last-resort', at: receivedAt + lastResortAfterMs }
}
