import type { AlertGroup } from '@swarmwatch/config'

import type { Notice } from '../message/notice.ts'
import type { Decision, Entry, EscalationStage, Known } from '../outbox/store.ts'
import { type RoutedChannel, routeNotice } from '../routing.ts'
import { decideRepeat, dedupeKey, groupKey } from './dedupe.ts'
import { noticeOfGroup } from './notice-of-group.ts'
import { severityOf } from './severity-of.ts'

/** An entry for the store, and the decision about it, which depends on earlier entries. */
export interface PreparedEntry {
  readonly entry: Entry
  readonly decide: (known: Known) => Decision
}

/** Prepares a group of alerts for the store. */
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
      const continues = incident?.status === 'firing' || (incident !== undefined && group.status === 'resolved')
      const incidentKey = continues ? incident.key : newIncidentKey(key, receivedAt)
      const kind = group.status === 'resolved' ? 'resolved' : repetition.kind === 'repeat' ? 'repeat' : 'firing'
      const notice = noticeOfGroup(group, kind, incidentKey)
      const severities = [notice.severity, ...group.alerts.map(severityOf)]
      return {
        kind: 'keep',
        notice,
        recipients: routeNotice(notice, channels, { severities, notified: continues ? notified : [] }),
        escalation: escalationOf(notice, receivedAt, plan),
        status: group.status,
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
  readonly plan: EscalationPlan
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
 * When to check whether someone was reached. A notice of severity info has no time, because it may wait for the morning; when all its
 * deliveries are dead, it is checked at once like every other.
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
