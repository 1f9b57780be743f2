import type { ActiveAlert } from './active-alert.ts'

/** One alert of a group, as Alertmanager's webhook gives it. */
export interface GroupAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly startsAt: string
  /** ISO 8601; `0001-01-01T00:00:00Z` while it fires. */
  readonly endsAt: string
  readonly generatorURL: string
  /** 16 hex digits, of the labels. */
  readonly fingerprint: string
}

/** What Alertmanager's webhook sends, version 4: whatever takes that, such as the alert bridge, takes this. */
export interface AlertGroup {
  readonly version: '4'
  readonly groupKey: string
  readonly truncatedAlerts: number
  /** `firing` while one of the alerts fires. */
  readonly status: 'firing' | 'resolved'
  readonly receiver: string
  readonly groupLabels: Readonly<Record<string, string>>
  readonly commonLabels: Readonly<Record<string, string>>
  readonly commonAnnotations: Readonly<Record<string, string>>
  readonly routeLabels: Readonly<Record<string, string>>
  /** Why people are told now, in Alertmanager's words. */
  readonly notification_reason: NotificationReason
  readonly externalURL: string
  readonly alerts: readonly GroupAlert[]
}

/** Why people are told, in Alertmanager's words. */
export type NotificationReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed'

/** An alert and, once it is over, when. */
export interface GroupMember {
  readonly alert: ActiveAlert
  readonly endedMs?: number | undefined
}

const whileFiring = '0001-01-01T00:00:00Z'

/** The labels that alerts are grouped by: all but the severity, so that one process has one group for each alert name. */
function groupLabels({ labels }: ActiveAlert): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'severity'))
}

/** The same for all alerts of one group: `{}:{alertname="X", instance="a"}`. */
export function groupKey(alert: ActiveAlert): string {
  const pairs = Object.entries(groupLabels(alert)).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{}:{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`
}

/** A group of at least one alert, all with the same `groupKey`; those that fire come first. */
export function alertGroup(members: readonly GroupMember[], reason: NotificationReason, pageUrl: string): AlertGroup {
  const first = members[0]!.alert
  const alerts = members
    .toSorted((one, other) => Number(one.endedMs !== undefined) - Number(other.endedMs !== undefined))
    .map((member) => groupAlert(member, pageUrl))
  return {
    version: '4',
    groupKey: groupKey(first),
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: 'swarmwatch',
    groupLabels: groupLabels(first),
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    routeLabels: {},
    notification_reason: reason,
    externalURL: pageUrl,
    alerts,
  }
}

function groupAlert({ alert, endedMs }: GroupMember, pageUrl: string): GroupAlert {
  return {
    status: endedMs === undefined ? 'firing' : 'resolved',
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: new Date(alert.sinceMs).toISOString(),
    endsAt: endedMs === undefined ? whileFiring : new Date(endedMs).toISOString(),
    generatorURL: pageUrl,
    fingerprint: alert.fingerprint,
  }
}

function common(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...rest] = maps
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => rest.every((map) => map[key] === value)))
}
