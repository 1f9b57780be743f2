import type { Accepted, Decision, Entry, Inbox, Known, Quarantined, Recipient } from '../store.ts'
import { type NewDelivery, type NewNotice, orderedId } from '../rows.ts'
import type { NewIncident } from '../incident-rows.ts'
import { cancelSteps, newIncidentRecords } from './incidents.ts'
import { type Insert, insertRows, insertStatement, newDeliveries, newNotices, takeLocks } from './new-rows.ts'
import { groupCommit } from './group-commit.ts'
import { codeOf } from './store-error.ts'
import { tableColumns } from './table-columns.ts'
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
 * second one sees what the first one stored. Most entries of a storm are new: such a group is one statement, without looking it up, and
 * PostgreSQL refuses it if one of its keys is known.
 */
function acceptGroups(intake: Database): (arrivals: readonly Arrival[]) => Promise<PromiseSettledResult<Accepted>[]> {
  let groupsToLookUp = 0

  return async (arrivals) => {
    if (groupsToLookUp === 0) {
      const { results, rows, hasOnlyNew } = decideAll(arrivals, emptyHistory())
      try {
        if (hasOnlyNew) {
          const { text, values } = insertStatement(insertsOf(rows, 'fails'), locksOf(arrivals))
          await intake.query(text, values)
          return results
        }
      } catch (error) {
        if (codeOf((error as Error).cause) !== uniqueViolation) throw error
      }
      groupsToLookUp = lookUpGroups
    }
    groupsToLookUp -= 1
    return intake.transaction(async (tx) => {
      const { results, rows } = decideAll(arrivals, await readHistory(tx, arrivals))
      insertRows(tx, insertsOf(rows, 'replaces'))
      const ended = [...rows.records.values()].filter(({ status }) => status === 'resolved')
      cancelSteps(
        tx,
        ended.map(({ key }) => key),
        Math.max(...ended.map(({ updatedAt }) => updatedAt)),
      )
      return results
    })
  }
}

const uniqueViolation = '23505'

interface Decided {
  readonly results: PromiseSettledResult<Accepted>[]
  readonly rows: NewRows
  /** Whether every key of the entries is inserted, so that PostgreSQL notices if it is known, and no incident ends. */
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
      (dedupeKey === undefined || rows.seen.has(dedupeKey)) &&
      (groupKey === undefined || rows.incidents.get(groupKey)?.status === 'firing'),
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

/** The keys whose locks let no other transaction decide about the same entries. */
function locksOf(arrivals: readonly Arrival[]): string[] {
  return arrivals.flatMap(({ entry: { groupKey, dedupeKey } }) => groupKey ?? dedupeKey ?? [])
}

async function readHistory(tx: Transaction, arrivals: readonly Arrival[]): Promise<History> {
  const locks = locksOf(arrivals)
  if (locks.length === 0) return emptyHistory()
  tx.send(takeLocks, [locks])
  const [seenRows, incidentRows] = await Promise.all([
    tx.query<SeenRow>(
      'SELECT dedupe_key, notified_at, interval_ms, sender, notice_id FROM seen WHERE dedupe_key = ANY($1::text[])',
      [arrivals.flatMap(({ entry }) => entry.dedupeKey ?? [])],
    ),
    tx.query<IncidentRow>(
      `SELECT group_key, incident_key, status, (
         SELECT json_agg(json_build_object('channel', n.channel, 'recipient', n.recipient))
         FROM notified n WHERE n.incident_key = i.incident_key) AS recipients,
         EXISTS (SELECT 1 FROM incident_records r WHERE r.incident_key = i.incident_key AND r.state = 'acknowledged') AS is_acknowledged
       FROM incidents i WHERE group_key = ANY($1::text[])`,
      [arrivals.flatMap(({ entry }) => entry.groupKey ?? [])],
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

/** @param known what to do with rows whose keys are there already */
function insertsOf({ notices, deliveries, seen, incidents, records }: NewRows, known: 'fails' | 'replaces'): Insert[] {
  return [
    {
      table: 'seen',
      columns: Object.keys(tableColumns.seen),
      rows: [...seen].map(([key, { notifiedAt, intervalMs = null, sender, noticeId }]) => [
        key,
        notifiedAt,
        intervalMs,
        sender,
        noticeId,
      ]),
      ...(known === 'replaces' && { onConflict: replaceSeen }),
    },
    {
      table: 'incidents',
      columns: Object.keys(tableColumns.incidents),
      rows: [...incidents].map(([groupKey, { key, status, updatedAt }]) => [groupKey, key, status, updatedAt]),
      ...(known === 'replaces' && { onConflict: replaceIncidents }),
    },
    newNotices(notices),
    newDeliveries(deliveries),
    newIncidentRecords([...records.values()]),
  ]
}

const replaceSeen = `ON CONFLICT (dedupe_key) DO UPDATE SET notified_at = excluded.notified_at, interval_ms = excluded.interval_ms,
  sender = excluded.sender, notice_id = excluded.notice_id`
const replaceIncidents = `ON CONFLICT (group_key) DO UPDATE SET incident_key = excluded.incident_key, status = excluded.status,
  updated_at = excluded.updated_at`
