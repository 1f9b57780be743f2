import type { AlertGroup, GroupAlert, NotificationReason } from '@swarmwatch/config'

import { errorWord } from '../logger.ts'
import { type ActiveAlert, type AlertReceiver, type AlertRound, withDeadline } from './alert-receiver.ts'

/**
 * Delivers a group of alerts. When the promise rejects, the group is passed again at the next
 * interval.
 */
export type Deliver = (group: AlertGroup) => unknown

/** Options for passing groups to a function. */
export interface GroupReceiverOptions {
  /** Name for messages. @default 'deliver()' */
  readonly name?: string
  /** Alerts that still fire are delivered again after this time, in seconds. @default 14400 */
  readonly repeatSeconds?: number
  /** `deliver` counts as failed after this time, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** Address of the status page, for links. @default '' */
  readonly pageUrl?: string
  readonly close?: () => Promise<void>
}

interface GroupMemory {
  /** Resolved, and not yet delivered. */
  readonly ended: Map<string, GroupMember>
  /** Fingerprints that were delivered as firing. */
  delivered: ReadonlySet<string>
  hasChanged: boolean
  deliveredMs: number
}

/** Passes a group to a function when it changes, and again after the repeat time while it fires. */
export function groupReceiver(deliver: Deliver, options: GroupReceiverOptions = {}): AlertReceiver {
  const { name = 'deliver()', repeatSeconds = 14_400, timeoutMs = 30_000, pageUrl = '', close = async () => {} } = options
  const groups = new Map<string, GroupMemory>()

  function remember({ changes, nowMs }: AlertRound): void {
    for (const { status, alert } of changes) {
      const key = groupKey(alert)
      const group = groups.get(key) ?? { ended: new Map(), delivered: new Set(), hasChanged: true, deliveredMs: nowMs }
      groups.set(key, group)
      group.hasChanged = true
      if (status === 'firing') group.ended.delete(alert.fingerprint)
      else group.ended.set(alert.fingerprint, { alert, endedMs: nowMs })
    }
  }

  async function send(key: string, group: GroupMemory, { firing, nowMs }: AlertRound): Promise<void> {
    const active = firing.filter((alert) => groupKey(alert) === key)
    const isRepeat = !group.hasChanged && nowMs - group.deliveredMs >= repeatSeconds * 1_000
    if (!group.hasChanged && !isRepeat) return
    const members: readonly GroupMember[] = [...active.map((alert) => ({ alert })), ...group.ended.values()]
    const delivered = new Set(active.map(({ fingerprint }) => fingerprint))
    const reason = isRepeat ? 'repeat interval elapsed' : reasonOf(delivered, group.delivered)
    // Changes of a later round, while this one is in progress, must stay
    const sent = [...group.ended.keys()]
    await withDeadline(async () => deliver(alertGroup(members, reason, pageUrl)), timeoutMs)
    for (const fingerprint of sent) group.ended.delete(fingerprint)
    Object.assign(group, { delivered, hasChanged: false, deliveredMs: nowMs })
    if (active.length === 0) groups.delete(key)
  }

  return {
    name,
    async update(round) {
      remember(round)
      const results = await Promise.allSettled(Array.from(groups, ([key, group]) => send(key, group, round)))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw new Error(`a group was not delivered (${errorWord(failed.reason)})`, { cause: failed.reason })
    },
    close,
  }
}

function reasonOf(firing: ReadonlySet<string>, delivered: ReadonlySet<string>): NotificationReason {
  if (firing.size === 0) return 'all alerts resolved'
  if (delivered.size === 0) return 'first notification'
  return [...firing].every((fingerprint) => delivered.has(fingerprint)) ? 'some alerts resolved' : 'new alerts added'
}

/** An alert of a group; one that is resolved has the time of its end. */
interface GroupMember {
  readonly alert: ActiveAlert
  readonly endedMs?: number | undefined
}

const whileFiring = '0001-01-01T00:00:00Z'

/**
 * The labels that alerts are grouped by: all but the severity, so that one process has one group
 * for each alert name.
 */
function groupLabels({ labels }: ActiveAlert): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'severity'))
}

/** The same for all alerts of one group: `{}:{alertname="X", instance="a"}`. */
function groupKey(alert: ActiveAlert): string {
  const pairs = Object.entries(groupLabels(alert)).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{}:{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`
}

/** A group of at least one alert, all with the same `groupKey`; firing alerts come first. */
function alertGroup(members: readonly GroupMember[], reason: NotificationReason, pageUrl: string): AlertGroup {
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
