import type { Notice } from '../../message/notice.ts'
import { orderedId } from '../rows.ts'
import type { DueFailover, Failovers, FailoverStage } from '../store.ts'
import { insertRows, newDeliveries } from './new-rows.ts'
import { timeIn } from './outbox.ts'
import type { Database, Transaction } from './transactions.ts'

/** A bridge that has taken a failover has this long to end it; after that another one takes it. */
const claimMs = 30_000

interface NoticeRow {
  readonly id: string
  readonly stage: FailoverStage
  readonly notice: string
  readonly received_at: number
}

type DeliveryRow = DueFailover['deliveries'][number] & { readonly notice_id: string; readonly reason: string | null }

/** Reads and changes the failovers of notices that may have reached no one in time. Each is taken by one bridge. */
export function postgresFailovers({ query, transaction }: Database): Failovers {
  /** Of the notices that this bridge has taken: the end of the claim, which changes when another one takes them. */
  const claimedUntil = new Map<string, number>()

  async function takeDue(tx: Transaction, now: number): Promise<DueFailover[]> {
    const notices = await tx.query<NoticeRow>(
      `UPDATE notices SET escalate_at = $2 WHERE id IN (
         SELECT id FROM notices WHERE escalate_at <= $1 AND stage IS NOT NULL ORDER BY escalate_at LIMIT 100 FOR UPDATE SKIP LOCKED)
       RETURNING id, stage, notice, received_at`,
      [now, now + claimMs],
    )
    for (const [id, until] of claimedUntil) if (until <= now) claimedUntil.delete(id)
    for (const { id } of notices) claimedUntil.set(id, now + claimMs)
    if (notices.length === 0) return []
    // a collapsed delivery has the state of the delivery that contains it, over any number of steps
    const deliveries = await tx.query<DeliveryRow>(
      `WITH RECURSIVE chain (notice_id, id) AS (
         SELECT notice_id, id FROM deliveries WHERE notice_id = ANY($1::text[])
         UNION SELECT chain.notice_id, d.collapsed_into FROM chain JOIN deliveries d ON d.id = chain.id WHERE d.state = 'collapsed')
       SELECT chain.notice_id, d.channel, d.recipient, d.state, d.reason FROM chain JOIN deliveries d ON d.id = chain.id
       WHERE d.state <> 'collapsed'`,
      [notices.map(({ id }) => id)],
    )
    const ofNotice = Map.groupBy(deliveries, ({ notice_id: id }) => id)
    return notices
      .toSorted((one, other) => one.received_at - other.received_at)
      .map(({ id, stage, notice, received_at: receivedAt }) => ({
        noticeId: id,
        stage,
        notice: JSON.parse(notice) as Notice,
        receivedAt,
        deliveries: (ofNotice.get(id) ?? []).map(({ channel, recipient, state, reason }) => ({
          channel,
          recipient,
          state,
          ...(reason && { reason }),
        })),
      }))
  }

  return {
    dueFailovers: (now) => transaction((tx) => takeDue(tx, now)),
    failOver: (noticeId, { recipients, next }, now) =>
      transaction(async (tx) => {
        const [row] = await tx.query<{ notice: string }>(
          'SELECT notice FROM notices WHERE id = $1 AND escalate_at = $2 FOR UPDATE',
          [noticeId, claimedUntil.get(noticeId) ?? null],
        )
        if (row === undefined) return
        const notice = JSON.parse(row.notice) as Notice
        if (notice.kind === 'escalation' && !(await isOpen(tx, notice.incidentKey))) {
          tx.send('UPDATE notices SET stage = NULL, escalate_at = NULL WHERE id = $1', [noticeId])
          return
        }
        insertRows(tx, [
          newDeliveries(recipients.map((to) => ({ id: orderedId(now), noticeId, ...to, notice, createdAt: now, dueAt: now }))),
        ])
        tx.send('UPDATE notices SET stage = $2, escalate_at = $3 WHERE id = $1', [
          noticeId,
          next?.stage ?? null,
          next?.at ?? null,
        ])
      }),
    nextFailoverAt: () => timeIn(query('SELECT min(escalate_at) AS at FROM notices WHERE escalate_at IS NOT NULL')),
  }
}

/** Whether no one has acknowledged the incident until the end of the transaction. */
async function isOpen(tx: Transaction, key: string): Promise<boolean> {
  const rows = await tx.query(`SELECT 1 FROM incident_records WHERE incident_key = $1 AND state = 'open' FOR SHARE`, [key])
  return rows.length > 0
}
