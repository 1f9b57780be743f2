import type { AlertGroup } from '@swarmwatch/config'
import { routeNotice } from '../routing/route-notice.ts'
import type { RoutedChannel } from '../routing/routed-channel.ts'
import type { Decision, Entry, Known } from '../store/store.ts'
import { decideRepeat } from './decide-repeat.ts'
import { dedupeKey, groupKey } from './dedupe-key.ts'
import { escalationOf, type EscalationPlan } from './escalation-of.ts'
import { noticeOfGroup } from './notice-of-group.ts'
import { severityOf } from './severity-of.ts'

/** What to keep, and how to decide once it is known what came before. */
export interface Taken {
  readonly entry: Entry
  readonly decide: (known: Known) => Decision
}

/** Turns a group of alerts into what the store is given. */
export function takeGroup(group: AlertGroup, { channels, plan, receivedAt, traceparent }: TakeOptions): Taken {
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
    decide: ({ seen, incident, told }) => {
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
        recipients: routeNotice(notice, channels, { severities, told: goesOn ? told : [] }),
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

export interface TakeOptions {
  readonly channels: readonly RoutedChannel[]
  readonly plan: EscalationPlan
  readonly receivedAt: number
  readonly traceparent?: string | undefined
}
