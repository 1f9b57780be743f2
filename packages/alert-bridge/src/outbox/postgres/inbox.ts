import type { Accepted, Decision, Entry, Inbox, Known, Quarantined, Recipient } from '../store.ts'
import { type NewDelivery, type NewNotice, orderedId } from '../rows.ts'
import { insertDeliveries, insertNotices } from './new-rows.ts'
import { groupCommit } from './group-commit.ts'
import type { Database, Transaction } from './transactions.ts'

/** Of the bodies that could not be read, the newest are kept, each up to this size. */
const quarantineLimits = { rows: 1000, bytes: 1024 * 1024 }

interface Arrival {
  readonly entry: Entry
  readonly decide: (known: Known) => Decision
}

/** Accepts entries, many in one commit, and keeps bodies that could not be read. */
export function postgresInbox(database: Database, intake: Database): Inbox & { readonly settled: () => Promise<void> } {
  const { add, settled } = groupCommit<Arrival, Accepted>((arrivals) => intake.transaction((tx) => acceptAll(tx, arrivals)))

  return {
    accept: (entry, decide) => add({ entry, decide }),
    settled,
    quarantine: async (body, reason, receivedAt) => {
      const id = orderedId(receivedAt)
      await database.transaction((tx) => {
        const kept = Buffer.from(body.subarray(0, quarantineLimits.bytes))
        tx.send('INSERT INTO quarantine (id, received_at, reason, size, body) VALUES ($1, $2, $3, $4, $5)', [
          id,
          receivedAt,
          reason,
          body.byteLength,
          kept,
        ])
        tx.send(
          `DELETE FROM quarantine WHERE seq IN (SELECT seq FROM quarantine ORDER BY seq DESC OFFSET ${quarantineLimits.rows})`,
        )
      })
      return id
    },
    forgetQuarantined: async (id) => void (await database.query('DELETE FROM quarantine WHERE id = $1', [id])),
    quarantinedBody: async (id) => {
      const [row] = await database.query<{ body: Uint8Array }>('SELECT body FROM quarantine WHERE id = $1', [id])
      return row?.body
    },
    listQuarantined: (limit) =>
      database.query<Quarantined>(
        'SELECT id, received_at AS "receivedAt", reason, size FROM quarantine ORDER BY seq DESC LIMIT $1',
        [limit ?? null],
      ),
    countPending: async (limit) => {
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*) AS count FROM (SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT $1) AS pending`,
        [limit],
      )
      return row?.count ?? 0
    },
  }
}

/**
 * Decides all entries of a group and stores them. Locks on their keys make two bridges that receive the same content decide one after
 * the other, so that the second one sees what the first one stored.
 */
async function acceptAll(tx: Transaction, arrivals: readonly Arrival[]): Promise<PromiseSettledResult<Accepted>[]> {
  const history = await readHistory(
    tx,
    arrivals.map(({ entry }) => entry),
  )
  const rows: NewRows = { notices: [], deliveries: [], seen: new Map(), incidents: new Map() }
  const results = arrivals.map((arrival): PromiseSettledResult<Accepted> => {
    try {
      return { status: 'fulfilled', value: acceptOne(arrival, history, rows) }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  })
  insertNotices(tx, rows.notices)
  insertDeliveries(tx, rows.deliveries)
  saveHistory(tx, rows)
  return results
}

interface NewRows {
  readonly notices: NewNotice[]
  readonly deliveries: NewDelivery[]
  readonly seen: Map<string, Seen>
  readonly incidents: Map<string, Incident>
}

type Seen = NonNullable<Known['seen']>
type Incident = NonNullable<Known['incident']> & { readonly updatedAt: number }

/** Earlier entries with the keys of a group; entries of the same group are added as they are decided. */
interface History {
  readonly seen: Map<string, Seen>
  readonly incidents: Map<string, NonNullable<Known['incident']>>
  readonly notified: Map<string, Recipient[]>
}

function acceptOne({ entry, decide }: Arrival, history: History, rows: NewRows): Accepted {
  const { receivedAt, dedupeKey, groupKey, sender = '', traceparent } = entry
  const seen = dedupeKey === undefined ? undefined : history.seen.get(dedupeKey)
  const incident = groupKey === undefined ? undefined : history.incidents.get(groupKey)
  const notified = incident === undefined ? [] : (history.notified.get(incident.key) ?? [])
  const decision = decide({ ...(seen && { seen }), ...(incident && { incident }), notified })
  if (decision.kind === 'duplicate') return { id: seen?.noticeId ?? '', duplicate: decision.duplicate }
  const { notice, recipients, escalation, status, intervalMs } = decision
  const id = orderedId(receivedAt)
  rows.notices.push({ id, notice, receivedAt, traceparent, escalation })
  for (const to of recipients) {
    rows.deliveries.push({ id: orderedId(receivedAt), noticeId: id, ...to, notice, createdAt: receivedAt, dueAt: receivedAt })
  }
  if (dedupeKey !== undefined) {
    const now: Seen = { notifiedAt: receivedAt, sender, noticeId: id, ...(intervalMs !== undefined && { intervalMs }) }
    history.seen.set(dedupeKey, now)
    rows.seen.set(dedupeKey, now)
  }
  if (groupKey !== undefined && status !== undefined) {
    const now = { key: notice.incidentKey, status }
    history.incidents.set(groupKey, now)
    rows.incidents.set(groupKey, { ...now, updatedAt: receivedAt })
  }
  return { id }
}

interface SeenRow {
  readonly dedupe_key: string
  readonly notified_at: number
  readonly interval_ms: number | null
  readonly sender: string
  readonly notice_id: string
}

interface IncidentRow {
  readonly group_key: string
  readonly incident_key: string
  readonly status: 'firing' | 'resolved'
  readonly recipients: readonly Recipient[] | null
}

async function readHistory(tx: Transaction, entries: readonly Entry[]): Promise<History> {
  const dedupeKeys = [...new Set(entries.flatMap(({ dedupeKey }) => dedupeKey ?? []))]
  const groupKeys = [...new Set(entries.flatMap(({ groupKey }) => groupKey ?? []))]
  if (dedupeKeys.length + groupKeys.length === 0) return { seen: new Map(), incidents: new Map(), notified: new Map() }
  // in one order everywhere, so that two groups cannot wait for each other
  tx.send(
    `SELECT pg_advisory_xact_lock(lock) FROM (
       SELECT DISTINCT hashtextextended(key, 1) AS lock FROM unnest($1::text[]) AS key ORDER BY lock) AS locks`,
    [[...dedupeKeys, ...groupKeys]],
  )
  const [seenRows, incidentRows] = await Promise.all([
    tx.query<SeenRow>(
      'SELECT dedupe_key, notified_at, interval_ms, sender, notice_id FROM seen WHERE dedupe_key = ANY($1::text[])',
      [dedupeKeys],
    ),
    tx.query<IncidentRow>(
      `SELECT group_key, incident_key, status, (
         SELECT json_agg(json_build_object('channel', n.channel, 'recipient', n.recipient))
         FROM notified n WHERE n.incident_key = i.incident_key) AS recipients
       FROM incidents i WHERE group_key = ANY($1::text[])`,
      [groupKeys],
    ),
  ])
  return {
    seen: new Map(seenRows.map((row) => [row.dedupe_key, seenOf(row)])),
    incidents: new Map(incidentRows.map((row) => [row.group_key, { key: row.incident_key, status: row.status }])),
    notified: new Map(incidentRows.map((row) => [row.incident_key, [...(row.recipients ?? [])]])),
  }
}

function seenOf({ notified_at: notifiedAt, interval_ms: intervalMs, sender, notice_id: noticeId }: SeenRow): Seen {
  return { notifiedAt, sender, noticeId, ...(intervalMs !== null && { intervalMs }) }
}

function saveHistory(tx: Transaction, { seen, incidents }: NewRows): void {
  if (seen.size > 0) {
    const all = [...seen.values()]
    tx.send(
      `INSERT INTO seen (dedupe_key, notified_at, interval_ms, sender, notice_id)
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
       ON CONFLICT (dedupe_key) DO UPDATE SET notified_at = excluded.notified_at, interval_ms = excluded.interval_ms,
         sender = excluded.sender, notice_id = excluded.notice_id`,
      [
        [...seen.keys()],
        all.map(({ notifiedAt }) => notifiedAt),
        all.map(({ intervalMs }) => intervalMs ?? null),
        all.map(({ sender }) => sender),
        all.map(({ noticeId }) => noticeId),
      ],
    )
  }
  if (incidents.size > 0) {
    const all = [...incidents.values()]
    tx.send(
      `INSERT INTO incidents (group_key, incident_key, status, updated_at)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
       ON CONFLICT (group_key) DO UPDATE SET incident_key = excluded.incident_key, status = excluded.status,
         updated_at = excluded.updated_at`,
      [[...incidents.keys()], all.map(({ key }) => key), all.map(({ status }) => status), all.map(({ updatedAt }) => updatedAt)],
    )
  }
}
