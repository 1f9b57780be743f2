import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

import type { Notice } from '../message/notice.ts'

/** How a delivery went. What it means for the delivery is decided by whoever asked for it. */
export type DeliveryResult =
  | {
      readonly kind: 'delivered'
      /** What a later notice of the same incident needs: Slack's channel and ts, the mail's Message-ID. JSON. */
      readonly thread?: unknown
    }
  /** This message can never go to this recipient: dead letter. */
  | { readonly kind: 'undeliverable'; readonly reason: string }
  /** Nothing can go through this channel until somebody mends it: breaker, fallback, drain on recovery. */
  | { readonly kind: 'channel-down'; readonly reason: string }
  /** May go later. `unknown` says that it may have arrived: the provider was cut off after it had the message. */
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly retryAfterSeconds?: number
      readonly unknown?: boolean
    }

/** One delivery: a notice for one recipient. */
export interface Delivery {
  /** Stable over all tries: Message-ID, webhook-id and Slack metadata are made from it. */
  readonly id: string
  /** One of the channel's `recipients`. */
  readonly recipient: string
  readonly notice: Notice
  /** What the last delivered notice of this incident to this recipient gave back. */
  readonly thread?: unknown
  /**
   * An earlier try may have arrived (it ended `unknown`, or the process died during it): a channel that can look first does.
   * @default false
   */
  readonly mayHaveArrived?: boolean
}

/**
 * A way to tell people. `deliver` never throws and says no secret in a `reason`; it settles at the latest when `signal` aborts
 * (as `retry` with `unknown: true` if the message may be out already).
 */
export interface Channel {
  readonly name: string
  readonly type: 'email' | 'slack' | 'webhook' | 'console'
  /** Each is delivered to, and fails, by itself. Shown in lists and logs: no secret (not the webhook's URL). */
  readonly recipients: readonly string[]
  /** At most this many deliveries at once. */
  readonly concurrency: number
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>
  close(): Promise<void>
}

/** What channels need of the world around them. */
export interface ChannelWorld {
  readonly now: () => Date
  readonly fetch: typeof globalThis.fetch
  /** How a host name becomes addresses; custom webhooks check what comes out. */
  readonly lookup: LookupFunction
  /** Prints one line. */
  readonly write: (line: string) => void
}

/** The real world. Lines go to standard error, so that they do not mix with what a program prints as its result. */
export const realWorld: ChannelWorld = {
  now: () => new Date(),
  // looked up at each call, so that instrumentation registered later sees it
  fetch: (input, init) => globalThis.fetch(input, init),
  lookup: lookup as LookupFunction,
  write: (line) => console.error(line),
}
