import type { Notice } from '../../message/notice.ts'
import { type OlderRow, replacedBy } from '../overtaken.ts'
import { deliveryColumns, deliveryOf, type DeliveryRow, ranks } from '../rows.ts'
import type { Claim, ClaimedDelivery, Outbox, Recipient } from '../store.ts'
import type { Database, Transaction } from './transactions.ts'

type ClaimedRow = DeliveryRow & {
  readonly notice: string
  readonly received_at: number
  readonly traceparent: string | null
}

// in the statements below $1 is the channel, $2 the number of rows, $3 the owner, and $4 the ids that it works on. What it
// claimed before and does not work on is free: a claim may have failed halfway, or its answer was lost. The claims of another bridge do
// not end by themselves: after an outage of the database, that bridge knows how its attempt ended and is about to store it. When it is
// gone, its deliveries are released
const isFree = '(d.lease_owner IS NULL OR d.lease_owner = $3)'
// the newest of its incident, while no other one is being sent
const isNewest = `NOT EXISTS (
  SELECT 1 FROM deliveries o
  WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
    AND o.id <> d.id AND (o.seq > d.seq OR o.lease_owner <> $3 OR o.id = ANY($4::text[])))`
const claimable = `SELECT ${deliveryColumns}, n.notice, n.received_at, n.traceparent
  FROM deliveries d JOIN notices n ON n.id = d.notice_id WHERE d.state = 'pending' AND d.channel = $1 AND d.id <> ALL($4::text[])
    AND ${isFree} AND ${isNewest}`
const locked = 'FOR UPDATE OF d SKIP LOCKED'

const due = `${claimable} AND d.rank <= $6 AND d.due_at <= $5 ORDER BY d.rank, d.seq LIMIT $2 ${locked}`
const holdable = `${claimable} AND d.recipient = $6 AND d.rank > ${ranks.critical} AND d.due_at <= $5
  AND d.kind IN ('firing', 'repeat', 'resolved', 'event') AND NOT (d.kind = 'resolved' AND $7) AND d.attempts = 0
  AND d.may_have_arrived = 0
  ORDER BY d.rank, d.seq LIMIT $2 ${locked}`
const steps = `${claimable} AND d.recipient = $6 AND d.kind = 'escalation'
  AND (d.due_at <= $5 OR (d.attempts = 0 AND d.held IS NULL))
  ORDER BY d.rank, d.seq LIMIT $2 ${locked}`
const overtaken = `${claimable} AND d.recipient = $5 AND d.kind IN ('resolved', 'summary')
  AND (d.kind = 'summary' OR EXISTS (
    SELECT 1 FROM deliveries o
    WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
      AND o.seq < d.seq AND o.kind <> 'resolved'))
  AND NOT EXISTS (
    SELECT 1 FROM notified t WHERE t.incident_key = d.incident_key AND t.channel = d.channel AND t.recipient = d.recipient)
  AND NOT EXISTS (
    SELECT 1 FROM deliveries o
    WHERE o.state = 'pending' AND o.channel = d.channel AND o.recipient = d.recipient AND o.incident_key = d.incident_key
      AND o.may_have_arrived = 1)
  ORDER BY d.seq LIMIT $2 ${locked}`

/** Claims deliveries for `owner`. */
export function claimDeliveries(
  { transaction }: Database,
  owner: string,
): Pick<Outbox, 'claimDue' | 'claimOvertaken' | 'claimHoldable' | 'claimSteps'> {
  function claim(
    statement: string,
    { channel, now, limit, except = [] }: Claim,
    more: readonly unknown[],
  ): Promise<ClaimedDelivery[]> {
    return transaction(async (tx) => {
      lockChannel(tx, channel)
      const rows = await tx.query<ClaimedRow>(statement, [channel, limit, owner, except, ...more])
      if (rows.length === 0) return []
      const [older, notified] = await Promise.all([readOlder(tx, rows), readNotified(tx, rows)])
      const claimed = rows.map((row) => claimedOf(row, { older, notified }))
      collapse(tx, claimed, now)
      tx.send('UPDATE deliveries SET lease_owner = $2, lease_until = $3, held = NULL WHERE id = ANY($1::text[])', [
        rows.map(({ id }) => id),
        owner,
        now,
      ])
      return claimed.map(({ delivery }) => delivery)
    })
  }

  return {
    claimDue: (given) => claim(due, given, [given.now, given.onlyCritical === true ? ranks.critical : ranks.info]),
    claimOvertaken: (given) => claim(overtaken, given, [given.recipient]),
    claimSteps: (given) => claim(steps, given, [given.now, given.recipient]),
    claimHoldable: (given) => claim(holdable, given, [given.now, given.recipient, given.exceptEnds ?? false]),
  }
}

