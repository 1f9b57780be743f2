import type { Accepted, Decision, Entry, Inbox, Known, Quarantined, Recipient } from '../store.ts'
import { type NewDelivery, type NewNotice, orderedId } from '../rows.ts'
import type { NewIncident } from '../incident-rows.ts'
import { insertIncidentRecords } from './incidents.ts'
import { insertDeliveries, insertNotices } from './new-rows.ts'
import { groupCommit } from './group-commit.ts'
import { codeOf } from './store-error.ts'
import type { Database, Transaction } from './transactions.ts'

/** Of the bodies that could not be read, the newest are kept, each up to this size. */
const quarantineLimits = { rows: 1000, bytes: 1024 * 1024 }

interface Arrival {
  readonly entry: Entry
  readonly decide: (known: Known) => Decision
}

/** Accepts entries, many in one commit, and keeps bodies that could not be read. */
export function postgresInbox(database: Database, intake: Database): Inbox & { readonly settled: () => Promise<void> } {
  const { add, settled } = groupCommit<Arrival, Accepted>(acceptGroups(intake))

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

/** After a group that was not new, this many groups are looked up at once. */
const lookUpGroups = 20

/**
 * Accepts groups of entries. Locks on their keys make two bridges that receive the same content decide one after the other, so that the
 * second one sees what the first one stored. Most entries of a storm are new: such a group is sent in one round trip, without looking it up,
 * and PostgreSQL refuses it if one of its keys is known.
 */
function acceptGroups(intake: Database): (arrivals: readonly Arrival[]) => Promise<PromiseSettledResult<Accepted>[]> {
  let groupsToLookUp = 0

  return async (arrivals) => {
    if (groupsToLookUp === 0) {
      const decided = decideAll(arrivals, emptyHistory())
      try {
        if (decided.hasOnlyNew) return await intake.transaction((tx) => insertNew(tx, arrivals, decided))
      } catch (error) {
        if (codeOf((error as Error).cause) !== uniqueViolation) throw error
      }
      groupsToLookUp = lookUpGroups
    }
    groupsToLookUp -= 1
    return intake.transaction(async (tx) => {
      const { results, rows } = decideAll(arrivals, await readHistory(tx, arrivals))
      insertNotices(tx, rows.notices)
      insertDeliveries(tx, rows.deliveries)
      insertIncidentRecords(tx, [...rows.records.values()])
      saveHistory(tx, rows, 'replaces')
      return results
    })
  }
}

const uniqueViolation = '23505'

function insertNew(tx: Transaction, arrivals: readonly Arrival[], { results, rows }: Decided): Decided['results'] {
  lockKeys(tx, arrivals)
  saveHistory(tx, rows, 'is-new')
  insertNotices(tx, rows.notices)
  insertDeliveries(tx, rows.deliveries)
  insertIncidentRecords(tx, [...rows.records.values()])
  return results
}

interface Decided {
  readonly results: PromiseSettledResult<Accepted>[]
  readonly rows: NewRows
  /** Whether every key of the entries is inserted, so that PostgreSQL notices if it is known. */
  readonly hasOnlyNew: boolean
}

function decideAll(arrivals: readonly Arrival[], history: History): Decided {
  const rows: NewRows = { notices: [], deliveries: [], seen: new Map(), incidents: new Map(), records: new Map() }
  const results = arrivals.map((arrival): PromiseSettledResult<Accepted> => {
    try {
      return { status: 'fulfilled', value: acceptOne(arrival, history, rows) }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  })
  const hasOnlyNew = arrivals.every(
    ({ entry: { dedupeKey, groupKey } }) =>
      (dedupeKey === undefined || rows.seen.has(dedupeKey)) && (groupKey === undefined || rows.incidents.has(groupKey)),
  )
  return { results, rows, hasOnlyNew }
}

interface NewRows {
  readonly notices: NewNotice[]
  readonly deliveries: NewDelivery[]
  readonly seen: Map<string, Seen>
  readonly incidents: Map<string, Incident>
  readonly records: Map<string, NewIncident>
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
  const { notice, recipients, failover, status, intervalMs, escalationDueAt } = decision
  const id = orderedId(receivedAt)
  rows.notices.push({ id, notice, receivedAt, traceparent, failover })
  for (const to of recipients) {
    rows.deliveries.push({ id: orderedId(receivedAt), noticeId: id, ...to, notice, createdAt: receivedAt, dueAt: receivedAt })
  }
  if (dedupeKey !== undefined) {
    const now: Seen = { notifiedAt: receivedAt, sender, noticeId: id, ...(intervalMs !== undefined && { intervalMs }) }
    history.seen.set(dedupeKey, now)
    rows.seen.set(dedupeKey, now)
  }
  if (groupKey !== undefined && status !== undefined) {
    const key = notice.incidentKey
    const isAcknowledged = incident?.key === key && incident.isAcknowledged === true
    const now = { key, status, ...(isAcknowledged && { isAcknowledged }) }
    history.incidents.set(groupKey, now)
    rows.incidents.set(groupKey, { ...now, updatedAt: receivedAt })
    // one statement must not change a row twice
    const earlier = rows.records.get(key)
    rows.records.set(key, {
      key,
      groupKey,
      status,
      notice,
      noticeId: id,
      updatedAt: receivedAt,
      openedAt: earlier?.openedAt ?? receivedAt,
      escalationDueAt: earlier?.escalationDueAt ?? escalationDueAt,
    })
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
  readonly is_acknowledged: boolean
}

function emptyHistory(): History {
  return { seen: new Map(), incidents: new Map(), notified: new Map() }
}

function keysOf(arrivals: readonly Arrival[]): { readonly dedupeKeys: readonly string[]; readonly groupKeys: readonly string[] } {
  return {
    dedupeKeys: [...new Set(arrivals.flatMap(({ entry }) => entry.dedupeKey ?? []))],
    groupKeys: [...new Set(arrivals.flatMap(({ entry }) => entry.groupKey ?? []))],
  }
}

/** Lets no other transaction decide about the same keys. In one order everywhere, so that two groups cannot wait for each other. */
function lockKeys(tx: Transaction, arrivals: readonly Arrival[]): void {
  const { dedupeKeys, groupKeys } = keysOf(arrivals)
  if (dedupeKeys.length + groupKeys.length === 0) return
  tx.send(
    `SELECT pg_advisory_xact_lock(lock) FROM (
       SELECT DISTINCT hashtextextended(key, 1) AS lock FROM unnest($1::text[]) AS key ORDER BY lock) AS locks`,
    [[...dedupeKeys, ...groupKeys]],
  )
}

async function readHistory(tx: Transaction, arrivals: readonly Arrival[]): Promise<History> {
  const { dedupeKeys, groupKeys } = keysOf(arrivals)
  if (dedupeKeys.length + groupKeys.length === 0) return emptyHistory()
  lockKeys(tx, arrivals)
  const [seenRows, incidentRows] = await Promise.all([
    tx.query<SeenRow>(
      'SELECT dedupe_key, notified_at, interval_ms, sender, notice_id FROM seen WHERE dedupe_key = ANY($1::text[])',
      [dedupeKeys],
    ),
    tx.query<IncidentRow>(
      `SELECT group_key, incident_key, status, (
         SELECT json_agg(json_build_object('channel', n.channel, 'recipient', n.recipient))
         FROM notified n WHERE n.incident_key = i.incident_key) AS recipients,
         EXISTS (SELECT 1 FROM incident_records r WHERE r.incident_key = i.incident_key AND r.state = 'acknowledged') AS is_acknowledged
       FROM incidents i WHERE group_key = ANY($1::text[])`,
      [groupKeys],
    ),
  ])
  return {
    seen: new Map(seenRows.map((row) => [row.dedupe_key, seenOf(row)])),
    incidents: new Map(incidentRows.map((row) => [row.group_key, incidentOf(row)])),
    notified: new Map(incidentRows.map((row) => [row.incident_key, [...(row.recipients ?? [])]])),
  }
}

function incidentOf({ incident_key: key, status, is_acknowledged: isAcknowledged }: IncidentRow): NonNullable<Known['incident']> {
  return { key, status, ...(isAcknowledged && { isAcknowledged }) }
}

function seenOf({ notified_at: notifiedAt, interval_ms: intervalMs, sender, notice_id: noticeId }: SeenRow): Seen {
  return { notifiedAt, sender, noticeId, ...(intervalMs !== null && { intervalMs }) }
}

/** @param write whether rows with these keys may be there already; otherwise the transaction fails if one is */
function saveHistory(tx: Transaction, { seen, incidents }: NewRows, write: 'replaces' | 'is-new'): void {
  const replaces = write === 'replaces'
  if (seen.size > 0) {
    const all = [...seen.values()]
    tx.send(replaces ? `${insertSeen} ${replaceSeen}` : insertSeen, [
      [...seen.keys()],
      all.map(({ notifiedAt }) => notifiedAt),
      all.map(({ intervalMs }) => intervalMs ?? null),
      all.map(({ sender }) => sender),
      all.map(({ noticeId }) => noticeId),
    ])
  }
  if (incidents.size > 0) {
    const all = [...incidents.values()]
    tx.send(replaces ? `${insertIncidents} ${replaceIncidents}` : insertIncidents, [
      [...incidents.keys()],
      all.map(({ key }) => key),
      all.map(({ status }) => status),
      all.map(({ updatedAt }) => updatedAt),
    ])
  }
}

const insertSeen = `INSERT INTO seen (dedupe_key, notified_at, interval_ms, sender, notice_id)
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])`
const replaceSeen = `ON CONFLICT (dedupe_key) DO UPDATE SET notified_at = excluded.notified_at, interval_ms = excluded.interval_ms,
  sender = excluded.sender, notice_id = excluded.notice_id`
const insertIncidents = `INSERT INTO incidents (group_key, incident_key, status, updated_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])`
const replaceIncidents = `ON CONFLICT (group_key) DO UPDATE SET incident_key = excluded.incident_key, status = excluded.status,
  updated_at = excluded.updated_at`
