import type { Severity } from '@swarmwatch/config'

import type { Meta } from '../message/meta-notices.ts'
import type { Notice, NoticeKind } from '../message/notice.ts'

/** What the store knows about something that comes in. */
export interface Known {
  /** When the same content was told last, by which sender, and how long after the time before. */
  readonly seen?: { readonly toldAt: number; readonly sender: string; readonly intervalMs?: number; readonly noticeId: string }
  /** The last incident of the same group. */
  readonly incident?: { readonly key: string; readonly status: 'firing' | 'resolved' }
  /** Who was told of that incident. */
  readonly told: readonly Recipient[]
}

/** What an escalation does next when nobody was reached. */
export type EscalationStage = 'fallback' | 'last-resort'

/** What to keep of something that came in. */
export type Decision =
  | { readonly kind: 'duplicate'; readonly duplicate: string }
  | {
      readonly kind: 'keep'
      readonly notice: Notice
      readonly recipients: readonly Recipient[]
      readonly escalation?: { readonly stage: EscalationStage; readonly at?: number }
      /** State of the group afterwards. */
      readonly status?: 'firing' | 'resolved'
      readonly intervalMs?: number
    }

/** Something that came in. */
export interface Entry {
  readonly receivedAt: number
  /** Equal for equal content. */
  readonly dedupeKey?: string
  /** Equal for the same group of alerts, over all its incidents. */
  readonly groupKey?: string
  /** Which Alertmanager sent it. */
  readonly sender?: string
  readonly traceparent?: string
}

export type Accepted = { readonly id: string; readonly duplicate?: string }

/** A notice nobody may have been told of in time. `collapsed` deliveries show the state of the one that stands for them. */
export interface DueEscalation {
  readonly noticeId: string
  readonly stage: EscalationStage
  readonly notice: Notice
  readonly receivedAt: number
  readonly deliveries: readonly (Recipient & { readonly state: DeliveryState; readonly reason?: string })[]
}

/** What to do about an escalation: tell more people, and look again later (or never). */
export interface Escalated {
  readonly recipients: readonly Recipient[]
  readonly next?: { readonly stage: EscalationStage; readonly at: number }
}

export interface Claim {
  readonly channel: string
  readonly limit: number
  readonly now: number
  readonly leaseMs: number
  /** Whether to leave all that is not critical. @default false */
  readonly onlyCritical?: boolean
  /** Deliveries to leave although nobody has leased them: how they went may be written by the same commit. @default none */
  readonly except?: readonly string[]
}

/** A new delivery that stands for others. */
export interface Merge {
  readonly ids: readonly string[]
  readonly into: Recipient & { readonly id: string; readonly notice: Notice; readonly dueAt: number }
  readonly now: number
}

export interface Reschedule {
  readonly dueAt: number
  readonly reason?: string
  readonly held?: string
  readonly mayHaveArrived?: boolean
  /** Whether it was tried. @default true */
  readonly tried?: boolean
}

/** Bytes that could not be understood. */
export interface Quarantined {
  readonly id: string
  readonly receivedAt: number
  readonly reason: string
  readonly size: number
}

/** What was reported of one trouble of the bridge, and what waits to be reported together. */
export interface MetaState {
  readonly key: string
  readonly saidAt: number
  /** Whether the beginning was reported and the end was not. */
  readonly isOpen: boolean
  readonly held?: {
    readonly count: number
    readonly details: readonly string[]
    readonly isOver: boolean
    /** The last one. */
    readonly meta: Meta
    /** A channel that it is not for. */
    readonly except?: string
  }
}

/** How much may still be sent on a channel. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
  readonly pausedUntil: number
}

export type Replayed = 'replayed' | 'unknown' | 'not-dead'

/**
 * Keeps what came in and what is to be delivered. A promise that resolves means: on disk. One that rejects means nothing was kept
 * (`StoreError`). Nothing in it is of SQLite alone: every call may be a request over a network. Whatever stands
 * behind it must pass `test/outbox/conformance.ts`.
 */
