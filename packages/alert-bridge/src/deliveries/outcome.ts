import type { DeliveryResult } from '../channels/channel.ts'
import type { ClaimedDelivery } from '../outbox/store.ts'
import type { DeliveryTimes } from './delivery-context.ts'

/** What becomes of a delivery that was tried. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly thread?: unknown }
  | { readonly kind: 'dead'; readonly reason: string; readonly mayHaveArrived: boolean }
  | {
      readonly kind: 'later'
      readonly dueAt: number
      readonly reason: string
      readonly mayHaveArrived: boolean
      /** The channel asked to be left alone that long. */
      readonly pauseUntil?: number
    }

/** What a try says about the channel: it works, it failed, it is broken for sure; `neither` when it only asked for patience. */
export type ChannelHealth = 'works' | 'failed' | 'broken' | 'neither'

/** Now, and for how long this process has been running: since its start, or the end of its last pause. */
export interface Moment {
  readonly now: number
  readonly awakeForMs: number
}

/**
 * Decides from how a try went; age counts from when the delivery was made. What grew old while nothing was tried, because the process
 * was paused or down, is tried for as long as the longest wait before it is given up.
 */
export function decideOutcome(
  { attempts, createdAt }: Pick<ClaimedDelivery, 'attempts' | 'createdAt'>,
  result: DeliveryResult,
  { now, awakeForMs }: Moment,
  times: DeliveryTimes,
  random: () => number,
): Outcome {
  if (result.kind === 'delivered') return result
  const mayHaveArrived = result.kind === 'retry' && result.unknown === true
  if (result.kind === 'undeliverable') return { kind: 'dead', reason: result.reason, mayHaveArrived }
  const hasTried = awakeForMs > Math.min(times.maxBackoffMs, times.giveUpAfterMs)
  if (now - createdAt > times.giveUpAfterMs && hasTried) {
    return { kind: 'dead', reason: `gave up after ${attempts + 1} tries: ${result.reason}`, mayHaveArrived }
  }
  const retryAfterSeconds = result.kind === 'retry' ? result.retryAfterSeconds : undefined
  const dueAt = Math.round(now + backoffMs(attempts + 1, times, random, retryAfterSeconds))
  const pauseUntil = retryAfterSeconds === undefined ? undefined : dueAt
  return { kind: 'later', dueAt, reason: result.reason, mayHaveArrived, ...(pauseUntil !== undefined && { pauseUntil }) }
}

export function healthOf(result: DeliveryResult): ChannelHealth {
  if (result.kind === 'channel-down') return 'broken'
  if (result.kind !== 'retry') return 'works'
  return result.retryAfterSeconds === undefined ? 'failed' : 'neither'
}

/**
 * How long to wait after the `failures`-th failure: 5, 15, 45 s and so on up to 15 min, each up to a fifth more or less so that many do
 * not come back at once. What the provider asks for is waited in full, up to the longest.
 */
export function backoffMs(
  failures: number,
  { backoffMs: first, maxBackoffMs }: Pick<DeliveryTimes, 'backoffMs' | 'maxBackoffMs'>,
  random: () => number,
  retryAfterSeconds?: number,
): number {
  if (retryAfterSeconds !== undefined) {
    return Math.min(retryAfterSeconds * 1000, maxBackoffMs) + random() * Math.min(1000, first)
  }
  const wait = Math.min(first * 3 ** (failures - 1), maxBackoffMs)
  return Math.min(wait * (0.8 + 0.4 * random()), maxBackoffMs)
}
