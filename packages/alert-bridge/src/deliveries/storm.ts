import type { Notice } from '../message/notice.ts'
import type { ClaimedDelivery } from '../outbox/store.ts'
import { digestNotice } from './combined-notices.ts'
import type { DeliveryTimes } from './delivery-context.ts'

/** More messages than this in a window are a storm. */
const messagesPerWindow = 10

/** Whether a message is sent on its own or in a digest. */
export type StormDecision = 'send' | 'hold'

/** Counts the messages for one recipient of one channel. */
export interface Storm {
  readonly decide: (delivery: Pick<ClaimedDelivery, 'notice' | 'attempts' | 'mayHaveArrived'>, now: number) => StormDecision
  /** Returns the digest with `held` added, and when to send it. `waiting`: a digest that has not been sent yet. */
  readonly digest: (
    held: readonly Notice[],
    waiting: Notice | undefined,
    now: number,
  ) => { readonly notice: Notice; readonly dueAt: number }
}

/** Starts to count. Critical messages are never held back. */
export function watchStorm(
  channel: string,
  {
    stormWindowMs,
    firstDigestAfterMs,
    digestEveryMs,
  }: Pick<DeliveryTimes, 'stormWindowMs' | 'firstDigestAfterMs' | 'digestEveryMs'>,
): Storm {
  let arrivals: number[] = []
  let current: Notice | undefined
  let lastDueAt = Number.NEGATIVE_INFINITY

  function decide(
    { notice, attempts, mayHaveArrived }: Pick<ClaimedDelivery, 'notice' | 'attempts' | 'mayHaveArrived'>,
    now: number,
  ) {
    // older arrivals do not change the decision
    arrivals = arrivals.slice(-messagesPerWindow).filter((at) => now - at < stormWindowMs)
    // an earlier attempt was counted already; if that one arrived, a digest would repeat its message
    if (attempts > 0 || mayHaveArrived) return 'send'
    arrivals.push(now)
    if (arrivals.length <= messagesPerWindow) current = undefined
    // a person caused an acknowledgement, and others wait for it
    const isExempt =
      notice.severity === 'critical' || ['acknowledged', 'escalation', 'digest', 'summary', 'drill', 'meta'].includes(notice.kind)
    return isExempt || arrivals.length <= messagesPerWindow ? 'send' : 'hold'
  }

  function digest(held: readonly Notice[], waiting: Notice | undefined, now: number): { notice: Notice; dueAt: number } {
    current = digestNotice(channel, current ?? waiting, held, now)
    if (waiting === undefined) lastDueAt = Math.max(now + firstDigestAfterMs, lastDueAt + digestEveryMs)
    return { notice: current, dueAt: lastDueAt }
  }

  return { decide, digest }
}
