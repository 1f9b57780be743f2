import { lastResortLine } from '../message/console-lines.ts'
import { lastResortName } from '../metrics/bridge-metrics.ts'
import type { DueEscalation } from '../outbox/store.ts'
import type { RoutedChannel } from '../routing.ts'
import { type ChannelQueue, openChannelQueue } from './channel-queue.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { decideEscalation } from './escalation.ts'
import { waker } from './waker.ts'

/** Delivers what is in the store. */
export interface Dispatcher {
  /** Something new is in the store. */
  readonly wakeQueues: () => void
  /** Looks at everything anew. */
  readonly wake: () => void
  readonly openBreakers: () => { channel: string; isOpen: boolean }[]
  /** Takes no more, and gives those on their way `graceMs`. */
  readonly stop: () => Promise<void>
}

export async function startDispatcher(
  channels: readonly RoutedChannel[],
  world: Omit<DeliveryContext, 'onDead'>,
): Promise<Dispatcher> {
  const { store, metrics, times, now, write, pauses } = world
  // so what comes in need not wake it: it is seen before its time is up
  const lookAgainMs = Math.min(5_000, times.fallbackAfterMs / 2)
  // after a pause the answers that wait in the sockets are read first
  const settleMs = Math.min(5_000, times.fallbackAfterMs / 3)
  const escalations = waker(lookForEscalations)
  const context = { ...world, onDead: escalations.wake }
  const queues: readonly ChannelQueue[] = await Promise.all(channels.map((channel) => openChannelQueue(channel, context)))
  const renewal = setInterval(renewLeases, times.leaseMs / 3)

  async function lookForEscalations(): Promise<number> {
    const settlesInMs = pauses.wasPaused() ? settleMs - pauses.awakeForMs() : 0
    if (settlesInMs > 0) return settlesInMs
    const due = await store.dueEscalations(now())
    for (const one of due) await escalate(one)
    const next = await store.nextEscalationAt()
    return Math.min(Math.max((next ?? Number.POSITIVE_INFINITY) - now(), 5), lookAgainMs)
  }

  async function escalate(due: DueEscalation): Promise<void> {
    const { noticeId, notice, deliveries } = due
    const decision = decideEscalation(due, channels, now(), times)
    if (decision.kind === 'fallback') {
      const { escalated } = decision
      await store.escalate(noticeId, escalated, now())
      for (const channel of new Set(escalated.recipients.map((one) => one.channel))) metrics.fallback(channel)
      wakeQueues()
      return
    }
    if (decision.kind === 'last-resort') {
      // said before it is marked: twice is better than never
      write(lastResortLine(noticeId, notice, deliveries))
      metrics.fallback(lastResortName)
    }
    await store.escalate(noticeId, { recipients: [] }, now())
  }

  function renewLeases(): void {
    const ids = queues.flatMap((queue) => queue.ids())
    // a lease that runs out is no harm as long as this process lives: it only makes the store ask once more
    if (ids.length > 0) store.renewLeases(ids, now() + times.leaseMs).catch(() => {})
  }

  function wakeQueues(): void {
    for (const queue of queues) queue.wake()
  }

  function wake(): void {
    wakeQueues()
    escalations.wake()
  }

  wake()
  return {
    wakeQueues,
    wake,
    openBreakers: () => queues.map(({ channel, isBreakerOpen }) => ({ channel, isOpen: isBreakerOpen })),
    stop: async () => {
      const abort = new AbortController()
      const timer = setTimeout(() => abort.abort(), times.graceMs)
      await Promise.all([...queues.map((queue) => queue.stop(abort.signal)), escalations.stop()])
      clearTimeout(timer)
      clearInterval(renewal)
    },
  }
}
