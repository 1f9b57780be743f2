import {
  canceledReason,
  changedColumns,
  changedValues,
  incidentColumns,
  incidentOf,
  type IncidentRecordRow,
  incidentValues,
  isOnlyStep,
  type NewIncident,
  recordColumns,
  updateIncident,
} from '../incident-rows.ts'
import type { ChangedIncident, HistoryEntry, IncidentChange, Incidents, StoredIncident, Unacknowledged } from '../incidents.ts'
import { orderedId } from '../rows.ts'
import type { Recipient } from '../store.ts'
import { type Insert, insertRows, newDeliveries, newNotices } from './new-rows.ts'
import { timeIn } from './outbox.ts'
import type { Database, Transaction } from './transactions.ts'

/** The incidents of accepted entries; each key occurs once. */
export function newIncidentRecords(incidents: readonly NewIncident[]): Insert {
  return {
    table: 'incident_records',
    columns: incidentColumns.split(', '),
    rows: incidents.map(incidentValues),
    onConflict: updateIncident,
  }
}

/** Cancels the pending deliveries of escalation steps of incidents. */
export function cancelSteps(tx: Transaction, keys: readonly string[], now: number): void {
  if (keys.length === 0) return
  tx.send(
    `UPDATE deliveries d SET state = 'collapsed', finished_at = $2, reason = '${canceledReason}', held = NULL, lease_owner = NULL,
       lease_until = NULL
     WHERE d.incident_key = ANY($1::text[]) AND d.state = 'pending' AND d.kind = 'escalation' AND ${isOnlyStep}`,
    [keys, now],
  )
}

const select = `SELECT ${recordColumns}, n.notice FROM incident_records r LEFT JOIN notices n ON n.id = r.notice_id
  WHERE r.incident_key = $1`
const change = `UPDATE incident_records SET ${changedColumns.map((name, index) => `${name} = $${index + 3}`).join(', ')},
  updated_at = $2 WHERE incident_key = $1`

/** Reads and changes incidents. */
export function postgresIncidents({ query, transaction }: Database): Incidents {
  async function changeIncident(
    tx: Transaction,
    { key, now, decide }: { key: string; now: number; decide: Decide },
  ): Promise<ChangedIncident | undefined> {
    const [known] = await tx.query<{ group_key: string }>('SELECT group_key FROM incident_records WHERE incident_key = $1', [key])
    if (known === undefined) return undefined
    // in the order of the transactions that accept alerts: first the lock of the group, then rows
    tx.send('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [known.group_key])
    const [rows, recipients] = await Promise.all([
      tx.query<IncidentRecordRow>(`${select} FOR UPDATE OF r`, [key]),
      // of the latest notice, which may not have arrived yet, and of the earlier ones
      tx.query<Recipient>(
        `SELECT d.channel, d.recipient FROM incident_records r JOIN deliveries d ON d.notice_id = r.notice_id WHERE r.incident_key = $1
         UNION SELECT channel, recipient FROM notified WHERE incident_key = $1 ORDER BY channel, recipient`,
        [key],
      ),
    ])
    if (rows[0] === undefined) return undefined
    const before = incidentOf(rows[0])
    const decided = decide(before, recipients)
    if (decided === undefined) return { before, after: before, isChanged: false }
    const { set = {}, history = [], notify } = decided
    tx.send(change, [key, now, ...changedValues(before, set)])
    for (const { at, who, action, detail = null } of history) {
      tx.send('INSERT INTO incident_history (id, incident_key, at, who, action, detail) VALUES ($1, $2, $3, $4, $5, $6)', [
        orderedId(now),
        key,
        at,
        who,
        action,
        detail,
      ])
    }
    if (set.state !== undefined && set.state !== 'open') cancelSteps(tx, [key], now)
    if (set.state === 'resolved') {
      tx.send(`UPDATE incidents SET status = 'resolved', updated_at = $3 WHERE group_key = $1 AND incident_key = $2`, [
        known.group_key,
        key,
        now,
      ])
    }
    if (notify !== undefined) {
      const { notice, failover, dueAt = now } = notify
      const noticeId = orderedId(now)
      insertRows(tx, [
        newNotices([{ id: noticeId, notice, receivedAt: now, failover }]),
        newDeliveries(notify.recipients.map((to) => ({ id: orderedId(now), noticeId, ...to, notice, createdAt: now, dueAt }))),
      ])
    }
    const [row] = await tx.query<IncidentRecordRow>(select, [key])
    return { before, after: row === undefined ? before : incidentOf(row), isChanged: true }
  }

  return {
    incident: async (key) => {
      const [row] = await query<IncidentRecordRow>(select, [key])
      return row && incidentOf(row)
    },
    listIncidents: async ({ isOpen, limit = 100 }) => {
      const where = isOpen === undefined ? '' : `WHERE r.state ${isOpen ? '<>' : '='} 'resolved'`
      const rows = await query<IncidentRecordRow>(
        `SELECT ${recordColumns} FROM incident_records r ${where} ORDER BY r.opened_at DESC, r.incident_key DESC LIMIT $1`,
        [limit],
      )
      return rows.map(incidentOf)
    },
    incidentHistory: async (key) => {
      const rows = await query<Omit<HistoryEntry, 'detail'> & { readonly detail: string | null }>(
        'SELECT at, who, action, detail FROM incident_history WHERE incident_key = $1 ORDER BY id',
        [key],
      )
      return rows.map(({ detail, ...row }) => ({ ...row, ...(detail !== null && { detail }) }))
    },
    changeIncident: (key, now, decide) => transaction((tx) => changeIncident(tx, { key, now, decide })),
    dueSteps: async (now) => {
      const rows = await query<IncidentRecordRow>(
        `SELECT ${recordColumns}, n.notice FROM incident_records r LEFT JOIN notices n ON n.id = r.notice_id
         WHERE r.escalation_due_at <= $1 AND r.state = 'open' ORDER BY r.escalation_due_at LIMIT 100`,
        [now],
      )
      return rows.map(incidentOf)
    },
    nextStepAt: () =>
      timeIn(
        query(`SELECT min(escalation_due_at) AS at FROM incident_records WHERE escalation_due_at IS NOT NULL AND state = 'open'`),
      ),
    unacknowledged: () =>
      query<Unacknowledged>(
        `SELECT severity, count(*) AS count, min(opened_at) AS "oldestAt" FROM incident_records WHERE state = 'open' GROUP BY severity`,
      ),
  }
}

type Decide = (incident: StoredIncident, recipients: readonly Recipient[]) => IncidentChange | undefined
