import type { Severity } from '@swarmwatch/config'

import type { NoticeKind } from '../../message/notice.ts'
import type { DeliveryState, StoredDelivery } from '../stored-delivery.ts'

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

/** What a `SELECT` for {@link DeliveryRow} asks for, from deliveries `d` and notices `n`. */
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
