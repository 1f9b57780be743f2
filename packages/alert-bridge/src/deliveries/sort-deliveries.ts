import { randomUUID } from 'node:crypto'

import type { ClaimedDelivery, Recipient } from '../outbox/store.ts'
import { quietUntil, type RoutedChannel } from '../routing.ts'
import { isEndOfUnknown, summaryNotice } from './combined-notices.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { watchStorm, type Storm } from './storm.ts'

/** Decides which claimed deliveries are sent now, and stores the others: for the end of quiet hours, in a digest, or in a summary. */
export type SortDeliveries = (claimed: readonly ClaimedDelivery[]) => Promise<Sorted>

/** Result of {@link SortDeliveries}. */
export interface Sorted {
  /** Deliveries to attempt now. */
  readonly sent: readonly ClaimedDelivery[]
  /** Whether a storm held deliveries back. */
  readonly isStorm: boolean
}

/** At most this many deliveries are merged at once; with more, new entries would wait for the disk. */
const maxInMerge = 200

/** `ended`: its alerts fired and ended before the recipient was notified of them. */
type Decision = 'send' | 'hold' | 'ended' | { readonly quietUntil: number }

/** Sorts the deliveries of one channel. */
export function sortDeliveries({ channel, quietHours }: RoutedChannel, context: DeliveryContext): SortDeliveries {
  const { store, now, times } = context
  const storms = new Map<string, Storm>()
  const { name, hasIncidents = false } = channel

  function stormOf(recipient: string): Storm {
    const storm = storms.get(recipient) ?? watchStorm(name, times)
    storms.set(recipient, storm)
    return storm
  }

  function decide(delivery: ClaimedDelivery): Decision {
    const quiet = quietUntil(delivery.notice, quietHours, now())
    if (quiet !== undefined) return { quietUntil: quiet }
    if (isEndOfUnknown(delivery)) return 'ended'
    if (hasIncidents && delivery.notice.kind === 'resolved') return 'send'
    return stormOf(delivery.recipient).decide(delivery, now())
  }

  return async (claimed) => {
    const sorted: Batches = { sent: [], ended: [], held: [], quiet: [] }
    const add = (deliveries: readonly ClaimedDelivery[]): void => {
      for (const delivery of deliveries) {
        const decision = decide(delivery)
        if (decision === 'send') sorted.sent.push(delivery)
        else if (decision === 'ended') sorted.ended.push(delivery)
        else if (decision === 'hold') sorted.held.push(delivery)
        else sorted.quiet.push({ id: delivery.id, dueAt: decision.quietUntil })
      }
    }
    add(claimed)
    // the whole digest is written again with each addition, so deliveries are added in batches
    for (const recipient of recipientsOf(sorted.held)) {
      const claim = { channel: name, recipient, limit: maxInMerge, now: now(), leaseMs: times.leaseMs, exceptEnds: hasIncidents }
      add(await store.claimHoldable(claim))
    }
    await Promise.all(sorted.quiet.map(({ id, dueAt }) => store.reschedule(id, { dueAt, held: 'quiet-hours', tried: false })))
    for (const recipient of recipientsOf(sorted.ended)) {
      await mergeIntoSummary(only(sorted.ended, recipient), { channel: name, recipient }, context)
    }
    for (const recipient of recipientsOf(sorted.held)) {
      await mergeIntoDigest(only(sorted.held, recipient), { channel: name, recipient }, stormOf(recipient), context)
    }
    return { sent: sorted.sent, isStorm: sorted.held.length > 0 }
  }
}

interface Batches {
  readonly sent: ClaimedDelivery[]
  readonly ended: ClaimedDelivery[]
  readonly held: ClaimedDelivery[]
  readonly quiet: { readonly id: string; readonly dueAt: number }[]
}

function recipientsOf(deliveries: readonly ClaimedDelivery[]): string[] {
  return [...new Set(deliveries.map(({ recipient }) => recipient))]
}

function only(deliveries: readonly ClaimedDelivery[], recipient: string): ClaimedDelivery[] {
  return deliveries.filter((delivery) => delivery.recipient === recipient)
}

/** At most this many deliveries become one summary at once. */
const maxInSummary = 500

/** Adds deliveries that a storm holds back to the digest. */
async function mergeIntoDigest(
  held: readonly ClaimedDelivery[],
  to: Recipient,
  storm: Storm,
  { store, metrics, now }: DeliveryContext,
): Promise<void> {
  const waiting = await store.pendingDigest(to)
  const at = now()
  const notices = held.map((one) => one.notice)
  const { notice, dueAt } = storm.digest(notices, waiting?.notice, at)
  const ids = held.map(({ id }) => id)
  await store.merge({ ids, into: { ...to, id: waiting?.id ?? randomUUID(), notice, dueAt }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}

/** Makes one summary of deliveries whose alerts ended before the recipient was notified, and of all others like them. */
async function mergeIntoSummary(
  ended: readonly ClaimedDelivery[],
  to: Recipient,
  { store, metrics, now, times }: DeliveryContext,
): Promise<void> {
  const at = now()
  const others = await store.claimOvertaken({ ...to, limit: maxInSummary, now: at, leaseMs: times.leaseMs })
  const id = randomUUID()
  const all = [...ended, ...others]
  const ids = all.map((one) => one.id)
  await store.merge({ ids, into: { ...to, id, notice: summaryNotice(all, id), dueAt: at }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}
