import type { Severity } from '@swarmwatch/config'

import { affectedAgents, listed } from '../message/alert-facts.ts'
import type { Notice } from '../message/notice.ts'
import type { IncidentFields, IncidentState, StoredIncident } from './incidents.ts'

/** An incident as an accepted entry leaves it. */
export interface NewIncident {
  readonly key: string
  readonly groupKey: string
  readonly status: 'firing' | 'resolved'
  readonly notice: Notice
  readonly noticeId: string
  readonly openedAt: number
  readonly updatedAt: number
  /** When the first escalation step of a new incident is due. */
  readonly escalationDueAt?: number | undefined
}

/** The values of {@link incidentColumns} for an incident as an accepted entry leaves it. */
export function incidentValues(incident: NewIncident): (string | number | null)[] {
  const { key, groupKey, status, notice, noticeId, openedAt, updatedAt, escalationDueAt } = incident
  const agents = affectedAgents(notice)
  const isResolved = status === 'resolved'
  return [
    key,
    groupKey,
    isResolved ? 'resolved' : 'open',
    notice.severity,
    notice.title,
    agents.length === 0 ? null : listed(agents),
    noticeId,
    openedAt,
    updatedAt,
    isResolved ? updatedAt : null,
    isResolved ? null : (escalationDueAt ?? null),
  ]
}

/** Columns that an accepted entry sets, in the order of {@link incidentValues}. */
export const incidentColumns: string =
  'incident_key, group_key, state, severity, title, agent, notice_id, opened_at, updated_at, resolved_at, escalation_due_at'

// alerts that fire again after their end, or on after a silence, begin with the first step again
const beginsAgain = `excluded.state <> 'resolved' AND (r.state = 'resolved'
  OR (r.state = 'silenced' AND r.silenced_until <= excluded.updated_at))`

/** Update of an incident `r` that is known already, for both databases. A person may have changed its state meanwhile. */
export const updateIncident: string = `ON CONFLICT (incident_key) DO UPDATE SET
  state = CASE WHEN excluded.state = 'resolved' THEN 'resolved'
    WHEN r.state = 'resolved' OR (r.state = 'silenced' AND r.silenced_until <= excluded.updated_at) THEN 'open' ELSE r.state END,
  severity = CASE WHEN excluded.state = 'resolved' THEN r.severity ELSE excluded.severity END,
  title = excluded.title, agent = coalesce(excluded.agent, r.agent), notice_id = excluded.notice_id, updated_at = excluded.updated_at,
  resolved_at = CASE WHEN excluded.state = 'resolved' THEN coalesce(r.resolved_at, excluded.resolved_at) END,
  resolved_by = CASE WHEN excluded.state = 'resolved' THEN r.resolved_by END,
  escalation_step = CASE WHEN ${beginsAgain} THEN 0 ELSE r.escalation_step END,
  escalation_round = CASE WHEN ${beginsAgain} THEN 0 ELSE r.escalation_round END,
  escalation_due_at = CASE WHEN excluded.state = 'resolved' THEN NULL WHEN ${beginsAgain} THEN excluded.escalation_due_at
    WHEN r.state = 'open' AND r.escalation_step = 0 AND r.escalation_round = 0 THEN coalesce(r.escalation_due_at, excluded.escalation_due_at)
    ELSE r.escalation_due_at END`

/** A row of `incident_records`, with its notice if it was selected. */
export interface IncidentRecordRow {
  readonly incident_key: string
  readonly state: IncidentState
  readonly severity: Severity
  readonly title: string
  readonly agent: string | null
  readonly opened_at: number
  readonly updated_at: number
  readonly acknowledged_at: number | null
  readonly acknowledged_by: string | null
  readonly silenced_until: number | null
  readonly resolved_at: number | null
  readonly resolved_by: string | null
  readonly escalation_step: number
  readonly escalation_round: number
  readonly escalation_due_at: number | null
  readonly notice?: string | null
}

/** Columns of a `SELECT` for {@link IncidentRecordRow}, from `incident_records` `r`. */
export const recordColumns: string =
  'r.incident_key, r.state, r.severity, r.title, r.agent, r.opened_at, r.updated_at, r.acknowledged_at, r.acknowledged_by, ' +
  'r.silenced_until, r.resolved_at, r.resolved_by, r.escalation_step, r.escalation_round, r.escalation_due_at'

export function incidentOf(row: IncidentRecordRow): StoredIncident {
  return {
    key: row.incident_key,
    state: row.state,
    severity: row.severity,
    title: row.title,
    ...(row.agent !== null && { agent: row.agent }),
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    ...(row.acknowledged_at !== null && { acknowledgedAt: row.acknowledged_at }),
    ...(row.acknowledged_by !== null && { acknowledgedBy: row.acknowledged_by }),
    ...(row.silenced_until !== null && { silencedUntil: row.silenced_until }),
    ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
    ...(row.resolved_by !== null && { resolvedBy: row.resolved_by }),
    escalationStep: row.escalation_step,
    escalationRound: row.escalation_round,
    ...(row.escalation_due_at !== null && { escalationDueAt: row.escalation_due_at }),
    ...(typeof row.notice === 'string' && { notice: JSON.parse(row.notice) as Notice }),
  }
}

/** The values that `set` leaves in the columns of {@link changedColumns}. */
export function changedValues(known: StoredIncident, set: IncidentFields): (string | number | null)[] {
  const { state = known.state, silencedUntil = known.silencedUntil, escalationDueAt = known.escalationDueAt } = set
  return [
    state,
    set.acknowledgedAt ?? known.acknowledgedAt ?? null,
    set.acknowledgedBy ?? known.acknowledgedBy ?? null,
    silencedUntil ?? null,
    set.resolvedAt ?? known.resolvedAt ?? null,
    set.resolvedBy ?? known.resolvedBy ?? null,
    set.escalationStep ?? known.escalationStep,
    set.escalationRound ?? known.escalationRound,
    state === 'open' ? (escalationDueAt ?? null) : null,
  ]
}

/** Columns that a change of an incident sets, in the order of {@link changedValues}. */
export const changedColumns: readonly string[] = [
  'state',
  'acknowledged_at',
  'acknowledged_by',
  'silenced_until',
  'resolved_at',
  'resolved_by',
  'escalation_step',
  'escalation_round',
  'escalation_due_at',
]

/** The reason of deliveries of steps that were not sent, because someone acknowledged the incident or it ended. */
export const canceledReason = 'the escalation has ended'

/** Whether a delivery `d` of a step contains no other message, which must not be lost with it. */
export const isOnlyStep: string = `NOT EXISTS (SELECT 1 FROM deliveries c WHERE c.collapsed_into = d.id AND c.kind <> 'escalation')`
