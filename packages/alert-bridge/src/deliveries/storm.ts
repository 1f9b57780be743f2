import { randomUUID } from 'node:crypto'

import { worstOf } from '../intake/severity-of.ts'
import type { Notice } from '../message/notice.ts'
import type { ClaimedDelivery } from '../outbox/store.ts'
import { mergedAlerts } from './combined-notices.ts'
import type { DeliveryTimes } from './delivery-context.ts'

/** More than this many messages in a window are a storm. */
const messagesPerWindow = 10

/** Whether a message goes out by itself or into a digest. */
export type StormDecision = 'send' | 'hold'

/** Watches how many messages one recipient of one channel would get. */
export interface Storm {
  readonly decide: (delivery: Pick<ClaimedDelivery, 'notice' | 'attempts' | 'mayHaveArrived'>, now: number) => StormDecision
  /** The digest with these in it too, and when it is to be sent. `waiting`: one that was made and not sent yet. */
  readonly fold: (
    held: readonly Notice[],
    waiting: Notice | undefined,
    now: number,
  ) => { readonly notice: Notice; readonly dueAt: number }
}

export function watchStorm(
  channel: string,
  {
    stormWindowMs,
    firstDigestAfterMs,
    digestEveryMs,
  }: Pick<DeliveryTimes, 'stormWindowMs' | 'firstDigestAfterMs' | 'digestEveryMs'>,
): Storm {
  let arrivals: number[] = []
  let digest: Notice | undefined
  let lastDueAt = Number.NEGATIVE_INFINITY

  function decide(
    { notice, attempts, mayHaveArrived }: Pick<ClaimedDelivery, 'notice' | 'attempts' | 'mayHaveArrived'>,
    now: number,
  ) {
    // more of them would tell nothing new
    arrivals = arrivals.slice(-messagesPerWindow).filter((at) => now - at < stormWindowMs)
    // what was tried before has been counted; holding it back now would make one message of two
    if (attempts > 0 || mayHaveArrived) return 'send'
    arrivals.push(now)
    if (arrivals.length <= messagesPerWindow) digest = undefined
    const isExempt = notice.severity === 'critical' || ['digest', 'summary', 'drill', 'meta'].includes(notice.kind)
    return isExempt || arrivals.length <= messagesPerWindow ? 'send' : 'hold'
  }

  function fold(held: readonly Notice[], waiting: Notice | undefined, now: number): { notice: Notice; dueAt: number } {
    const before = digest ?? waiting
    digest = digestNotice(channel, before, held, now)
    if (waiting === undefined) lastDueAt = Math.max(now + firstDigestAfterMs, lastDueAt + digestEveryMs)
    return { notice: digest, dueAt: lastDueAt }
  }

  return { decide, fold }
}

function digestNotice(channel: string, before: Notice | undefined, held: readonly Notice[], now: number): Notice {
  const heldBack = (before?.heldBack ?? 0) + held.length
  const all = before === undefined ? held : [before, ...held]
  return {
    kind: 'digest',
    severity: worstOf(all.map(({ severity }) => severity)),
    incidentKey: before?.incidentKey ?? `digest:${randomUUID()}`,
    title: `${heldBack} messages held back on ${channel}`,
    ...mergedAlerts(all),
    heldBack,
    startedAt: before?.startedAt ?? new Date(now).toISOString(),
  }
}
