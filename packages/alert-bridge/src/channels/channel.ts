import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

import type { ChannelOf, ChannelType, Secret } from '@swarmwatch/config'

import type { Notice } from '../message/notice.ts'

/** A channel that notices can be delivered to. Its file is `channels/TYPE/TYPE-channel.ts`, and `registry.ts` lists all of them. */
export interface Channel {
  readonly name: string
  /** Each recipient is delivered to, and fails, independently. Shown in lists and logs, so none is a secret (such as a webhook's URL). */
  readonly recipients: readonly string[]
  /** Maximum number of deliveries at the same time. */
  readonly concurrency: number
  /** @default no limit */
  readonly limits?: RateLimits
  /**
   * Whether a delivery here proves nothing, as with a line on the console: an alert still counts as undelivered unless there are no
   * other channels. `openChannels` takes it from the channel type. @default false
   */
  readonly isLastResort?: boolean
  /** Whether a notice opens an incident that stays open until its end arrives, which a digest would hide. @default false */
  readonly hasIncidents?: boolean
  /** Whether messages can contain the chart of a notice. @default false */
  readonly showsCharts?: boolean
  /**
   * Never throws, and never returns a secret in a `reason`. Settles at the latest when `signal` aborts (as `retry` with
   * `unknown: true` if the message may have been sent already).
   */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>
  close(): Promise<void>
}

/** Rate at which a provider accepts messages. */
export interface RateLimits {
  readonly perSecond: number
  /** Number of messages that may be sent at once after a quiet time. */
  readonly burst: number
}

/** One delivery: a notice for one recipient. */
export interface Delivery {
  /** The same for all attempts: Message-ID, webhook-id and Slack's metadata are derived from it. */
  readonly id: string
  /** One of the channel's `recipients`, or an address of an escalation step. */
  readonly recipient: string
  readonly notice: Notice
  /** The `thread` that the last delivered notice of this incident to this recipient returned. */
  readonly thread?: unknown
  /**
   * Whether an earlier attempt may have arrived (it ended `unknown`, or the process died during it). A channel that can look for the
   * message does so before it sends again. @default false
   */
  readonly mayHaveArrived?: boolean
}

/** How an attempt ended. The caller decides what that means for the delivery. */
export type DeliveryResult =
  | {
      readonly kind: 'delivered'
      /** Data that a later notice of the same incident needs: Slack's channel and ts, the mail's Message-ID. JSON. */
      readonly thread?: unknown
    }
  /** This message can never be delivered to this recipient: dead letter. */
  | { readonly kind: 'undeliverable'; readonly reason: string }
  /** No message can be delivered through this channel until someone fixes it: breaker, fallback, deliveries after the recovery. */
  | { readonly kind: 'channel-down'; readonly reason: string }
  /** May succeed later. `unknown`: the message may have arrived, because the connection ended after the provider had received it. */
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly retryAfterSeconds?: number
      readonly unknown?: boolean
    }

/** Functions of the system that channels use. */
export interface ChannelDependencies {
  readonly now: () => Date
  readonly fetch: typeof globalThis.fetch
  /** The proxy for an address, `smtp:` for mail; undefined for a direct connection. `fetch` uses it already. */
  readonly proxyFor: (url: URL) => Secret | undefined
  /** Resolves host names; custom webhooks check the addresses that it returns. */
  readonly lookup: LookupFunction
  /** Prints one line. */
  readonly write: (line: string) => void
}

/** The system's own functions. Lines go to standard error, so that they do not mix with the output of a command. */
export const systemDependencies: ChannelDependencies = {
  now: () => new Date(),
  // read at each call, so that instrumentation that is registered later sees it
  fetch: (input, init) => globalThis.fetch(input, init),
  proxyFor: () => undefined,
  lookup: lookup as LookupFunction,
  write: (line) => console.error(line),
}

/** Opens a channel; nothing is connected before the first delivery. */
export type OpenChannel<Settings> = (settings: Settings, dependencies?: Partial<ChannelDependencies>) => Channel

/** One function for each channel type of `@swarmwatch/config`. */
export type ChannelOpeners = {
  readonly [Type in ChannelType]: OpenChannel<ChannelOf<Type>>
}
