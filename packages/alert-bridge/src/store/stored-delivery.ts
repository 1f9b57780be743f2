import type { Severity } from '@swarmwatch/config'

import type { Notice, NoticeKind } from '../message/notice.ts'

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
