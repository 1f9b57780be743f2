import type { DeliveryResult } from '../channels/channel.ts'
import type { ClaimedDelivery } from '../store/stored-delivery.ts'
import { backoffMs } from './backoff.ts'
import type { DeliveryTimes } from './delivery-times.ts'

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

/** Decides from how a try went; age counts from when the delivery was made. */
export function decideOutcome(
  { attempts, createdAt }: Pick<ClaimedDelivery, 'attempts' | 'createdAt'>,
  result: DeliveryResult,
  now: number,
  times: DeliveryTimes,
  random: () => number,
): Outcome {
  if (result.kind === 'delivered') return result
  const mayHaveArrived = result.kind === 'retry' && result.unknown === true
  if (result.kind === 'undeliverable') return { kind: 'dead', reason: result.reason, mayHaveArrived }
  if (now - createdAt > times.giveUpAfterMs) {
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
