import { randomUUID } from 'node:crypto'

import type { ClaimedDelivery, Recipient } from '../outbox/store.ts'
import { quietUntil, type RoutedChannel } from '../routing.ts'
import { isEndOfUnknown, summaryNotice } from './combined-notices.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { type Storm, watchStorm } from './storm.ts'

/** Takes out of what was claimed what must not go now: quiet hours, a storm, something that is over. */
export type SortDeliveries = (claimed: readonly ClaimedDelivery[]) => Promise<Sorted>

export interface Sorted {
  /** What may go. */
  readonly sent: readonly ClaimedDelivery[]
  /** Whether a storm held something back. */
  readonly isStorm: boolean
}

/** So many are folded into a digest at once; more would keep what comes in waiting for the disk. */
const maxInMerge = 200

type Way = 'send' | 'hold' | 'over' | { readonly quietUntil: number }

export function sortDeliveries({ channel, quietHours }: RoutedChannel, world: DeliveryContext): SortDeliveries {
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
    if (isEndOfUnknown(delivery)) return 'over'
    return stormOf(delivery.recipient).decide(delivery, now())
  }

  return async (claimed) => {
    const batches: Batches = { sent: [], over: [], held: [], quiet: [] }
    const pile = (some: readonly ClaimedDelivery[]): void => {
      for (const delivery of some) {
        const way = wayOf(delivery)
        if (way === 'send') batches.sent.push(delivery)
        else if (way === 'over') batches.over.push(delivery)
        else if (way === 'hold') batches.held.push(delivery)
        else batches.quiet.push({ id: delivery.id, dueAt: way.quietUntil })
      }
    }
    pile(claimed)
    // a digest is written anew whenever something is added, so many are added at once
    for (const recipient of recipientsOf(batches.held)) {
      pile(await store.claimHoldable({ channel: name, recipient, limit: maxInMerge, now: now(), leaseMs: times.leaseMs }))
    }
    await Promise.all(batches.quiet.map(({ id, dueAt }) => store.reschedule(id, { dueAt, held: 'quiet-hours', tried: false })))
    for (const recipient of recipientsOf(batches.over)) {
      await mergeIntoSummary(only(batches.over, recipient), { channel: name, recipient }, world)
    }
    for (const recipient of recipientsOf(batches.held)) {
      await mergeIntoDigest(only(batches.held, recipient), { channel: name, recipient }, stormOf(recipient), world)
    }
    return { sent: batches.sent, isStorm: batches.held.length > 0 }
  }
}

interface Batches {
  readonly sent: ClaimedDelivery[]
  readonly over: ClaimedDelivery[]
  readonly held: ClaimedDelivery[]
  readonly quiet: { readonly id: string; readonly dueAt: number }[]
}

function recipientsOf(pile: readonly ClaimedDelivery[]): string[] {
  return [...new Set(pile.map(({ recipient }) => recipient))]
}

function only(pile: readonly ClaimedDelivery[], recipient: string): ClaimedDelivery[] {
  return pile.filter((delivery) => delivery.recipient === recipient)
}

/** So many are made into one summary at once. */
const maxInSummary = 500

/** Puts what a storm holds back into the digest. */
async function mergeIntoDigest(
  held: readonly ClaimedDelivery[],
  to: Recipient,
  storm: Storm,
  world: DeliveryContext,
): Promise<void> {
  const { store, metrics, now } = world
  const waiting = await store.pendingDigest(to)
  const at = now()
  const { notice, dueAt } = storm.fold(
    held.map((one) => one.notice),
    waiting?.notice,
    at,
  )
  const ids = held.map(({ id }) => id)
  await store.merge({ ids, into: { ...to, id: waiting?.id ?? randomUUID(), notice, dueAt }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}

/** Makes one summary of deliveries that tell only the end of something untold, and of all others like them. */
async function mergeIntoSummary(over: readonly ClaimedDelivery[], to: Recipient, world: DeliveryContext): Promise<void> {
  const { store, metrics, now, times } = world
  const at = now()
  const others = await store.claimOvertaken({ ...to, limit: maxInSummary, now: at, leaseMs: times.leaseMs })
  const id = randomUUID()
  const all = [...over, ...others]
  const ids = all.map((one) => one.id)
  await store.merge({ ids, into: { ...to, id, notice: summaryNotice(all, id), dueAt: at }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}
