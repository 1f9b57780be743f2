import type { DatabaseSync } from 'node:sqlite'

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
import type { GroupCommit } from './group-commit.ts'
import { noticeWriter, numberOf } from './rows.ts'

/** Writes the incident of an accepted entry; to be called within its transaction. */
export function incidentWriter(database: DatabaseSync): (incident: NewIncident) => void {
  const places = incidentColumns.replaceAll(/\w+/g, '?')
  const put = database.prepare(`INSERT INTO incident_records AS r (${incidentColumns}) VALUES (${places}) ${updateIncident}`)
  const cancel = stepCanceler(database)
  return (incident) => {
    put.run(...incidentValues(incident))
    if (incident.status === 'resolved') cancel(incident.key, incident.updatedAt)
  }
}

/** Cancels the pending deliveries of escalation steps of an incident; to be called within a transaction. */
function stepCanceler(database: DatabaseSync): (key: string, now: number) => void {
  const cancel = database.prepare(
    `UPDATE deliveries AS d SET state = 'collapsed', finished_at = ?2, reason = '${canceledReason}', held = NULL, lease_owner = NULL,
       lease_until = NULL
     WHERE d.incident_key = ?1 AND d.state = 'pending' AND d.kind = 'escalation' AND ${isOnlyStep}`,
  )
  return (key, now) => void cancel.run(key, now)
}

/** Reads and changes incidents. */
export function sqliteIncidents(database: DatabaseSync, write: GroupCommit['write']): Incidents {
  const { insertNotice, insertDelivery } = noticeWriter(database)
  const withNotice = database.prepare(
    `SELECT ${recordColumns}, n.notice FROM incident_records r LEFT JOIN notices n ON n.id = r.notice_id WHERE r.incident_key = ?`,
  )
  const list = (where: string) =>
    database.prepare(
      `SELECT ${recordColumns} FROM incident_records r ${where} ORDER BY r.opened_at DESC, r.incident_key DESC LIMIT ?`,
    )
  const [all, open, resolved] = [list(''), list(`WHERE r.state <> 'resolved'`), list(`WHERE r.state = 'resolved'`)]
  const history = database.prepare('SELECT at, who, action, detail FROM incident_history WHERE incident_key = ? ORDER BY id')
  const addHistory = database.prepare(
    'INSERT INTO incident_history (id, incident_key, at, who, action, detail) VALUES (?, ?, ?, ?, ?, ?)',
  )
  // of the latest notice, which may not have arrived yet, and of the earlier ones
  const recipients = database.prepare(
    `SELECT d.channel, d.recipient FROM incident_records r JOIN deliveries d ON d.notice_id = r.notice_id WHERE r.incident_key = ?1
     UNION SELECT channel, recipient FROM told WHERE incident_key = ?1 ORDER BY channel, recipient`,
  )
  const change = database.prepare(
    `UPDATE incident_records SET ${changedColumns.map((name) => `${name} = ?`).join(', ')}, updated_at = ? WHERE incident_key = ?`,
  )
  const cancelSteps = stepCanceler(database)
  const due = database.prepare(
    `SELECT ${recordColumns}, n.notice FROM incident_records r LEFT JOIN notices n ON n.id = r.notice_id
     WHERE r.escalation_due_at <= ? AND r.state = 'open' ORDER BY r.escalation_due_at LIMIT 100`,
  )
  const nextDue = database.prepare(
    `SELECT min(escalation_due_at) AS at FROM incident_records WHERE escalation_due_at IS NOT NULL AND state = 'open'`,
  )
  // the second condition is that of the index
  const unacknowledged = database.prepare(
    `SELECT severity, count(*) AS count, min(opened_at) AS oldestAt FROM incident_records WHERE state = 'open' AND state <> 'resolved' GROUP BY severity`,
  )
  const endGroup = database.prepare(
    `UPDATE incidents SET status = 'resolved', updated_at = ?2
     WHERE incident_key = ?1 AND group_key = (SELECT group_key FROM incident_records WHERE incident_key = ?1)`,
  )

  function incident(key: string): StoredIncident | undefined {
    const row = withNotice.get(key) as unknown as IncidentRecordRow | undefined
    return row && incidentOf(row)
  }

  function changeIncident(
    key: string,
    now: number,
    decide: (incident: StoredIncident, recipients: readonly Recipient[]) => IncidentChange | undefined,
  ): ChangedIncident | undefined {
    const before = incident(key)
    if (before === undefined) return undefined
    const decided = decide(
      before,
      recipients.all(key).map((row) => ({ ...row }) as unknown as Recipient),
    )
    if (decided === undefined) return { before, after: before, isChanged: false }
    const { set = {}, history: entries = [], notify } = decided
    change.run(...changedValues(before, set), now, key)
    for (const { at, who, action, detail = null } of entries) addHistory.run(orderedId(now), key, at, who, action, detail)
    if (set.state === 'resolved') endGroup.run(key, now)
    if (set.state !== undefined && set.state !== 'open') cancelSteps(key, now)
    if (notify !== undefined) {
      const { notice, failover, dueAt = now } = notify
      const noticeId = orderedId(now)
      insertNotice({ id: noticeId, notice, receivedAt: now, failover })
      for (const to of notify.recipients) {
        insertDelivery({ id: orderedId(now), noticeId, ...to, notice, createdAt: now, dueAt })
      }
    }
    return { before, after: incident(key) ?? before, isChanged: true }
  }

  return {
    incident: async (key) => incident(key),
    listIncidents: async ({ isOpen, limit = 100 }) => {
      const rows = (isOpen === undefined ? all : isOpen ? open : resolved).all(limit)
      return (rows as unknown as IncidentRecordRow[]).map(incidentOf)
    },
    incidentHistory: async (key) => (history.all(key) as unknown as HistoryRow[]).map(historyOf),
    changeIncident: (key, now, decide) => write(() => changeIncident(key, now, decide)),
    dueSteps: async (now) => (due.all(now) as unknown as IncidentRecordRow[]).map(incidentOf),
    nextStepAt: async () => numberOf(nextDue.get()),
    unacknowledged: async () => unacknowledged.all().map((row) => ({ ...row }) as unknown as Unacknowledged),
  }
}

type HistoryRow = Omit<HistoryEntry, 'detail'> & { readonly detail: string | null }

function historyOf({ at, who, action, detail }: HistoryRow): HistoryEntry {
  return { at, who, action, ...(detail !== null && { detail }) }
}