/**
 * Lets only one bridge at a time claim deliveries of a channel. Rows alone do not suffice: whether a delivery may be sent depends on the
 * other deliveries of its incident.
 */
export function lockChannel(tx: Transaction, channel: string): void {
  tx.send('SELECT pg_advisory_xact_lock(hashtextextended($1, 2))', [channel])
}

interface OlderOf extends OlderRow {
  readonly newest: string
}

function readOlder(tx: Transaction, rows: readonly ClaimedRow[]): Promise<OlderOf[]> {
  return tx.query<OlderOf>(
    `SELECT newest.id AS newest, d.id, d.may_have_arrived, n.notice FROM deliveries newest
     JOIN deliveries d ON d.state = 'pending' AND d.channel = newest.channel AND d.recipient = newest.recipient
       AND d.incident_key = newest.incident_key AND d.seq < newest.seq
     JOIN notices n ON n.id = d.notice_id WHERE newest.id = ANY($1::text[]) ORDER BY d.seq`,
    [rows.map(({ id }) => id)],
  )
}

interface NotifiedRow extends Recipient {
  readonly incident_key: string
  readonly thread: string | null
}

function readNotified(tx: Transaction, rows: readonly ClaimedRow[]): Promise<NotifiedRow[]> {
  return tx.query<NotifiedRow>(
    'SELECT incident_key, channel, recipient, thread FROM notified WHERE incident_key = ANY($1::text[])',
    [[...new Set(rows.map((row) => row.incident_key))]],
  )
}

interface Claimed {
  readonly delivery: ClaimedDelivery
  /** Ids of the deliveries that it replaces. */
  readonly replaced: readonly string[]
}

interface ClaimHistory {
  readonly older: readonly OlderOf[]
  readonly notified: readonly NotifiedRow[]
}

function claimedOf(row: ClaimedRow, { older, notified }: ClaimHistory): Claimed {
  const newest = JSON.parse(row.notice) as Notice
  const others = replacedBy(
    newest,
    older.filter((one) => one.newest === row.id),
  )
  const before = notified.find(
    (one) => one.incident_key === row.incident_key && one.channel === row.channel && one.recipient === row.recipient,
  )
  return {
    replaced: others.map(({ id }) => id),
    delivery: {
      ...deliveryOf(row),
      notice: newest,
      receivedAt: row.received_at,
      overtaken: others.map((other) => other.overtaken),
      wasNotified: before !== undefined || others.some((other) => other.may_have_arrived === 1),
      ...(typeof before?.thread === 'string' && { thread: JSON.parse(before.thread) as unknown }),
      ...(row.traceparent !== null && { traceparent: row.traceparent }),
    },
  }
}

function collapse(tx: Transaction, claimed: readonly Claimed[], now: number): void {
  const pairs = claimed.flatMap(({ delivery, replaced }) => replaced.map((id) => [id, delivery.id] as const))
  if (pairs.length === 0) return
  tx.send(
    `UPDATE deliveries d SET state = 'collapsed', collapsed_into = p.newest, finished_at = $3, lease_owner = NULL, lease_until = NULL, held = NULL
     FROM unnest($1::text[], $2::text[]) AS p (id, newest) WHERE d.id = p.id`,
    [pairs.map(([id]) => id), pairs.map(([, newest]) => newest), now],
  )
}
