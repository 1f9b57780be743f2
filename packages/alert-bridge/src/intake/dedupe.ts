import { hash as hashOf } from 'node:crypto'

import type { AlertGroup, GroupAlert } from '@swarmwatch/config'

import type { Known } from '../outbox/store.ts'

/** How long the same content counts as a duplicate; must be below Alertmanager's `repeat_interval`. */
export const duplicateWindowMs: number = 5 * 60_000
/** When Alertmanager is killed, it forgets up to 15 min of its notifications and sends them again. */
const resendWindowMs = 60 * 60_000

/** Content that was received: for the first time, again on purpose, or again because of a retry or a peer. */
export type Repetition =
  | { readonly kind: 'new' }
  | { readonly kind: 'repeat'; readonly intervalMs: number }
  | { readonly kind: 'duplicate'; readonly duplicate: DuplicateKind }

/** `retry`: from the same Alertmanager; `peer`: from another one; `resend`: from one that forgot it; `event`: the same key. */
export type DuplicateKind = 'retry' | 'peer' | 'resend' | 'event'
export const duplicateKinds: readonly DuplicateKind[] = ['retry', 'peer', 'resend', 'event']

/** Data of an entry for {@link decideRepeat}. */
export interface Arrival {
  readonly receivedAt: number
  readonly sender: string
  /** `notification_reason` of Alertmanager 0.32 and later. */
  readonly reason?: string | undefined
}

/** Distinguishes a wanted repeat from a duplicate. */
export function decideRepeat(seen: Known['seen'], { receivedAt, sender, reason }: Arrival): Repetition {
  if (seen === undefined) return { kind: 'new' }
  const ageMs = receivedAt - seen.notifiedAt
  // a clock that was set back makes the past look like the future; beyond the window that must not suppress alerts
  if (ageMs <= -duplicateWindowMs) return { kind: 'repeat', intervalMs: duplicateWindowMs }
  if (ageMs < duplicateWindowMs) return { kind: 'duplicate', duplicate: seen.sender === sender ? 'retry' : 'peer' }
  // a late peer sends after less than half of the time between the last two repeats
  const isEarly = reason === 'repeat interval elapsed' && ageMs < (seen.intervalMs ?? 0) / 2
  if (isEarly) return { kind: 'duplicate', duplicate: seen.sender === sender ? 'retry' : 'peer' }
  const isForgotten = reason === 'first notification' || reason === 'all alerts resolved'
  if (isForgotten && ageMs < resendWindowMs) return { kind: 'duplicate', duplicate: 'resend' }
  return { kind: 'repeat', intervalMs: ageMs }
}

/**
 * Equal for the same state of the same group, regardless of the sender and of the order of keys and alerts. Annotations stay out because a
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
