import type { Severity } from '@swarmwatch/config'

import type { Meta } from '../message/meta-notices.ts'
import type { Notice, NoticeKind } from '../message/notice.ts'
import type { Incidents } from './incidents.ts'
import type { Recipient } from './recipient.ts'

export type { Recipient } from './recipient.ts'

/**
 * Stores all received entries and their deliveries. A promise that resolves means: on disk. A promise that rejects (with
 * `StoreError`) means: nothing of the call was stored; only if the connection to a database breaks during the commit, all of it may be.
 * Every call may be a request over a network, so nothing in it is specific to SQLite.
 * Each implementation must pass `test/outbox/conformance.ts`. A consumer takes only the roles that it needs.
 */
export interface Store
  extends Inbox, Outbox, Incidents, Failovers, RateLimitStates, BreakerStates, MetaStates, PeerStates, CalendarCopies, Upkeep {
  /** Undefined if only one process uses the store. */
  readonly sharing?: Sharing
  /** Undefined if the store is a file. */
  readonly database?: StoreDatabase
  readonly close: () => Promise<void>
}

/** A store that was opened. */
export interface OpenedStore {
  readonly store: Store
  /** Milliseconds since 1970. All processes that share the store agree on it. */
  readonly now: () => number
  /** New name of a damaged database, if there was one. */
  readonly setAside?: string
}

/** Accepts entries, and keeps bodies that could not be read. */
export interface Inbox {
  /** Decides and stores in one transaction; `decide` must be pure and may be called more than once. */
  readonly accept: (entry: Entry, decide: (known: Known) => Decision) => Promise<Accepted>
  /** Returns the id of the stored body. */
  readonly quarantine: (body: Uint8Array, reason: string, receivedAt: number) => Promise<string>
  readonly quarantinedBody: (id: string) => Promise<Uint8Array | undefined>
  readonly forgetQuarantined: (id: string) => Promise<void>
  /** The newest first. @param limit default all */
  readonly listQuarantined: (limit?: number) => Promise<Quarantined[]>
  /** Number of pending deliveries; counts up to `limit`. */
  readonly countPending: (limit: number) => Promise<number>
}

/** An entry that was received. */
export interface Entry {
  readonly receivedAt: number
  /** Equal for equal content, which belongs to the same group. */
  readonly dedupeKey?: string
  /** Equal for all notifications of one group of alerts, over all its incidents. */
  readonly groupKey?: string
  /** The Alertmanager that sent it. */
  readonly sender?: string
  readonly traceparent?: string
}

/** Earlier entries that matter for the decision about a new one. */
export interface Known {
  /** When recipients were last notified of the same content, for which sender, and the time since the previous notification. */
  readonly seen?: {
    readonly notifiedAt: number
    readonly sender: string
    readonly intervalMs?: number
    readonly noticeId: string
  }
  /** The last incident of the same group. */
  readonly incident?: {
    readonly key: string
    readonly status: 'firing' | 'resolved'
    /** Present if someone has acknowledged it and no silence replaced that. */
    readonly isAcknowledged?: true
  }
  /** Recipients that were notified of that incident. */
  readonly notified: readonly Recipient[]
}

/** Whether to store an entry, and for which recipients. */
export type Decision =
  | { readonly kind: 'duplicate'; readonly duplicate: string }
  | {
      readonly kind: 'keep'
      readonly notice: Notice
      readonly recipients: readonly Recipient[]
      readonly failover?: { readonly stage: FailoverStage; readonly at?: number }
      /** State of the group after this entry. */
      readonly status?: 'firing' | 'resolved'
      readonly intervalMs?: number
      /** When the first escalation step is due, if this begins an incident. */
      readonly escalationDueAt?: number
    }

/** Result of {@link Inbox.accept}: the id of the notice, also for a duplicate. */
export type Accepted = { readonly id: string; readonly duplicate?: string }

/** A body that could not be read. */
export interface Quarantined {
  readonly id: string
  readonly receivedAt: number
  readonly reason: string
  readonly size: number
}

