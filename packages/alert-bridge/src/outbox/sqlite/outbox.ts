import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { Checkpoints } from '../../checkpoint.ts'
import type { Notice } from '../../message/notice.ts'
import type { Claim, ClaimedDelivery, Merge, Outbox, Recipient } from '../store.ts'
import type { GroupCommit } from './group-commit.ts'
import { type OlderRow, replacedBy } from '../overtaken.ts'
import { deliveryColumns, deliveryOf, type DeliveryRow, orderedId, ranks } from '../rows.ts'
import { noticeWriter, numberOf, unlimited } from './rows.ts'

const unleased = 'lease_owner = NULL, lease_until = NULL'

const isGiven = 'id IN (SELECT value FROM json_each(:ids))'
// the deliveries :ids and all deliveries that they contain
const contained = `WITH RECURSIVE contained (id) AS (
  SELECT value FROM json_each(:ids) UNION SELECT d.id FROM deliveries d JOIN contained t ON d.collapsed_into = t.id)`

/** Claims deliveries, records how attempts ended, and lists deliveries. */
export function sqliteOutbox(
  database: DatabaseSync,
  write: GroupCommit['write'],
  { owner, reached }: Checkpoints & { readonly owner: string },
): Outbox {
  const { insertNotice, insertDelivery } = noticeWriter(database)
  const delivered = database.prepare(
    `UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, finished_at = :now, reason = NULL, held = NULL, ${unleased}
     WHERE ${isGiven}`,
  )
  const markNotified = database.prepare(
    `INSERT INTO told (incident_key, channel, recipient, updated_at)
     ${contained} SELECT DISTINCT d.incident_key, d.channel, d.recipient, :now FROM deliveries d JOIN contained t ON t.id = d.id WHERE TRUE
     ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at`,
  )
  const keepThread = database.prepare(
    `UPDATE told SET thread = :thread FROM deliveries d
     WHERE d.${isGiven} AND told.incident_key = d.incident_key AND told.channel = d.channel AND told.recipient = d.recipient`,
  )
  const later = database.prepare(
    `UPDATE deliveries SET due_at = :dueAt, attempts = attempts + :tried, held = :held, reason = coalesce(:reason, reason),
       may_have_arrived = max(may_have_arrived, :unknown), ${unleased} WHERE ${isGiven} AND state = 'pending'`,
  )
  const dead = database.prepare(
    `UPDATE deliveries SET state = 'dead', attempts = attempts + 1, finished_at = :now, reason = :reason, held = NULL,
       may_have_arrived = max(may_have_arrived, :unknown), ${unleased} WHERE ${isGiven} AND state = 'pending'`,
  )
  // no recipient is left that could still be reached, so the failover must not wait for its time
  const hurry = database.prepare(
    `UPDATE notices SET escalate_at = :now WHERE stage IS NOT NULL AND id IN (
       ${contained} SELECT d.notice_id FROM deliveries d JOIN contained t ON t.id = d.id)
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

  const drain = database.prepare(
    `UPDATE deliveries SET due_at = ? WHERE state = 'pending' AND channel = ? AND held IS NULL AND due_at > ?`,
  )
  const joined = `SELECT ${deliveryColumns} FROM deliveries d JOIN notices n ON n.id = d.notice_id`
  const listAny = database.prepare(`${joined} ORDER BY d.seq DESC LIMIT ?`)
  const listState = database.prepare(`${joined} WHERE d.state = ? ORDER BY d.seq DESC LIMIT ?`)
  // claimed deliveries count too: no one may work on them any more
  const nextDue = database.prepare(
    `SELECT min(due_at) AS at FROM deliveries INDEXED BY pending_due WHERE state = 'pending' AND channel = ?`,
  )
  const nextCritical = database.prepare(
    `SELECT min(due_at) AS at FROM deliveries INDEXED BY pending_order WHERE state = 'pending' AND channel = ? AND rank <= ${ranks.critical}`,
  )
  const oldest = database.prepare(`SELECT min(created_at) AS at FROM deliveries WHERE state = 'pending' AND held IS NULL`)
  const digest = database.prepare(
    `SELECT d.id, n.notice FROM deliveries d INDEXED BY pending_digest JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.kind = 'digest' AND d.lease_until IS NULL AND d.channel = ? AND d.recipient = ?`,
  )

  function merge({ ids, into, now }: Merge): void {
    const { id, notice, dueAt, channel, recipient } = into
    const row = existing.get(id) as { notice_id: string } | undefined
    if (row === undefined) {
      const noticeId = orderedId(now)
      insertNotice({ id: noticeId, notice, receivedAt: now, failover: { stage: 'last-resort' } })
      insertDelivery({ id, noticeId, channel, recipient, notice, createdAt: now, dueAt })
    } else {
      renewNotice.run(notice.severity, notice.title, JSON.stringify(notice), row.notice_id)
      renewDelivery.run(ranks[notice.severity], id)
    }
    for (const other of ids) collapse.run(id, now, other)
  }

  return {
    ...claimDeliveries(database, write, owner),
    merge: (given) => write(() => merge(given)),
    succeed: (given, now, thread) =>
      write(() => {
        const ids = JSON.stringify(given)
        delivered.run({ ids, now })
        markNotified.run({ ids, now })
        if (thread !== undefined) keepThread.run({ ids, thread: JSON.stringify(thread) })
        reached('while-marking')
      }),
    reschedule: (given, { dueAt, reason = null, held = null, mayHaveArrived = false, tried = true }) =>
      write(() => {
        const ids = JSON.stringify(given)
        later.run({ ids, dueAt, reason, held, unknown: Number(mayHaveArrived), tried: Number(tried) })
      }),
    deadLetter: (given, now, reason, mayHaveArrived = false) =>
      write(() => {
        const ids = JSON.stringify(given)
        dead.run({ ids, now, reason, unknown: Number(mayHaveArrived) })
        hurry.run({ ids, now })
      }),
    replay: (id, now) =>
      write(() => {
        const row = stateOf.get(id) as { state: string } | undefined
        if (row === undefined) return 'unknown'
        if (row.state !== 'dead') return 'not-dead'
        again.run(now, now, id)
        return 'replayed'
      }),
    makeDue: (channel, now) => write(() => void drain.run(now, channel, now)),
    list: async ({ state, limit = unlimited }) => {
      const rows = state === undefined ? listAny.all(limit) : listState.all(state, limit)
      return (rows as unknown as DeliveryRow[]).map(deliveryOf)
    },
    nextDueAt: async (channel, onlyCritical = false) => numberOf((onlyCritical ? nextCritical : nextDue).get(channel)),
    oldestPendingAt: async () => numberOf(oldest.get()),
    pendingDigest: async ({ channel, recipient }) => {
      const row = digest.get(channel, recipient) as { id: string; notice: string } | undefined
      return row && { id: row.id, notice: JSON.parse(row.notice) as Notice }
    },
  }
}

type ClaimedRow = DeliveryRow & { notice: string; received_at: number; traceparent: string | null }

// what was claimed before and is not worked on is free: a claim may have failed halfway
const isFree = 'd.id NOT IN (SELECT value FROM json_each(:except))'
// the newest of its incident, while no other one is being sent
const isNewest = `NOT EXISTS (
  SELECT 1 FROM deliveries o INDEXED BY pending_incident
  WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
    AND o.id <> d.id AND (o.seq > d.seq OR o.id IN (SELECT value FROM json_each(:except))))`
const columns = `${deliveryColumns}, n.notice, n.received_at, n.traceparent`

/** Claims deliveries for `owner`. */
function claimDeliveries(
  database: DatabaseSync,
  write: GroupCommit['write'],
  owner: string,
): Pick<Outbox, 'claimDue' | 'claimOvertaken' | 'claimHoldable' | 'claimSteps'> {
  const due = database.prepare(
    `SELECT ${columns} FROM deliveries d INDEXED BY pending_order JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = :channel AND d.rank <= :worst AND d.due_at <= :now AND ${isFree} AND ${isNewest}
     ORDER BY d.rank, d.seq LIMIT :limit`,
  )
  const holdable = database.prepare(
    `SELECT ${columns} FROM deliveries d INDEXED BY pending_order JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = :channel AND d.recipient = :recipient AND d.rank > ${ranks.critical}
       AND d.due_at <= :now AND d.kind IN ('firing', 'repeat', 'resolved', 'event') AND NOT (d.kind = 'resolved' AND :exceptEnds)
       AND d.attempts = 0 AND d.may_have_arrived = 0 AND ${isFree} AND ${isNewest}
     ORDER BY d.rank, d.seq LIMIT :limit`,
  )
  const steps = database.prepare(
    `SELECT ${columns} FROM deliveries d INDEXED BY pending_order JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = :channel AND d.recipient = :recipient AND d.kind = 'escalation'
       AND (d.due_at <= :now OR (d.attempts = 0 AND d.held IS NULL)) AND ${isFree} AND ${isNewest}
     ORDER BY d.rank, d.seq LIMIT :limit`,
  )
  const overtaken = database.prepare(
    `SELECT ${columns} FROM deliveries d INDEXED BY pending_incident JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = :channel AND d.recipient = :recipient AND d.kind IN ('resolved', 'summary')
       AND ${isFree} AND ${isNewest}
       AND (d.kind = 'summary' OR EXISTS (
         SELECT 1 FROM deliveries o INDEXED BY pending_incident
         WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
           AND o.seq < d.seq AND o.kind <> 'resolved'))
       AND NOT EXISTS (
         SELECT 1 FROM told t WHERE t.incident_key = d.incident_key AND t.channel = d.channel AND t.recipient = d.recipient)
       AND NOT EXISTS (
         SELECT 1 FROM deliveries o INDEXED BY pending_incident
         WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
           AND o.may_have_arrived = 1)
     ORDER BY d.seq LIMIT :limit`,
  )
  const older = database.prepare(
    `SELECT d.id, d.may_have_arrived, n.notice FROM deliveries d INDEXED BY pending_incident JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = ? AND d.recipient = ? AND d.incident_key = ? AND d.seq < ? ORDER BY d.seq`,
  )
  const collapse = database.prepare(
    `UPDATE deliveries SET state = 'collapsed', collapsed_into = ?, finished_at = ?, lease_owner = NULL, lease_until = NULL, held = NULL
     WHERE id = ?`,
  )
  const notified = database.prepare('SELECT thread FROM told WHERE incident_key = ? AND channel = ? AND recipient = ?')
  const lease = database.prepare('UPDATE deliveries SET lease_owner = ?, lease_until = ?, held = NULL WHERE id = ?')

  function take(row: ClaimedRow, { now }: Claim): ClaimedDelivery {
    const { id, channel, recipient, incident_key: incidentKey, seq } = row
    const newest = JSON.parse(row.notice) as Notice
    const others = replacedBy(newest, older.all(channel, recipient, incidentKey, seq) as unknown as OlderRow[])
    const before = notified.get(incidentKey, channel, recipient) as { thread: string | null } | undefined
    for (const other of others) collapse.run(id, now, other.id)
    lease.run(owner, now, id)
    return {
      ...deliveryOf(row),
      notice: newest,
      receivedAt: row.received_at,
      overtaken: others.map(({ overtaken }) => overtaken),
      wasNotified: before !== undefined || others.some((other) => other.may_have_arrived === 1),
      ...(typeof before?.thread === 'string' && { thread: JSON.parse(before.thread) as unknown }),
      ...(row.traceparent !== null && { traceparent: row.traceparent }),
    }
  }

  function takeAll(
    statement: StatementSync,
    claim: Claim & Recipient,
    more: Readonly<Record<string, number>> = {},
  ): ClaimedDelivery[] {
    const { channel, recipient, limit, except = [] } = claim
    const given = { channel, recipient, limit, except: JSON.stringify(except) }
    const rows = statement.all({ ...given, ...more }) as unknown as ClaimedRow[]
    return rows.map((row) => take(row, claim))
  }

  function takeDue(claim: Claim): ClaimedDelivery[] {
    const { channel, now, limit, onlyCritical = false, except = [] } = claim
    const worst = onlyCritical ? ranks.critical : ranks.info
    const rows = due.all({ channel, now, limit, worst, except: JSON.stringify(except) }) as unknown as ClaimedRow[]
    return rows.map((row) => take(row, claim))
  }

  return {
    claimDue: (claim) => write(() => takeDue(claim)),
    claimOvertaken: (claim) => write(() => takeAll(overtaken, claim)),
    claimSteps: (claim) => write(() => takeAll(steps, claim, { now: claim.now })),
    claimHoldable: (claim) =>
      write(() => takeAll(holdable, claim, { now: claim.now, exceptEnds: Number(claim.exceptEnds ?? false) })),
  }
}
