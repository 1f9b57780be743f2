import type { DatabaseSync } from 'node:sqlite'

import type { Notice } from '../../message/notice.ts'
import type { DueFailover, Failover, Failovers, FailoverStage } from '../store.ts'
import type { GroupCommit } from './group-commit.ts'
import { orderedId } from '../rows.ts'
import { noticeWriter, numberOf } from './rows.ts'

interface NoticeRow {
  readonly id: string
  readonly stage: FailoverStage
  readonly notice: string
  readonly received_at: number
}

/** Reads and changes the failovers of notices that may have reached no one in time. */
export function sqliteFailovers(database: DatabaseSync, write: GroupCommit['write']): Failovers {
  const { insertDelivery } = noticeWriter(database)
  const dueNotices = database.prepare(
    `SELECT id, stage, notice, received_at FROM notices WHERE escalate_at <= ? AND stage IS NOT NULL ORDER BY escalate_at LIMIT 100`,
  )
  // a collapsed delivery has the state of the delivery that contains it, over any number of steps
  const deliveries = database.prepare(
    `WITH RECURSIVE chain (first, id) AS (
       SELECT id, id FROM deliveries WHERE notice_id = ?
       UNION SELECT chain.first, d.collapsed_into FROM chain JOIN deliveries d ON d.id = chain.id WHERE d.state = 'collapsed')
     SELECT d.channel, d.recipient, d.state, d.reason FROM chain JOIN deliveries d ON d.id = chain.id WHERE d.state <> 'collapsed'`,
  )
  const isOpen = database.prepare(`SELECT 1 FROM incident_records WHERE incident_key = ? AND state = 'open'`)
  const noticeOf = database.prepare('SELECT notice FROM notices WHERE id = ?')
  const next = database.prepare('UPDATE notices SET stage = ?, escalate_at = ? WHERE id = ?')

  const nextDue = database.prepare('SELECT min(escalate_at) AS at FROM notices WHERE escalate_at IS NOT NULL')

  function dueFailovers(now: number): DueFailover[] {
    return (dueNotices.all(now) as unknown as NoticeRow[]).map(({ id, stage, notice, received_at: receivedAt }) => ({
      noticeId: id,
      stage,
      notice: JSON.parse(notice) as Notice,
      receivedAt,
      deliveries: (deliveries.all(id) as unknown as DueFailover['deliveries'][number][]).map(
        ({ channel, recipient, state, reason }) => ({ channel, recipient, state, ...(reason && { reason }) }),
      ),
    }))
  }

  function failOver(noticeId: string, { recipients, next: following }: Failover, now: number): void {
    const row = noticeOf.get(noticeId) as { notice: string } | undefined
    if (row === undefined) return
    const notice = JSON.parse(row.notice) as Notice
    // someone may have acknowledged the incident since the decision
    const isOver = notice.kind === 'escalation' && isOpen.get(notice.incidentKey) === undefined
    for (const to of isOver ? [] : recipients) {
      insertDelivery({ id: orderedId(now), noticeId, ...to, notice, createdAt: now, dueAt: now })
    }
    const { stage = null, at = null } = (isOver ? undefined : following) ?? {}
    next.run(stage, at, noticeId)
  }

  return {
    dueFailovers: async (now) => dueFailovers(now),
    failOver: (noticeId, further, now) => write(() => failOver(noticeId, further, now)),
    nextFailoverAt: async () => numberOf(nextDue.get()),
  }
}
