import type { Severity } from '@swarmwatch/config'

/** One alert of a notice, as Alertmanager sent it; every text is external. */
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

/** Why recipients are notified. */
export type NoticeKind =
  /** A group fires, changed while firing, or fires on after the repeat interval. */
  | 'firing'
  | 'repeat'
  /** No one has acknowledged the alerts of a group: a step of `alerts.escalation`. */
  | 'escalation'
  /** Someone acknowledged the alerts of a group that still fires. */
  | 'acknowledged'
  /** All alerts of the group are resolved. */
  | 'resolved'
  /** Alerts that fired and were resolved while the channel was down. */
  | 'summary'
  /** Alerts that a storm held back: how many, and which. Sent again when the numbers change. */
  | 'digest'
  /** A notable event or a deployment (`POST /api/v1/events`). */
  | 'event'
  /** A test (`alert-bridge drill`). */
  | 'drill'
  /** A report of the bridge about itself: a dead channel, a missing Watchdog, a body that could not be read. */
  | 'meta'

/** The information for recipients, before a channel formats it as a mail, a Slack message and so on. */
export interface Notice {
  readonly kind: NoticeKind
  readonly severity: Severity
  /** The same for all notices of one incident: threads and updates depend on it. */
  readonly incidentKey: string
  /** One line: the alert's name or the event's title. */
  readonly title: string
  /** Text of an event or of a report of the bridge about itself. */
  readonly text?: string
  /** The step of the escalation. */
  readonly escalation?: NoticeStep
  /** The incidents of a step that is sent for several at once, the worst and oldest first. @default only that of the notice */
  readonly incidents?: readonly NoticeIncident[]
  /** Name of the person who acknowledged or silenced. */
  readonly acknowledgedBy?: string
  /** ISO 8601: the end of the silence that the person created. */
  readonly silencedUntil?: string
  /** Name of the person who declared the end; absent if Alertmanager reported it. */
  readonly resolvedBy?: string
  readonly alerts: readonly NoticeAlert[]
  /** Alerts that Alertmanager left out. */
  readonly truncatedAlerts?: number
  /** Messages that a storm held back on this channel. */
  readonly heldBack?: number
  /** ISO 8601: when it began, and when it ended. */
  readonly startedAt?: string
  readonly endedAt?: string
  /** Addresses by name: runbook, `failed trace`, dashboard, traces, alertmanager. */
  readonly links?: Readonly<Record<string, string>>
  /** Ids of up to three runs that explain the alerts. Set for the delivery, not stored, as the trace among the links. */
  readonly executionIds?: readonly string[]
  /** Chart of the metric that explains the alerts. Set for the delivery on a channel that shows pictures, not stored. @default none */
  readonly chart?: NoticeChart
  /** Buttons of the message. Set for the delivery, not stored. @default none */
  readonly buttons?: readonly NoticeButton[]
  /** How the message is written. Set for the delivery, not stored. @default UTC, and the words of the bridge */
  readonly style?: MessageStyle
}

/** A picture in a message. */
export interface NoticeChart {
  /** PNG of 1200 x 400 pixels, shown at half of this size; less than 200 kB. */
  readonly png: Uint8Array
  /** The metric in words. External text, as the next. */
  readonly title: string
  /** The picture in words, for readers who do not see it. */
  readonly text: string
}

/** A button of a message that acts on the incident. */
export interface NoticeButton {
  readonly action: 'ack' | 'silence' | 'resolve'
  /** Signed, for this action and this incident. */
  readonly value: string
  /** Address that the button opens. @default none: the service reports the click to the bridge */
  readonly url?: string
}

/** A step of the escalation of an incident. */
export interface NoticeStep {
  /** From 1. */
  readonly number: number
  /** Number of steps for the severity of the incident. */
  readonly of: number
  /** How often this step was sent before. */
  readonly round: number
  /** Whom it notifies: `Ada (on call, first-line)`. */
  readonly who: string
  /** Steps before, oldest first. */
  readonly before: readonly { readonly who: string; readonly at: string }[]
  /** Users and user groups of Slack to mention. */
  readonly mentions?: readonly string[]
  /** Why it goes to other recipients than those of the settings. */
  readonly problem?: string
}

/** One of several incidents for which a step is sent in one message. */
export interface NoticeIncident {
  readonly incidentKey: string
  readonly severity: Severity
  /** One line. */
  readonly title: string
  /** Affected agents. */
  readonly agents: readonly string[]
  /** ISO 8601. */
  readonly startedAt?: string
  /** How often the step was sent for it before. */
  readonly round: number
}

/** How messages are written, from `alerts` of the settings. */
export interface MessageStyle {
  /** IANA name. @default 'UTC' */
  readonly timeZone?: string | undefined
  /** Template of the title of messages about alerts. @default the words of the bridge, as for the next two */
  readonly titleTemplate?: string | undefined
  /** Template of the text while alerts fire. */
  readonly firingTemplate?: string | undefined
  /** Template of the text once all are resolved. */
  readonly resolvedTemplate?: string | undefined
}

/** The first word of every message: the current severity, or the kind of message. */
export function statusWord({ kind, severity, silencedUntil }: Notice): string {
  if (kind === 'acknowledged' && silencedUntil !== undefined) return 'SILENCED'
  switch (kind) {
    case 'repeat':
      return `STILL ${severity.toUpperCase()}`
    case 'escalation':
      return `UNACKNOWLEDGED ${severity.toUpperCase()}`
    case 'acknowledged':
    case 'resolved':
    case 'summary':
    case 'digest':
    case 'drill':
    case 'event':
      return kind.toUpperCase()
    case 'firing':
    case 'meta':
      return severity.toUpperCase()
  }
}
