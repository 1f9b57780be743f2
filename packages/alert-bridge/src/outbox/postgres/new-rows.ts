import { type NewDelivery, type NewNotice, ranks } from '../rows.ts'
import type { Transaction } from './transactions.ts'

/** Inserts notices, all in one statement. */
export function insertNotices(tx: Transaction, notices: readonly NewNotice[]): void {
  if (notices.length === 0) return
  tx.send(
    `INSERT INTO notices (id, severity, title, notice, received_at, traceparent, escalate_at, stage)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[])`,
    [
      notices.map(({ id }) => id),
      notices.map(({ notice }) => notice.severity),
      notices.map(({ notice }) => notice.title),
      notices.map(({ notice }) => JSON.stringify(notice)),
      notices.map(({ receivedAt }) => receivedAt),
      notices.map(({ traceparent }) => traceparent ?? null),
      notices.map(({ failover }) => failover?.at ?? null),
      notices.map(({ failover }) => failover?.stage ?? null),
    ],
  )
}

/** Inserts deliveries, all in one statement and in their order. */
export function insertDeliveries(tx: Transaction, deliveries: readonly NewDelivery[]): void {
  if (deliveries.length === 0) return
  tx.send(
    `INSERT INTO deliveries (id, notice_id, channel, recipient, rank, kind, incident_key, created_at, due_at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::bigint[], $9::bigint[])`,
    [
      deliveries.map(({ id }) => id),
      deliveries.map(({ noticeId }) => noticeId),
      deliveries.map(({ channel }) => channel),
      deliveries.map(({ recipient }) => recipient),
      deliveries.map(({ notice }) => ranks[notice.severity]),
      deliveries.map(({ notice }) => notice.kind),
      deliveries.map(({ notice }) => notice.incidentKey),
      deliveries.map(({ createdAt }) => createdAt),
      deliveries.map(({ dueAt }) => dueAt),
    ],
  )
}
