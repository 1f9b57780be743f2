import type { Severity } from '@swarmwatch/config'

/** One alert of a notice, as Alertmanager gave it; every text comes from outside. */
export interface NoticeAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly startsAt: string
  /** ISO 8601; absent while firing. */
  readonly endsAt?: string
  readonly generatorUrl?: string
}

/** Why people are told. */
export type NoticeKind =
  /** A group fires, changed while firing, or fires on after the repeat interval. */
  | 'firing'
  | 'repeat'
  /** Everything in the group is over. */
  | 'resolved'
  /** What fired and resolved while the channel was down. */
  | 'summary'
  /** More alerts than a channel takes: how many, which. Sent again when the numbers change. */
  | 'digest'
  /** A notable event or a deployment (`POST /api/v1/events`). */
  | 'event'
  /** A test (`alert-bridge drill`). */
  | 'drill'
  /** The bridge speaks of itself: a dead channel, a missing Watchdog, something it could not read. */
  | 'meta'

/** What people are to be told, before it is made into a mail or a Slack message. */
export interface Notice {
  readonly kind: NoticeKind
  readonly severity: Severity
  /** The same for all notices of one incident: threads and updates hang on it. */
  readonly incidentKey: string
  /** One line: the alert's name or the event's title. */
  readonly title: string
  /** Event text, or what a meta notice has to say. */
  readonly text?: string
  readonly alerts: readonly NoticeAlert[]
  /** Alerts that Alertmanager left out. */
  readonly truncatedAlerts?: number
  /** Messages that a storm held back on this channel. */
  readonly heldBack?: number
  /** ISO 8601: when it began, and when it was over. */
  readonly startedAt?: string
  readonly endedAt?: string
  /** Where to look, by what it is: runbook, dashboard, traces, alertmanager. */
  readonly links?: Readonly<Record<string, string>>
}