/** Deliveries: claims them, records how attempts ended, and lists them. */
export interface Outbox {
  /** Claims due deliveries, worst and oldest first; of each incident only the newest, which replaces the others. */
  readonly claimDue: (claim: Claim) => Promise<ClaimedDelivery[]>
  /** Claims all deliveries for one recipient whose alerts fired and ended before the recipient was notified. */
  readonly claimOvertaken: (claim: Claim & Recipient) => Promise<ClaimedDelivery[]>
  /**
   * Claims due deliveries for one recipient that may be held back: not critical, never attempted, not for other deliveries.
   * `exceptEnds`: nor the ends of incidents. @default false
   */
  readonly claimHoldable: (claim: Claim & Recipient & { readonly exceptEnds?: boolean }) => Promise<ClaimedDelivery[]>
  /** Claims deliveries of escalation steps for one recipient, which one message can contain: those that are due, and new ones. */
  readonly claimSteps: (claim: Claim & Recipient) => Promise<ClaimedDelivery[]>
  /** Marks all deliveries of a message in one transaction, as do the next two: a bridge that is killed then marks all or none. */
  readonly succeed: (ids: readonly string[], now: number, thread?: unknown) => Promise<void>
  readonly reschedule: (ids: readonly string[], change: Reschedule) => Promise<void>
  readonly deadLetter: (ids: readonly string[], now: number, reason: string, mayHaveArrived?: boolean) => Promise<void>
  readonly merge: (merge: Merge) => Promise<void>
  readonly replay: (id: string, now: number) => Promise<Replayed>
  /** Makes all pending deliveries of a channel due, except those that are held. */
  readonly makeDue: (channel: string, now: number) => Promise<void>
  /** The newest first. @param limit default all */
  readonly list: (filter: { readonly state?: DeliveryState | undefined; readonly limit?: number }) => Promise<StoredDelivery[]>
  /** The earliest time at which a delivery of a channel, or a critical one, is due. @param onlyCritical default false */
  readonly nextDueAt: (channel: string, onlyCritical?: boolean) => Promise<number | undefined>
  /** A digest that this bridge made and that still waits. */
  readonly pendingDigest: (to: Recipient) => Promise<{ readonly id: string; readonly notice: Notice } | undefined>
  /** When the oldest pending delivery that is not held was received. */
  readonly oldestPendingAt: () => Promise<number | undefined>
}

/** State of a delivery. `collapsed`: another delivery, `collapsedInto`, contains it. */
export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'collapsed'

/** A stored delivery: one notice for one recipient of one channel. Times are milliseconds since 1970. */
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
  /** Reason why it waits although it is due, such as `quiet-hours`. */
  readonly held?: string
  /** Reason of the last failure. */
  readonly reason?: string
  readonly collapsedInto?: string
  readonly mayHaveArrived: boolean
  readonly finishedAt?: number
}

/** A delivery that this process owns until it stores how the attempt ended. */
export interface ClaimedDelivery extends StoredDelivery {
  readonly notice: Notice
  readonly receivedAt: number
  /** The `thread` that the last delivery of this incident to this recipient returned. */
  readonly thread?: unknown
  /** W3C trace context of the request that brought it. */
  readonly traceparent?: string
  /** Undelivered notices of the same incident that this one replaces, oldest first. */
  readonly overtaken: readonly Notice[]
  /** Whether this recipient was, or may have been, notified of the incident before. */
  readonly wasNotified: boolean
}

/** Which deliveries to claim. */
export interface Claim {
  readonly channel: string
  readonly limit: number
  readonly now: number
  /** @default false */
  readonly onlyCritical?: boolean
  /** Deliveries that this process works on. All others that it has claimed before are claimed again. @default none */
  readonly except?: readonly string[]
}

/** A new delivery that contains others. */
export interface Merge {
  readonly ids: readonly string[]
  readonly into: Recipient & { readonly id: string; readonly notice: Notice; readonly dueAt: number }
  readonly now: number
}

/** A later time for a delivery. */
export interface Reschedule {
  readonly dueAt: number
  readonly reason?: string
  readonly held?: string
  readonly mayHaveArrived?: boolean
  /** Whether there was an attempt. @default true */
  readonly tried?: boolean
}

/** Result of {@link Outbox.replay}. */
export type Replayed = 'replayed' | 'unknown' | 'not-dead'

/** Notices that may have reached no one in time. */
export interface Failovers {
  readonly dueFailovers: (now: number) => Promise<DueFailover[]>
  readonly failOver: (noticeId: string, further: Failover, now: number) => Promise<void>
  readonly nextFailoverAt: () => Promise<number | undefined>
}

/** The next step of the failover if no one was reached. */
export type FailoverStage = 'fallback' | 'last-resort'

/** A notice that may have reached no one in time. A collapsed delivery has the state of the delivery that contains it. */
export interface DueFailover {
  readonly noticeId: string
  readonly stage: FailoverStage
  readonly notice: Notice
  readonly receivedAt: number
  readonly deliveries: readonly (Recipient & { readonly state: DeliveryState; readonly reason?: string })[]
}

/** Further recipients, and the next check, if any. */
export interface Failover {
  readonly recipients: readonly Recipient[]
  readonly next?: { readonly stage: FailoverStage; readonly at: number }
}

/** How much may be sent on each channel. */
export interface RateLimitStates {
  readonly bucket: (channel: string) => Promise<Bucket | undefined>
  /** Replaces the state in one transaction; `change` must be pure. Returns the new state. */
  readonly changeBucket: (channel: string, change: (known: Bucket | undefined) => Bucket) => Promise<Bucket>
}

/** State of a token bucket. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
  readonly pausedUntil: number
}

/** Channels that get no messages because they do not work. A store that only one process uses forgets them when it is closed. */
export interface BreakerStates {
  /** Undefined while the channel works. */
  readonly breaker: (channel: string) => Promise<OpenBreaker | undefined>
  /** Replaces the state in one transaction; `change` must be pure. Returns the new state. */
  readonly changeBreaker: (
    channel: string,
    change: (known: OpenBreaker | undefined) => OpenBreaker | undefined,
  ) => Promise<OpenBreaker | undefined>
}

