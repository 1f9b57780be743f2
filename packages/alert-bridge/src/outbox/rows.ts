import { randomBytes } from 'node:crypto'

import type { Severity } from '@swarmwatch/config'

import type { Notice, NoticeKind } from '../message/notice.ts'
import type { DeliveryState, FailoverStage, Recipient, StoredDelivery } from './store.ts'

/** Order of claims: the worst severity first. */
export const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 }

/** Rank of a delivery. A critical step comes before all alerts of the storm it belongs to: no one has acknowledged them yet. */
export function rankOf({ kind, severity }: Pick<Notice, 'kind' | 'severity'>): number {
  return kind === 'escalation' && severity === 'critical' ? ranks.critical - 1 : ranks[severity]
}

export interface NewNotice {
  readonly id: string
  readonly notice: Notice
  readonly receivedAt: number
  readonly traceparent?: string | undefined
  readonly failover?: { readonly stage: FailoverStage; readonly at?: number } | undefined
}

export interface NewDelivery extends Recipient {
  readonly id: string
  readonly noticeId: string
  readonly notice: Notice
  readonly createdAt: number
  readonly dueAt: number
}

/** A row of `deliveries` joined with its notice. */
export interface DeliveryRow {
  readonly seq: number
  readonly id: string
  readonly notice_id: string
  readonly channel: string
  readonly recipient: string
  readonly kind: NoticeKind
  readonly severity: Severity
  readonly incident_key: string
  readonly title: string
  readonly state: DeliveryState
  readonly created_at: number
  readonly due_at: number
  readonly attempts: number
  readonly held: string | null
  readonly reason: string | null
  readonly collapsed_into: string | null
  readonly may_have_arrived: number
  readonly finished_at: number | null
}

/** Columns of a `SELECT` for {@link DeliveryRow}, from deliveries `d` and notices `n`. */
export const deliveryColumns: string =
  'd.seq, d.id, d.notice_id, d.channel, d.recipient, d.kind, n.severity, d.incident_key, n.title, d.state, d.created_at, d.due_at, ' +
  'd.attempts, d.held, d.reason, d.collapsed_into, d.may_have_arrived, d.finished_at'

export function deliveryOf(row: DeliveryRow): StoredDelivery {
  return {
    id: row.id,
    noticeId: row.notice_id,
    channel: row.channel,
    recipient: row.recipient,
    kind: row.kind,
    severity: row.severity,
    incidentKey: row.incident_key,
    title: row.title,
    state: row.state,
    createdAt: row.created_at,
    dueAt: row.due_at,
    attempts: row.attempts,
    mayHaveArrived: row.may_have_arrived === 1,
    ...(row.held !== null && { held: row.held }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.collapsed_into !== null && { collapsedInto: row.collapsed_into }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
  }
}

/** Of this process. */
const node = randomBytes(6).toString('hex')
/** 24 bits, more than can be used up within a millisecond. */
const counterSize = 0x1_00_00_00
let counter = 0

/**
 * An id that sorts by its time of creation (a UUID of version 7 with a counter), so that new rows are next to each other at the end of an
 * index and a commit changes few pages.
 */
export function orderedId(now: number): string {
  counter = (counter + 1) % counterSize
  const time = Math.max(Math.trunc(now), 0).toString(16).padStart(12, '0').slice(-12)
  const count = counter.toString(16).padStart(6, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.slice(0, 3)}-a${count.slice(3)}-${node}`
}
