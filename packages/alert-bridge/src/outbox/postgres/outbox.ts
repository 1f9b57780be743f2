import { randomUUID } from 'node:crypto'

import type { Checkpoints } from '../../checkpoint.ts'
import type { Notice } from '../../message/notice.ts'
import { deliveryColumns, deliveryOf, type DeliveryRow, orderedId, ranks } from '../rows.ts'
import type { Merge, Outbox, Recipient } from '../store.ts'
import { claimDeliveries, lockChannel } from './claims.ts'
import { insertRows, newDeliveries, newNotices } from './new-rows.ts'
import type { Database, Transaction } from './transactions.ts'

const unleased = 'lease_owner = NULL, lease_until = NULL'
// another bridge may have taken over the delivery while this one could not reach the database
const isOwn = '(lease_owner IS NULL OR lease_owner = $2)'

// the deliveries $1 and all deliveries that they contain
const contained = `WITH RECURSIVE contained (id) AS (
  SELECT unnest($1::text[]) COLLATE "C" UNION SELECT d.id FROM deliveries d JOIN contained t ON d.collapsed_into = t.id)`

/** Claims deliveries, records how attempts ended, and lists deliveries. */
export function postgresOutbox(database: Database, { owner, reached }: Checkpoints & { readonly owner: string }): Outbox {
  const { query, transaction } = database
  // two bridges must not rewrite the same digest: each would leave out the messages of the other
  const ownDigests = new Map<string, string>()

  /** Returns the id of the delivery that contains the others now. */
  async function merge(tx: Transaction, { ids, into, now }: Merge): Promise<string> {
    const { notice, dueAt, channel, recipient } = into
    lockChannel(tx, channel)
    const [row] = await tx.query<{ notice_id: string; is_waiting: boolean }>(
      `SELECT notice_id, state = 'pending' AND lease_until IS NULL AS is_waiting FROM deliveries WHERE id = $1`,
      [into.id],
    )
    // another bridge has claimed it in the meantime, and sends it without these
    const id = row?.is_waiting === false ? randomUUID() : into.id
    if (row?.is_waiting !== true) {
      const noticeId = orderedId(now)
      insertRows(tx, [
        newNotices([{ id: noticeId, notice, receivedAt: now, failover: { stage: 'last-resort' } }]),
        newDeliveries([{ id, noticeId, channel, recipient, notice, createdAt: now, dueAt }]),
      ])
    } else {
      tx.send('UPDATE notices SET severity = $2, title = $3, notice = $4 WHERE id = $1', [
        row.notice_id,
        notice.severity,
        notice.title,
        JSON.stringify(notice),
      ])
      tx.send('UPDATE deliveries SET rank = $2 WHERE id = $1', [id, ranks[notice.severity]])
    }
    tx.send(
      `UPDATE deliveries SET state = 'collapsed', collapsed_into = $3, finished_at = $4, held = NULL, ${unleased}
       WHERE id = ANY($1::text[]) AND state = 'pending' AND ${isOwn}`,
      [ids, owner, id, now],
    )
    return id
  }

  return {
    ...claimDeliveries(database, owner),
    merge: async (given) => {
      const id = await transaction((tx) => merge(tx, given))
      if (given.into.notice.kind === 'digest') ownDigests.set(keyOf(given.into), id)
    },
    succeed: (ids, now, thread) =>
      transaction((tx) => {
        tx.send(
          `UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, finished_at = $2, reason = NULL, held = NULL, ${unleased}
           WHERE id = ANY($1::text[])`,
          [ids, now],
        )
        tx.send(
          `INSERT INTO notified (incident_key, channel, recipient, updated_at)
           ${contained} SELECT DISTINCT d.incident_key, d.channel, d.recipient, $2::bigint FROM deliveries d JOIN contained t ON t.id = d.id
           ON CONFLICT (incident_key, channel, recipient) DO UPDATE SET updated_at = excluded.updated_at`,
          [ids, now],
        )
        if (thread !== undefined) {
          tx.send(
            `UPDATE notified n SET thread = $2 FROM deliveries d
             WHERE d.id = ANY($1::text[]) AND n.incident_key = d.incident_key AND n.channel = d.channel AND n.recipient = d.recipient`,
            [ids, JSON.stringify(thread)],
          )
        }
        reached('while-marking')
      }),
    reschedule: async (ids, { dueAt, reason = null, held = null, mayHaveArrived = false, tried = true }) =>
      void (await query(
        `UPDATE deliveries SET due_at = $3, attempts = attempts + $4, held = $5, reason = coalesce($6, reason),
           may_have_arrived = greatest(may_have_arrived, $7), ${unleased}
         WHERE id = ANY($1::text[]) AND state = 'pending' AND ${isOwn}`,
        [ids, owner, dueAt, Number(tried), held, reason, Number(mayHaveArrived)],
      )),
    deadLetter: (ids, now, reason, mayHaveArrived = false) =>
      transaction((tx) => {
        tx.send(
          `UPDATE deliveries SET state = 'dead', attempts = attempts + 1, finished_at = $3, reason = $4, held = NULL,
             may_have_arrived = greatest(may_have_arrived, $5), ${unleased}
           WHERE id = ANY($1::text[]) AND state = 'pending' AND ${isOwn}`,
          [ids, owner, now, reason, Number(mayHaveArrived)],
        )
        // no recipient is left that could still be reached, so the failover must not wait for its time
        tx.send(
          `${contained} UPDATE notices SET escalate_at = $2 WHERE stage IS NOT NULL AND id IN (
             SELECT d.notice_id FROM deliveries d JOIN contained t ON t.id = d.id)
           AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.notice_id = notices.id AND o.state IN ('pending', 'delivered'))`,
          [ids, now],
        )
      }),
    replay: (id, now) =>
      transaction(async (tx) => {
        const [row] = await tx.query<{ state: string }>('SELECT state FROM deliveries WHERE id = $1 FOR UPDATE', [id])
        if (row === undefined) return 'unknown'
        if (row.state !== 'dead') return 'not-dead'
        tx.send(
          `UPDATE deliveries SET state = 'pending', attempts = 0, due_at = $2, created_at = $2, finished_at = NULL WHERE id = $1`,
          [id, now],
        )
        return 'replayed'
      }),
    makeDue: async (channel, now) =>
      void (await query(
        `UPDATE deliveries SET due_at = $2 WHERE state = 'pending' AND channel = $1 AND held IS NULL AND due_at > $2`,
        [channel, now],
      )),
    list: async ({ state, limit }) => {
      const rows = await query<DeliveryRow>(
        `SELECT ${deliveryColumns} FROM deliveries d JOIN notices n ON n.id = d.notice_id
         WHERE ${state === undefined ? 'true' : 'd.state = $2'} ORDER BY d.seq DESC LIMIT $1`,
        [limit ?? null, ...(state === undefined ? [] : [state])],
      )
      return rows.map(deliveryOf)
    },
    // claimed deliveries count too: no one may work on them any more
    nextDueAt: (channel, onlyCritical = false) =>
      timeIn(
        query(`SELECT min(due_at) AS at FROM deliveries WHERE state = 'pending' AND channel = $1 AND rank <= $2`, [
          channel,
          onlyCritical ? ranks.critical : ranks.info,
        ]),
      ),
    oldestPendingAt: () => timeIn(query(`SELECT min(created_at) AS at FROM deliveries WHERE state = 'pending' AND held IS NULL`)),
    pendingDigest: async (to) => {
      const [row] = await query<{ id: string; notice: string }>(
        `SELECT d.id, n.notice FROM deliveries d JOIN notices n ON n.id = d.notice_id
         WHERE d.id = $1 AND d.state = 'pending' AND d.lease_until IS NULL`,
        [ownDigests.get(keyOf(to)) ?? null],
      )
      return row && { id: row.id, notice: JSON.parse(row.notice) as Notice }
    },
  }
}

function keyOf({ channel, recipient }: Recipient): string {
  return JSON.stringify([channel, recipient])
}

/** The time in the only row of a result, if there is one. */
export async function timeIn(rows: Promise<{ readonly at: number | null }[]>): Promise<number | undefined> {
  return (await rows)[0]?.at ?? undefined
}
