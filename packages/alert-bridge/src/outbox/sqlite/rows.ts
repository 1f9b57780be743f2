import type { DatabaseSync } from 'node:sqlite'

import { type NewDelivery, type NewNotice, rankOf } from '../rows.ts'

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

  function insertNotice({ id, notice, receivedAt, traceparent, failover }: NewNotice): void {
    const { severity, title } = notice
    const [stage, at] = [failover?.stage ?? null, failover?.at ?? null]
    noticeRow.run(id, severity, title, JSON.stringify(notice), receivedAt, traceparent ?? null, at, stage)
  }

  function insertDelivery({ id, noticeId, channel, recipient, notice, createdAt, dueAt }: NewDelivery): void {
    const { kind, incidentKey } = notice
    deliveryRow.run(id, noticeId, channel, recipient, rankOf(notice), kind, incidentKey, createdAt, dueAt)
  }

  return { insertNotice, insertDelivery }
}

/** The LIMIT that returns all rows. */
export const unlimited = -1

/** The number in the column `at` of a row, if there is one. */
export function numberOf(row: Record<string, unknown> | undefined): number | undefined {
  return typeof row?.['at'] === 'number' ? row['at'] : undefined
}
