import type { DeliveryResult } from '../channels/channel.ts'
import type { ClaimedDelivery } from '../outbox/store.ts'
import type { DeliveryTimes } from './delivery-context.ts'

/** State of a delivery after an attempt. */
export type AttemptOutcome =
  | { readonly kind: 'delivered'; readonly thread?: unknown }
  | { readonly kind: 'dead'; readonly reason: string; readonly mayHaveArrived: boolean }
  | {
      readonly kind: 'later'
      readonly dueAt: number
      readonly reason: string
      readonly mayHaveArrived: boolean
      /** The provider asked to get no messages until then. */
      readonly pauseUntil?: number
    }

/** State of a channel according to one attempt; `neither`: the provider only asked to wait. */
export type ChannelHealth = 'works' | 'failed' | 'broken' | 'neither'

/** The current time, and how long this process has been running since its start or its last pause. */
export interface Moment {
  readonly now: number
  readonly awakeForMs: number
}

/**
 * Decides what happens to a delivery after an attempt. Its age counts from its creation. A delivery that became old while the process
 * was paused or down is attempted for the longest wait before it is given up.
 */
export function decideOutcome(
  { attempts, createdAt }: Pick<ClaimedDelivery, 'attempts' | 'createdAt'>,
  result: DeliveryResult,
  { now, awakeForMs }: Moment,
  times: DeliveryTimes,
  random: () => number,
): AttemptOutcome {
  if (result.kind === 'delivered') return result
  const mayHaveArrived = result.kind === 'retry' && result.unknown === true
  if (result.kind === 'undeliverable') return { kind: 'dead', reason: result.reason, mayHaveArrived }
  const hasTried = awakeForMs > Math.min(times.maxBackoffMs, times.giveUpAfterMs)
  if (now - createdAt > times.giveUpAfterMs && hasTried) {
    return { kind: 'dead', reason: `gave up after ${attempts + 1} attempts: ${result.reason}`, mayHaveArrived }
  }
  const retryAfterSeconds = result.kind === 'retry' ? result.retryAfterSeconds : undefined
  const dueAt = Math.round(now + backoffMs(attempts + 1, times, random, retryAfterSeconds))
  const pauseUntil = retryAfterSeconds === undefined ? undefined : dueAt
  return { kind: 'later', dueAt, reason: result.reason, mayHaveArrived, ...(pauseUntil !== undefined && { pauseUntil }) }
}

/** The health of a channel according to one attempt. */
export function healthOf(result: DeliveryResult): ChannelHealth {
  if (result.kind === 'channel-down') return 'broken'
  if (result.kind !== 'retry') return 'works'
  return result.retryAfterSeconds === undefined ? 'failed' : 'neither'
}

/**
 * The wait in milliseconds after the `failures`-th failure: 5, 15, 45 s and so on up to 15 min, each up to a fifth longer or shorter, so
 * that deliveries do not return all at once. A wait that the provider asks for is kept in full, up to the longest.
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
