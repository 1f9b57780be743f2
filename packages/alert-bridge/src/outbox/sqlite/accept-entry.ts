import type { DatabaseSync } from 'node:sqlite'

import type { Accepted, Decision, Entry, Known, Recipient } from '../store.ts'
import { noticeWriter, orderedId } from './rows.ts'

interface KnownRow {
  told_at: number | null
  interval_ms: number | null
  sender: string
  notice_id: string
  incident_key: string | null
  status: 'firing' | 'resolved'
}

type AcceptEntry = (entry: Entry, decide: (known: Known) => Decision) => Accepted

/** Looks up what is known of an entry, asks what to do and does it; to be called within a transaction. */
export function acceptEntry(database: DatabaseSync): AcceptEntry {
  const { insertNotice, insertDelivery } = noticeWriter(database)
  const knownRow = database.prepare(
    `SELECT told_at, interval_ms, sender, notice_id, incident_key, status FROM (SELECT 1)
     LEFT JOIN seen ON dedupe_key = ? LEFT JOIN incidents ON group_key = ?`,
  )
  const toldRows = database.prepare('SELECT channel, recipient FROM told WHERE incident_key = ?')
  const putSeen = database.prepare(
    `INSERT INTO seen (dedupe_key, told_at, interval_ms, sender, notice_id) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT DO UPDATE SET told_at = ?2, interval_ms = ?3, sender = ?4, notice_id = ?5`,
  )
  const putIncident = database.prepare(
    `INSERT INTO incidents (group_key, incident_key, status, updated_at) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT DO UPDATE SET incident_key = ?2, status = ?3, updated_at = ?4`,
  )

  function known({ dedupeKey, groupKey }: Entry): Known {
    const row = knownRow.get(dedupeKey ?? null, groupKey ?? null) as unknown as KnownRow
    const { told_at: toldAt, interval_ms: intervalMs, sender, notice_id: noticeId, incident_key: key, status } = row
    return {
      ...(toldAt !== null && { seen: { toldAt, sender, noticeId, ...(intervalMs !== null && { intervalMs }) } }),
      ...(key !== null && { incident: { key, status } }),
      told: key === null ? [] : (toldRows.all(key) as unknown as Recipient[]),
    }
  }

  return (entry, decide) => {
    const facts = known(entry)
    const decision = decide(facts)
    if (decision.kind === 'duplicate') return { id: facts.seen?.noticeId ?? '', duplicate: decision.duplicate }
    const { notice, recipients, escalation, status, intervalMs } = decision
    const { receivedAt, dedupeKey, groupKey, sender, traceparent } = entry
    const id = orderedId(receivedAt)
    insertNotice({ id, notice, receivedAt, traceparent, escalation })
    for (const to of recipients) {
      insertDelivery({ id: orderedId(receivedAt), noticeId: id, ...to, notice, createdAt: receivedAt, dueAt: receivedAt })
    }
    if (dedupeKey !== undefined) putSeen.run(dedupeKey, receivedAt, intervalMs ?? null, sender ?? '', id)
    if (groupKey !== undefined && status !== undefined) putIncident.run(groupKey, notice.incidentKey, status, receivedAt)
    return { id }
  }
}
