import type { RoutedChannel } from '../routing.ts'
import { openChannelQueue, type ChannelQueue } from './channel-queue.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { startFailovers } from './failover.ts'

/** Delivers what is in the outbox. */
export interface Dispatcher {
  /** Looks for new deliveries. */
  readonly wakeQueues: () => void
  /** Looks for new deliveries and for failovers. */
  readonly wake: () => void
  readonly openBreakers: () => { channel: string; isOpen: boolean }[]
  /** Starts no more attempts, and aborts those in progress after `graceMs`. */
  readonly stop: () => Promise<void>
}

/** Opens a queue for each channel and starts the failovers. */
export async function startDispatcher(
  channels: readonly RoutedChannel[],
  given: Omit<DeliveryContext, 'onDead'>,
): Promise<Dispatcher> {
  const { times } = given
  const failovers = startFailovers(channels, given, () => wakeQueues())
  const context = { ...given, onDead: failovers.wake }
  const queues: readonly ChannelQueue[] = await Promise.all(channels.map((channel) => openChannelQueue(channel, context)))

  function wakeQueues(): void {
    for (const queue of queues) queue.wake()
  }

  function wake(): void {
    wakeQueues()
    failovers.wake()
  }

  wake()
  return {
    wakeQueues,
    wake,
    openBreakers: () => queues.map(({ channel, isBreakerOpen }) => ({ channel, isOpen: isBreakerOpen })),
    stop: async () => {
      const abort = new AbortController()
      const timer = setTimeout(() => abort.abort(), times.graceMs)
      await Promise.all([...queues.map((queue) => queue.stop(abort.signal)), failovers.stop()])
      clearTimeout(timer)
    },
  }
}
