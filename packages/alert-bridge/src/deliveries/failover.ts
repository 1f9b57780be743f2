import { lastResortLine } from '../message/console-lines.ts'
import { lastResortName } from '../metrics/bridge-metrics.ts'
import type { DueFailover, Failover } from '../outbox/store.ts'
import { fallbackRecipients, type RoutedChannel } from '../routing.ts'
import type { DeliveryContext, DeliveryTimes } from './delivery-context.ts'
import { waker, type Waker } from './waker.ts'

/** Next step for a notice that may have reached no one in time. */
export type FailoverDecision =
  | { readonly kind: 'reached' }
  /** No one was reached: deliver to the fallback channels too. */
  | { readonly kind: 'fallback'; readonly further: Failover }
  /** No one was reached, and no channel is left: print the alert on the console. */
  | { readonly kind: 'last-resort' }

/** Decides the next step of a failover. */
export function decideFailover(
  due: DueFailover,
  channels: readonly RoutedChannel[],
  now: number,
  { fallbackAfterMs }: Pick<DeliveryTimes, 'fallbackAfterMs'>,
): FailoverDecision {
  if (due.stage === 'fallback') {
    if (isReached(due, channels)) return { kind: 'reached' }
    const recipients = fallbackRecipients(channels, due.deliveries)
    if (recipients.length > 0) {
      const next = { stage: 'last-resort', at: now + fallbackAfterMs } as const
      return { kind: 'fallback', further: { recipients, next } }
    }
  }
  if (due.deliveries.some(({ state }) => state === 'delivered')) return { kind: 'reached' }
  return { kind: 'last-resort' }
}

/** A delivery to a last resort (the console) counts only if there are no other channels. */
function isReached({ deliveries }: DueFailover, channels: readonly RoutedChannel[]): boolean {
  const lastResorts = new Set(channels.filter(({ channel }) => channel.isLastResort === true).map(({ channel }) => channel.name))
  const counted = deliveries.filter(({ channel }) => !lastResorts.has(channel))
  return (counted.length > 0 ? counted : deliveries).some(({ state }) => state === 'delivered')
}

/** Checks, at the time of each failover, whether someone was reached. Does nothing before it is woken. */
export function startFailovers(
  channels: readonly RoutedChannel[],
  { store, metrics, times, now, write, pauses }: Omit<DeliveryContext, 'onDead'>,
  onNewDeliveries: () => void,
): Waker {
  // new entries need not wake it: it looks again before their time has passed
  const lookAgainMs = Math.min(5_000, times.fallbackAfterMs / 2)
  // after a pause of the process, responses that wait in the sockets are read first
  const settleMs = Math.min(5_000, times.fallbackAfterMs / 3)

  async function look(): Promise<number> {
    const settlesInMs = pauses.wasPaused() ? settleMs - pauses.awakeForMs() : 0
    if (settlesInMs > 0) return settlesInMs
    for (const due of await store.dueFailovers(now())) await failOver(due)
    const next = await store.nextFailoverAt()
    return Math.min(Math.max((next ?? Number.POSITIVE_INFINITY) - now(), 5), lookAgainMs)
  }

  async function failOver(due: DueFailover): Promise<void> {
    const { noticeId, notice, deliveries } = due
    if (await isOver(notice)) return store.failOver(noticeId, { recipients: [] }, now())
    const decision = decideFailover(due, channels, now(), times)
    if (decision.kind === 'fallback') {
      const { further } = decision
      await store.failOver(noticeId, further, now())
      for (const channel of new Set(further.recipients.map((one) => one.channel))) metrics.fallback(channel)
      onNewDeliveries()
      return
    }
    if (decision.kind === 'last-resort') {
      // printed before it is marked: twice is better than never
      write(lastResortLine(noticeId, notice, deliveries))
      metrics.fallback(lastResortName)
    }
    await store.failOver(noticeId, { recipients: [] }, now())
  }

  /** Whether it is a step of an incident that someone has acknowledged, or that has ended. */
  async function isOver({ kind, incidentKey }: DueFailover['notice']): Promise<boolean> {
    return kind === 'escalation' && (await store.incident(incidentKey))?.state !== 'open'
  }

  return waker(look)
}
