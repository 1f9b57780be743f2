import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { Notice } from '../../message/notice.ts'
import type { Claim, ClaimedDelivery, Outbox, Recipient } from '../store.ts'
import type { GroupCommit } from './group-commit.ts'
import { deliveryColumns, deliveryOf, type DeliveryRow, ranks } from './rows.ts'

type ClaimedRow = DeliveryRow & { notice: string; received_at: number; traceparent: string | null }
type OlderRow = { id: string; notice: string; may_have_arrived: number }

const isFree = '(d.lease_until IS NULL OR d.lease_until <= :now)'
// the newest of its incident, while no other one is being sent
const isNewest = `NOT EXISTS (
  SELECT 1 FROM deliveries o INDEXED BY pending_incident
  WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
    AND o.id <> d.id AND (o.seq > d.seq OR o.lease_until > :now))`
const columns = `${deliveryColumns}, n.notice, n.received_at, n.traceparent`

/** Claims deliveries for `owner`: their leases are its own until they end. */
export function claimDeliveries(
  database: DatabaseSync,
  write: GroupCommit['write'],
  owner: string,
): Pick<Outbox, 'claimDue' | 'claimOvertaken' | 'claimHoldable'> {
  const due = database.prepare(
    `SELECT ${columns} FROM deliveries d INDEXED BY pending_order JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = :channel AND d.rank <= :worst AND d.due_at <= :now AND ${isFree} AND ${isNewest}
       AND d.id NOT IN (SELECT value FROM json_each(:except))
     ORDER BY d.rank, d.seq LIMIT :limit`,
  )
  const holdable = database.prepare(
    `SELECT ${columns} FROM deliveries d INDEXED BY pending_order JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.channel = :channel AND d.recipient = :recipient AND d.rank > ${ranks.critical}
       AND d.due_at <= :now AND d.kind IN ('firing', 'repeat', 'resolved', 'event') AND d.attempts = 0 AND d.may_have_arrived = 0
       AND ${isFree} AND ${isNewest}
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

  function take(row: ClaimedRow, { now, leaseMs }: Claim): ClaimedDelivery {
    const { id, channel, recipient, incident_key: incidentKey, seq } = row
    const others = older.all(channel, recipient, incidentKey, seq) as unknown as OlderRow[]
    const before = notified.get(incidentKey, channel, recipient) as { thread: string | null } | undefined
    for (const other of others) collapse.run(id, now, other.id)
    lease.run(owner, now + leaseMs, id)
    return {
      ...deliveryOf(row),
      notice: JSON.parse(row.notice) as Notice,
      receivedAt: row.received_at,
      overtaken: others.map(({ notice }) => JSON.parse(notice) as Notice),
      wasNotified: before !== undefined || others.some((other) => other.may_have_arrived === 1),
      ...(typeof before?.thread === 'string' && { thread: JSON.parse(before.thread) as unknown }),
      ...(row.traceparent !== null && { traceparent: row.traceparent }),
    }
  }

  function takeAll(statement: StatementSync, claim: Claim & Recipient): ClaimedDelivery[] {
    const { channel, recipient, now, limit } = claim
    const rows = statement.all({ channel, recipient, now, limit }) as unknown as ClaimedRow[]
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
    claimHoldable: (claim) => write(() => takeAll(holdable, claim)),
  }
}
