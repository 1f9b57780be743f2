import { quietUntil } from '../routing/quiet-until.ts'
import type { RoutedChannel } from '../routing/routed-channel.ts'
import type { ClaimedDelivery } from '../store/stored-delivery.ts'
import { foldIntoDigest, foldIntoSummary } from './fold-deliveries.ts'
import type { LaneWorld } from './lane-world.ts'
import { watchStorm, type Storm } from './storm.ts'
import { isOverUntold } from './summary-notice.ts'

/** Takes out of what was claimed what must not go now: quiet hours, a storm, something that is over. Gives the rest. */
export type SortClaimed = (claimed: readonly ClaimedDelivery[]) => Promise<ClaimedDelivery[]>

type Way = 'send' | 'hold' | 'over' | { readonly quietUntil: number }

export function sortClaimed({ channel, quietHours }: RoutedChannel, world: LaneWorld): SortClaimed {
  const { store, now, times } = world
  const storms = new Map<string, Storm>()
  const { name } = channel

  function stormOf(recipient: string): Storm {
    const storm = storms.get(recipient) ?? watchStorm(name, times)
    storms.set(recipient, storm)
    return storm
  }

  function wayOf(delivery: ClaimedDelivery): Way {
    const quiet = quietUntil(delivery.notice, quietHours, now())
    if (quiet !== undefined) return { quietUntil: quiet }
    if (isOverUntold(delivery)) return 'over'
    return stormOf(delivery.recipient).decide(delivery, now())
  }

  return async (claimed) => {
    const sent: ClaimedDelivery[] = []
    const [over, held] = [new Map<string, ClaimedDelivery[]>(), new Map<string, ClaimedDelivery[]>()]
    for (const delivery of claimed) {
      const way = wayOf(delivery)
      if (way === 'send') sent.push(delivery)
      else if (way === 'over') over.set(delivery.recipient, [...(over.get(delivery.recipient) ?? []), delivery])
      else if (way === 'hold') held.set(delivery.recipient, [...(held.get(delivery.recipient) ?? []), delivery])
      else await store.reschedule(delivery.id, { dueAt: way.quietUntil, held: 'quiet-hours', tried: false })
    }
    for (const [recipient, some] of over) await foldIntoSummary(some, { channel: name, recipient }, world)
    for (const [recipient, some] of held) {
      await foldIntoDigest(some, { channel: name, recipient }, stormOf(recipient), world)
    }
    return sent
  }
}
