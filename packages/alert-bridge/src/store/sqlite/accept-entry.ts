import type { DatabaseSync } from 'node:sqlite'

import type { Accepted, Decision, Entry, Known } from '../store.ts'
import type { Recipient } from '../stored-delivery.ts'
import { noticeWriter } from './insert-notice.ts'
import { orderedId } from './ordered-id.ts'

interface SeenRow {
  told_at: number
  interval_ms: number | null
  sender: string
  notice_id: string
}

type AcceptEntry = (entry: Entry, decide: (known: Known) => Decision) => Accepted

/** Looks up what is known of an entry, asks what to do and does it; to be called within a transaction. */
export function acceptEntry(database: DatabaseSync): AcceptEntry {
  const { insertNotice, insertDelivery } = noticeWriter(database)
  const seenRow = database.prepare('SELECT told_at, interval_ms, sender, notice_id FROM seen WHERE dedupe_key = ?')
  const incidentRow = database.prepare('SELECT incident_key, status FROM incidents WHERE group_key = ?')
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
    const seen = dedupeKey === undefined ? undefined : (seenRow.get(dedupeKey) as SeenRow | undefined)
    const incident = groupKey === undefined ? undefined : incidentRow.get(groupKey)
    const key = incident?.['incident_key'] as string | undefined
    return {
      ...(seen && {
        seen: {
          toldAt: seen.told_at,
          sender: seen.sender,
          noticeId: seen.notice_id,
          ...(seen.interval_ms !== null && { intervalMs: seen.interval_ms }),
        },
      }),
      ...(incident && key !== undefined && { incident: { key, status: incident['status'] as 'firing' | 'resolved' } }),
      told: key === undefined ? [] : (toldRows.all(key) as unknown as Recipient[]),
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