export interface Store {
  /** Decides and keeps in one transaction; `decide` is pure. */
  readonly accept: (entry: Entry, decide: (known: Known) => Decision) => Promise<Accepted>
  /** Takes a body out of quarantine. */
  readonly forgetQuarantined: (id: string) => Promise<void>
  readonly quarantine: (body: Uint8Array, reason: string, receivedAt: number) => Promise<string>
  /** Takes due deliveries, worst and oldest first; of each incident only the newest, which overtakes the others. */
  readonly claimDue: (claim: Claim) => Promise<ClaimedDelivery[]>
  /** Takes, besides one that was claimed, all that fired and resolved untold for the same recipient. */
  readonly claimOvertaken: (claim: Claim & Recipient) => Promise<ClaimedDelivery[]>
  /** Takes due deliveries for one recipient that a storm may hold back: none that is critical, was tried, or stands for others. */
  readonly claimHoldable: (claim: Claim & Recipient) => Promise<ClaimedDelivery[]>
  readonly renewLeases: (ids: readonly string[], until: number) => Promise<void>
  readonly succeed: (id: string, now: number, thread?: unknown) => Promise<void>
  readonly reschedule: (id: string, change: Reschedule) => Promise<void>
  readonly deadLetter: (id: string, now: number, reason: string, mayHaveArrived?: boolean) => Promise<void>
  readonly merge: (merge: Merge) => Promise<void>
  readonly replay: (id: string, now: number) => Promise<Replayed>
  /** Makes all that waits on a channel due, except what is held. */
  readonly makeDue: (channel: string, now: number) => Promise<void>
  /** Frees what a dead owner had leased, and what a clock that was set back made wait. Gives how many may have arrived. */
  readonly recover: (now: number) => Promise<number>
  readonly dueEscalations: (now: number) => Promise<DueEscalation[]>
  readonly escalate: (noticeId: string, escalated: Escalated, now: number) => Promise<void>
  readonly saveBucket: (channel: string, bucket: Bucket) => Promise<void>
  readonly saveMetaState: (state: MetaState) => Promise<void>
  readonly forgetMetaState: (key: string) => Promise<void>
  /** Forgets what was finished before `before`, and dead letters before `deadBefore`. */
  readonly forget: (before: number, deadBefore: number) => Promise<number>
  /** Writes one row; rejects as any write would. */
  readonly probe: (now: number) => Promise<void>

  /** The newest first. @param limit default all */
  readonly list: (filter: { readonly state?: DeliveryState | undefined; readonly limit?: number }) => Promise<StoredDelivery[]>
  /** The newest first. @param limit default all */
  readonly listQuarantined: (limit?: number) => Promise<Quarantined[]>
  readonly quarantinedBody: (id: string) => Promise<Uint8Array | undefined>
  /** How many deliveries wait; does not count beyond `atMost`. */
  readonly countPending: (atMost: number) => Promise<number>
  /** The earliest time at which something, or something critical, is due on a channel. @param onlyCritical default false */
  readonly nextDueAt: (channel: string, onlyCritical?: boolean) => Promise<number | undefined>
  readonly nextEscalationAt: () => Promise<number | undefined>
  /** When the oldest delivery that is not held back on purpose came in. */
  readonly oldestPendingAt: () => Promise<number | undefined>
  readonly pendingDigest: (to: Recipient) => Promise<{ readonly id: string; readonly notice: Notice } | undefined>
  readonly channelsWithPending: () => Promise<string[]>
  readonly bucket: (channel: string) => Promise<Bucket | undefined>
  readonly metaStates: () => Promise<MetaState[]>
  readonly close: () => Promise<void>
}

/** `collapsed`: told by another delivery, `collapsedInto`. */
export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'collapsed'

/** Who is to be told. */
export interface Recipient {
  readonly channel: string
  readonly recipient: string
}

/** One delivery as it is kept: a notice for one recipient of one channel. Times are milliseconds since 1970. */
export interface StoredDelivery extends Recipient {
  readonly id: string
  readonly noticeId: string
  readonly kind: NoticeKind
  readonly severity: Severity
  readonly incidentKey: string
  readonly title: string
  readonly state: DeliveryState
  readonly createdAt: number
  readonly dueAt: number
  readonly attempts: number
  /** Why it waits although it is due, such as `quiet-hours`. */
  readonly held?: string
  /** What went wrong last. */
  readonly reason?: string
  readonly collapsedInto?: string
  readonly mayHaveArrived: boolean
  readonly finishedAt?: number
}

/** A delivery that is ours until its lease ends. */
export interface ClaimedDelivery extends StoredDelivery {
  readonly notice: Notice
  readonly receivedAt: number
  /** What the last delivery of this incident to this recipient gave back. */
  readonly thread?: unknown
  /** W3C trace context of the request that brought it. */
  readonly traceparent?: string
  /** Notices of the same incident that this one overtook; none of them was told. Oldest first. */
  readonly overtaken: readonly Notice[]
  /** Whether this recipient has been told of the incident before, or may have been. */
  readonly wasTold: boolean
}
