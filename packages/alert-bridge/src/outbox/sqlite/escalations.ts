import type { DatabaseSync } from 'node:sqlite'

import type { Notice } from '../../message/notice.ts'
import type { DueEscalation, Escalated, EscalationStage } from '../store.ts'
import { noticeWriter, orderedId } from './rows.ts'

interface NoticeRow {
  readonly id: string
  readonly stage: EscalationStage
  readonly notice: string
  readonly received_at: number
}

export interface Escalations {
  readonly due: (now: number) => DueEscalation[]
  readonly escalate: (noticeId: string, escalated: Escalated, now: number) => void
}

/** Reads and writes which notices nobody may have been told of in time. */
export function escalations(database: DatabaseSync): Escalations {
  const { insertDelivery } = noticeWriter(database)
  const dueNotices = database.prepare(
    `SELECT id, stage, notice, received_at FROM notices WHERE escalate_at <= ? AND stage IS NOT NULL ORDER BY escalate_at LIMIT 100`,
  )
  // a collapsed delivery is as good as the one that stands for it, however far along that is
  const deliveries = database.prepare(
    `WITH RECURSIVE chain (first, id) AS (
       SELECT id, id FROM deliveries WHERE notice_id = ?
       UNION SELECT chain.first, d.collapsed_into FROM chain JOIN deliveries d ON d.id = chain.id WHERE d.state = 'collapsed')
     SELECT d.channel, d.recipient, d.state, d.reason FROM chain JOIN deliveries d ON d.id = chain.id WHERE d.state <> 'collapsed'`,
  )
  const noticeOf = database.prepare('SELECT notice FROM notices WHERE id = ?')
  const next = database.prepare('UPDATE notices SET stage = ?, escalate_at = ? WHERE id = ?')

  return {
    due: (now) =>
      (dueNotices.all(now) as unknown as NoticeRow[]).map(({ id, stage, notice, received_at: receivedAt }) => ({
        noticeId: id,
        stage,
        notice: JSON.parse(notice) as Notice,
        receivedAt,
        deliveries: (deliveries.all(id) as unknown as DueEscalation['deliveries'][number][]).map(
          ({ channel, recipient, state, reason }) => ({ channel, recipient, state, ...(reason && { reason }) }),
        ),
      })),
    escalate: (noticeId, { recipients, next: following }, now) => {
      const row = noticeOf.get(noticeId) as { notice: string } | undefined
      if (row === undefined) return
      const notice = JSON.parse(row.notice) as Notice
      for (const to of recipients) {
        insertDelivery({ id: orderedId(now), noticeId, ...to, notice, createdAt: now, dueAt: now })
      }
      next.run(following?.stage ?? null, following?.at ?? null, noticeId)
    },
  }
}