/** State of the circuit breaker of a channel that does not work. */
export interface OpenBreaker {
  /** When the next probe may be sent. */
  readonly probeAt: number
  /** Number of waits since the channel last worked. */
  readonly openings: number
}

/** Reports of the bridge about itself that were sent or are held. */
export interface MetaStates {
  readonly metaStates: () => Promise<MetaState[]>
  readonly saveMetaState: (state: MetaState) => Promise<void>
  readonly forgetMetaState: (key: string) => Promise<void>
}

/** The last report about one problem of the bridge, and the reports that are held until the end of the window. */
export interface MetaState {
  readonly key: string
  readonly reportedAt: number
  /** Whether the beginning of the problem was reported and its end was not. */
  readonly isOpen: boolean
  readonly held?:
    | {
        readonly count: number
        readonly details: readonly string[]
        readonly isOver: boolean
        /** The last report. */
        readonly meta: Meta
        /** A channel that must not receive the report. */
        readonly except?: string | undefined
      }
    | undefined
}

/** When bridges of other regions sent their last heartbeat. */
export interface PeerStates {
  readonly peerStates: () => Promise<PeerHeartbeat[]>
  readonly savePeerState: (state: PeerHeartbeat) => Promise<void>
  readonly forgetPeerState: (name: string) => Promise<void>
}

/** When a peer sent its last heartbeat, or when the watch for it began. */
export interface PeerHeartbeat {
  readonly name: string
  readonly lastAt: number
  /** The same, or when another peer received one from it. Only bridges that share a store need it. */
  readonly aliveAt?: number
}

/** Last good copies of the calendars of rotations. */
export interface CalendarCopies {
  readonly calendarCopy: (rotation: string) => Promise<CalendarCopy | undefined>
  readonly saveCalendarCopy: (rotation: string, copy: CalendarCopy) => Promise<void>
}

/** A calendar as it was fetched. */
export interface CalendarCopy {
  /** iCalendar. */
  readonly text: string
  readonly fetchedAt: number
}

/** Maintenance of the store. */
export interface Upkeep {
  /**
   * Releases the deliveries of an owner that ended, and makes deliveries due that wait only because a clock was set back. Returns the number of
   * deliveries that may have arrived.
   */
  readonly recover: (now: number) => Promise<number>
  /** Without the channels that another running bridge serves. */
  readonly channelsWithPending: () => Promise<string[]>
  /** Deletes deliveries that finished before `before`, and dead letters before `deadBefore`. Returns the number of deleted deliveries. */
  readonly forget: (before: number, deadBefore: number) => Promise<number>
  /** Writes one row; rejects as any write would. */
  readonly probe: (now: number) => Promise<void>
}

/** How the bridges that share a store work together. */
export interface Sharing {
  /**
   * Reports that this bridge lives, and releases the deliveries of bridges that no longer do. Returns the number of released deliveries,
   * which may have arrived. To be called every few seconds.
   */
  readonly beat: () => Promise<number>
  /** Sets the channels that this bridge serves. To be called before the first `recover`. */
  readonly serve: (channels: readonly string[]) => void
  /** Whether this bridge does what only one of them may do, such as the report that no Watchdog arrives. */
  readonly isLeader: () => boolean
  /** Runs `work` while no other bridge runs work with the same key. Without the database, it runs at once. */
  readonly exclusively: <Result>(key: string, work: () => Promise<Result>) => Promise<Result>
  /** Stores when a Watchdog arrived. */
  readonly saveWatchdog: (at: number) => Promise<void>
  /** When the last Watchdog arrived at any of the bridges, as of the last `beat`. */
  readonly watchdogAt: () => number | undefined
  /** Calls `listener` when another bridge has stored or released deliveries. */
  readonly onWork: (listener: () => void) => void
  /** Notifies the other bridges that there are deliveries. */
  readonly announceWork: () => void
}

/** View that a bridge has of the database server with its store. */
export interface StoreDatabase {
  /** Since the start: attempts to connect that failed, and the seconds that calls have waited for a connection, added up. */
  readonly connections: () => { readonly failures: number; readonly waitedSeconds: number }
  /**
   * Bytes of the tables of the bridges with their indexes, and the lag of the slowest standby, undefined without one or if the role may not
   * read it. Rejects if the database does not answer.
   */
  readonly measure: () => Promise<{ readonly sizeBytes: number; readonly standbyLagSeconds: number | undefined }>
}

/** Why the store could not write; `crowded`: the limit of pending deliveries is reached; `newer-schema`: a newer program made it. */
export type StoreFailure = 'full' | 'locked' | 'read-only' | 'closed' | 'unavailable' | 'crowded' | 'newer-schema'

/** The store could not write; nothing of the call was stored. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly reason: StoreFailure

  constructor(reason: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Another process owns the data folder. */
export class FolderTakenError extends Error {
  override readonly name = 'FolderTakenError'

  constructor(folder: string, options?: ErrorOptions) {
    super(
      `the data folder ${folder} is in use by another alert-bridge; stop it, or set BRIDGE_DATA_DIR to another folder`,
      options,
    )
  }
}
