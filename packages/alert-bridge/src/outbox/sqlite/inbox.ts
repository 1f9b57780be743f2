import type { DatabaseSync } from 'node:sqlite'

import type { IncidentState } from '../incidents.ts'
import type { Accepted, Decision, Entry, Inbox, Known, Quarantined, Recipient } from '../store.ts'
import type { GroupCommit } from './group-commit.ts'
import { orderedId } from '../rows.ts'
import { incidentWriter } from './incidents.ts'
import { noticeWriter, unlimited } from './rows.ts'

/** Of the bodies that could not be read, the newest are kept, each up to this size. */
const quarantineLimits = { rows: 1000, bytes: 1024 * 1024 }

interface KnownRow {
  readonly notified_at: number | null
  readonly interval_ms: number | null
  readonly sender: string
  readonly notice_id: string
  readonly incident_key: string | null
  readonly status: 'firing' | 'resolved'
  readonly state: IncidentState | null
}

/** Accepts entries, and keeps bodies that could not be read. */
export function sqliteInbox(database: DatabaseSync, write: GroupCommit['write']): Inbox {
  const { insertNotice, insertDelivery } = noticeWriter(database)
  const putRecord = incidentWriter(database)
  const knownRow = database.prepare(
    `SELECT told_at AS notified_at, interval_ms, sender, seen.notice_id, i.incident_key, i.status, r.state FROM (SELECT 1)
     LEFT JOIN seen ON dedupe_key = ? LEFT JOIN incidents i ON i.group_key = ?
     LEFT JOIN incident_records r ON r.incident_key = i.incident_key`,
  )
  const notifiedRecipients = database.prepare('SELECT channel, recipient FROM told WHERE incident_key = ?')
  const putSeen = database.prepare(
    `INSERT INTO seen (dedupe_key, told_at, interval_ms, sender, notice_id) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT DO UPDATE SET told_at = ?2, interval_ms = ?3, sender = ?4, notice_id = ?5`,
  )
  const putIncident = database.prepare(
    `INSERT INTO incidents (group_key, incident_key, status, updated_at) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT DO UPDATE SET incident_key = ?2, status = ?3, updated_at = ?4`,
  )

  const addQuarantined = database.prepare('INSERT INTO quarantine (id, received_at, reason, size, body) VALUES (?, ?, ?, ?, ?)')
  const dropQuarantined = database.prepare(
    `DELETE FROM quarantine WHERE rowid IN (SELECT rowid FROM quarantine ORDER BY rowid DESC LIMIT -1 OFFSET ${quarantineLimits.rows})`,
  )
  const forgetQuarantined = database.prepare('DELETE FROM quarantine WHERE id = ?')
  const listQuarantined = database.prepare(
    'SELECT id, received_at AS receivedAt, reason, size FROM quarantine ORDER BY rowid DESC LIMIT ?',
  )
  const quarantinedBody = database.prepare('SELECT body FROM quarantine WHERE id = ?')
  const pending = database.prepare(`SELECT count(*) AS count FROM (SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT ?)`)

  function accept(entry: Entry, decide: (known: Known) => Decision): Accepted {
    const known = readKnown(entry)
    const decision = decide(known)
    if (decision.kind === 'duplicate') return { id: known.seen?.noticeId ?? '', duplicate: decision.duplicate }
    const { notice, recipients, failover, status, intervalMs, escalationDueAt } = decision
    const { receivedAt, dedupeKey, groupKey, sender, traceparent } = entry
    const id = orderedId(receivedAt)
    insertNotice({ id, notice, receivedAt, traceparent, failover })
    for (const to of recipients) {
      insertDelivery({ id: orderedId(receivedAt), noticeId: id, ...to, notice, createdAt: receivedAt, dueAt: receivedAt })
    }
    if (dedupeKey !== undefined) putSeen.run(dedupeKey, receivedAt, intervalMs ?? null, sender ?? '', id)
    if (groupKey !== undefined && status !== undefined) {
      const key = notice.incidentKey
      putIncident.run(groupKey, key, status, receivedAt)
      putRecord({ key, groupKey, status, notice, noticeId: id, openedAt: receivedAt, updatedAt: receivedAt, escalationDueAt })
    }
    return { id }
  }

  function readKnown({ dedupeKey, groupKey }: Entry): Known {
    const row = knownRow.get(dedupeKey ?? null, groupKey ?? null) as unknown as KnownRow
    const {
      notified_at: notifiedAt,
      interval_ms: intervalMs,
      sender,
      notice_id: noticeId,
      incident_key: key,
      status,
      state,
    } = row
    return {
      ...(notifiedAt !== null && { seen: { notifiedAt, sender, noticeId, ...(intervalMs !== null && { intervalMs }) } }),
      ...(key !== null && { incident: { key, status, ...(state === 'acknowledged' && { isAcknowledged: true }) } }),
      notified: key === null ? [] : (notifiedRecipients.all(key) as unknown as Recipient[]),
    }
  }

  return {
    accept: (entry, decide) => write(() => accept(entry, decide)),
    quarantine: async (body, reason, receivedAt) => {
      const id = orderedId(receivedAt)
      await write(() => {
        addQuarantined.run(id, receivedAt, reason, body.byteLength, body.subarray(0, quarantineLimits.bytes))
        dropQuarantined.run()
      })
      return id
    },
    forgetQuarantined: (id) => write(() => void forgetQuarantined.run(id)),
    quarantinedBody: async (id) => (quarantinedBody.get(id) as { body: Uint8Array } | undefined)?.body,
    listQuarantined: async (limit = unlimited) => listQuarantined.all(limit).map((row) => ({ ...row }) as unknown as Quarantined),
    countPending: async (limit) => Number(pending.get(limit)?.['count']),
  }
}
