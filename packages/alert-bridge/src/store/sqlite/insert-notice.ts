import type { DatabaseSync } from 'node:sqlite'

import type { Severity } from '@swarmwatch/config'

import type { Notice } from '../../message/notice.ts'
import type { EscalationStage } from '../store.ts'
import type { Recipient } from '../stored-delivery.ts'

/** Worse ones first, in claims. */
export const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 }

export interface NewNotice {
  readonly id: string
  readonly notice: Notice
  readonly receivedAt: number
  readonly traceparent?: string | undefined
  readonly escalation?: { readonly stage: EscalationStage; readonly at?: number } | undefined
}

export interface NewDelivery extends Recipient {
  readonly id: string
  readonly noticeId: string
  readonly notice: Notice
  readonly createdAt: number
  readonly dueAt: number
}

export interface NoticeWriter {
  readonly insertNotice: (given: NewNotice) => void
  readonly insertDelivery: (given: NewDelivery) => void
}

/** Writes rows of `notices` and `deliveries`; to be called within a transaction. */
export function noticeWriter(database: DatabaseSync): NoticeWriter {
  const noticeRow = database.prepare(
    `INSERT INTO notices (id, severity, title, notice, received_at, traceparent, escalate_at, stage) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const deliveryRow = database.prepare(
    `INSERT INTO deliveries (id, notice_id, channel, recipient, rank, kind, incident_key, state, created_at, due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)`,
  )

  function insertNotice({ id, notice, receivedAt, traceparent, escalation }: NewNotice): void {
    const { severity, title } = notice
    const [stage, at] = [escalation?.stage ?? null, escalation?.at ?? null]
    noticeRow.run(id, severity, title, JSON.stringify(notice), receivedAt, traceparent ?? null, at, stage)
  }

  function insertDelivery({ id, noticeId, channel, recipient, notice, createdAt, dueAt }: NewDelivery): void {
    const { severity, kind, incidentKey } = notice
    deliveryRow.run(id, noticeId, channel, recipient, ranks[severity], kind, incidentKey, createdAt, dueAt)
  }

  return { insertNotice, insertDelivery }
}
