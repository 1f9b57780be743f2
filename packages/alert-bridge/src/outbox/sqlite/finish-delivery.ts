import type { DatabaseSync } from 'node:sqlite'

import type { Merge, Replayed, Reschedule } from '../store.ts'
import { noticeWriter, orderedId, ranks } from './rows.ts'

export interface FinishDelivery {
  readonly succeed: (id: string, now: number, thread: unknown) => void
  readonly reschedule: (id: string, change: Reschedule) => void
  readonly deadLetter: (id: string, now: number, reason: string, mayHaveArrived: boolean) => void
  readonly merge: (merge: Merge) => void
  readonly replay: (id: string, now: number) => Replayed
}

const unleased = 'lease_owner = NULL, lease_until = NULL'

// the delivery :id and all that it stands for
const standsFor = `WITH RECURSIVE told_now (id) AS (
  SELECT :id UNION SELECT d.id FROM deliveries d JOIN told_now t ON d.collapsed_into = t.id)`

/** Writes how deliveries went; to be called within a transaction. */
export function finishDelivery(database: DatabaseSync): FinishDelivery {
  const { insertNotice, insertDelivery } = noticeWriter(database)
  const delivered = database.prepare(
    `UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, finished_at = ?, reason = NULL, held = NULL, ${unleased}
     WHERE id = ?`,
  )
  const tellAll = database.prepare(
    `INSERT INTO told (incident_key, channel, recipient, updated_at)
     ${standsFor} SELECT DISTINCT d.incident_key, d.channel, d.recipient, :now FROM deliveries d JOIN told_now t ON t.id = d.id WHERE TRUE
     ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at`,
  )
  const keepThread = database.prepare(
    `UPDATE told SET thread = :thread FROM deliveries d
     WHERE d.id = :id AND told.incident_key = d.incident_key AND told.channel = d.channel AND told.recipient = d.recipient`,
  )
  const later = database.prepare(
    `UPDATE deliveries SET due_at = :dueAt, attempts = attempts + :tried, held = :held, reason = coalesce(:reason, reason),
       may_have_arrived = max(may_have_arrived, :unknown), ${unleased} WHERE id = :id AND state = 'pending'`,
  )
  const dead = database.prepare(
    `UPDATE deliveries SET state = 'dead', attempts = attempts + 1, finished_at = ?, reason = ?, held = NULL,
       may_have_arrived = max(may_have_arrived, ?), ${unleased} WHERE id = ?`,
  )
  // nobody is left who could still be told: do not wait for the time of the escalation
  const hurry = database.prepare(
    `UPDATE notices SET escalate_at = :now WHERE stage IS NOT NULL AND id IN (
       ${standsFor} SELECT d.notice_id FROM deliveries d JOIN told_now t ON t.id = d.id)
     AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.notice_id = notices.id AND o.state IN ('pending', 'delivered'))`,
  )
  const collapse = database.prepare(
    `UPDATE deliveries SET state = 'collapsed', collapsed_into = ?, finished_at = ?, held = NULL, ${unleased} WHERE id = ?`,
  )
  const existing = database.prepare(`SELECT notice_id FROM deliveries WHERE id = ?`)
  const renewNotice = database.prepare('UPDATE notices SET severity = ?, title = ?, notice = ? WHERE id = ?')
  const renewDelivery = database.prepare('UPDATE deliveries SET rank = ? WHERE id = ?')
  const stateOf = database.prepare('SELECT state FROM deliveries WHERE id = ?')
  const again = database.prepare(
    `UPDATE deliveries SET state = 'pending', attempts = 0, due_at = ?, created_at = ?, finished_at = NULL WHERE id = ?`,
  )

  function merge({ ids, into, now }: Merge): void {
    const { id, notice, dueAt, channel, recipient } = into
    const row = existing.get(id) as { notice_id: string } | undefined
    if (row === undefined) {
      const noticeId = orderedId(now)
      insertNotice({ id: noticeId, notice, receivedAt: now, escalation: { stage: 'last-resort' } })
      insertDelivery({ id, noticeId, channel, recipient, notice, createdAt: now, dueAt })
    } else {
      renewNotice.run(notice.severity, notice.title, JSON.stringify(notice), row.notice_id)
      renewDelivery.run(ranks[notice.severity], id)
    }
    for (const other of ids) collapse.run(id, now, other)
  }

  return {
    merge,
    succeed: (id, now, thread) => {
      delivered.run(now, id)
      tellAll.run({ id, now })
      if (thread !== undefined) keepThread.run({ id, thread: JSON.stringify(thread) })
    },
    reschedule: (id, { dueAt, reason = null, held = null, mayHaveArrived = false, tried = true }) => {
      later.run({ id, dueAt, reason, held, unknown: Number(mayHaveArrived), tried: Number(tried) })
    },
    deadLetter: (id, now, reason, mayHaveArrived) => {
      dead.run(now, reason, Number(mayHaveArrived), id)
      hurry.run({ id, now })
    },
    replay: (id, now) => {
      const row = stateOf.get(id) as { state: string } | undefined
      if (row === undefined) return 'unknown'
      if (row.state !== 'dead') return 'not-dead'
      again.run(now, now, id)
      return 'replayed'
    },
  }
}
