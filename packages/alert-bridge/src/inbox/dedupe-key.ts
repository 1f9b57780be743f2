import type { AlertGroup, GroupAlert } from '@swarmwatch/config'
import { hash as hashOf } from 'node:crypto'

/**
 * Equal for the same state of the same group, whoever sends it and however keys and alerts are ordered. Annotations stay out because a
 * value in them changes with every evaluation, the group key because it changes when routes are edited.
 */
export function dedupeKey(group: AlertGroup): string {
  const alerts = group.alerts.map((alert) => [
    fingerprintOf(alert),
    alert.status,
    alert.startsAt,
    alert.status === 'resolved' ? (alert.endsAt ?? '') : '',
  ])
  alerts.sort((one, other) => compare(JSON.stringify(one), JSON.stringify(other)))
  return hash([group.receiver, sorted(group.groupLabels), group.status, alerts])
}

/** Equal for all notifications of a group. */
export function groupKey({ receiver, groupLabels }: AlertGroup): string {
  return hash([receiver, sorted(groupLabels)])
}

/** Equal for equal keys of events. */
export function eventKey(key: string): string {
  return `event:${hash(key)}`
}

function fingerprintOf({ fingerprint, labels }: GroupAlert): string {
  return fingerprint || hash(sorted(labels))
}

function sorted(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).toSorted(([one], [other]) => compare(one, other))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1
}

function hash(value: unknown): string {
  return hashOf('sha256', JSON.stringify(value), 'hex')
}
