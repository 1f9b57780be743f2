import type { Severity } from '@swarmwatch/config'

import type { Notice } from '../message/notice.ts'
import type { Recipient } from './recipient.ts'

/** State of an incident. `silenced`: Alertmanager sends nothing about it until `silencedUntil`. */
export type IncidentState = 'open' | 'acknowledged' | 'silenced' | 'resolved'

/** A group of alerts from the moment it fires until it is resolved; if it fires again, that is another incident. Times are milliseconds since 1970. */
export interface StoredIncident {
  /** The `incidentKey` of all its notices. */
  readonly key: string
  readonly state: IncidentState
  readonly severity: Severity
  readonly title: string
  /** The affected agents. */
  readonly agent?: string
  readonly openedAt: number
  readonly updatedAt: number
  readonly acknowledgedAt?: number
  /** The first person who acknowledged it. */
  readonly acknowledgedBy?: string
  readonly silencedUntil?: number
  readonly resolvedAt?: number
  /** The person who resolved it; absent if Alertmanager reported the end. */
  readonly resolvedBy?: string
  /** Number of the next escalation step. */
  readonly escalationStep: number
  /** How often all steps were done. */
  readonly escalationRound: number
  /** When the next escalation step is due. */
  readonly escalationDueAt?: number
  /** Its latest notice, as long as that is stored. */
  readonly notice?: Notice
}

/** One line of the history of an incident. */
export interface HistoryEntry {
  readonly at: number
  /** Name of a person, or of the program that acted. */
  readonly who: string
  /** A verb such as `acknowledged`. */
  readonly action: string
  readonly detail?: string
}

/** The columns of an incident that {@link Incidents.changeIncident} may change; null empties a column. */
export interface IncidentFields {
  readonly state?: IncidentState
  readonly acknowledgedAt?: number
  readonly acknowledgedBy?: string
  readonly silencedUntil?: number | null
  readonly resolvedAt?: number
  readonly resolvedBy?: string
  readonly escalationStep?: number
  readonly escalationRound?: number
  readonly escalationDueAt?: number | null
}

/** A change of an incident, its history, and a notice about it. */
export interface IncidentChange {
  readonly set?: IncidentFields
  readonly history?: readonly HistoryEntry[]
  readonly notify?: {
    readonly notice: Notice
    readonly recipients: readonly Recipient[]
    /** When to send it. @default at once */
    readonly dueAt?: number
    /** When to check whether someone was reached. @default never */
    readonly failover?: { readonly stage: 'fallback' | 'last-resort'; readonly at?: number }
  }
}

/** Result of {@link Incidents.changeIncident}. */
export interface ChangedIncident {
  readonly before: StoredIncident
  readonly after: StoredIncident
  /** Whether `decide` returned a change. */
  readonly isChanged: boolean
}

/** Open incidents of one severity. */
export interface Unacknowledged {
  readonly severity: Severity
  readonly count: number
  /** When the oldest one began. */
  readonly oldestAt: number
}

/** Incidents: created, updated and ended in the transaction that accepts their alerts; people change them too. */
export interface Incidents {
  readonly incident: (key: string) => Promise<StoredIncident | undefined>
  /** The newest first, without their notices. @param filter `isOpen`: only those that are resolved (false) or not (true); `limit`: default 100 */
  readonly listIncidents: (filter: {
    readonly isOpen?: boolean | undefined
    readonly limit?: number
  }) => Promise<StoredIncident[]>
  /** Its stored history, the oldest first; the beginning and the end are fields of the incident. */
  readonly incidentHistory: (key: string) => Promise<HistoryEntry[]>
  /**
   * Changes an incident in one transaction; `decide` must be pure and may be called more than once, and undefined changes nothing.
   * `recipients` are those that were notified, or are about to be. An incident that is resolved by it has ended: the next notification of its
   * alerts begins another one. An incident that is no longer open has no further step, and its pending steps are not sent. Resolves to
   * undefined if the incident is unknown.
   */
  readonly changeIncident: (
    key: string,
    now: number,
    decide: (incident: StoredIncident, recipients: readonly Recipient[]) => IncidentChange | undefined,
  ) => Promise<ChangedIncident | undefined>
  /** Open incidents whose escalation step is due, with their notices, the earliest step first; at most 100. */
  readonly dueSteps: (now: number) => Promise<StoredIncident[]>
  /** When the next escalation step of an open incident is due. */
  readonly nextStepAt: () => Promise<number | undefined>
  /** Open incidents, which no one has acknowledged, by severity; severities without any are absent. */
  readonly unacknowledged: () => Promise<readonly Unacknowledged[]>
}
