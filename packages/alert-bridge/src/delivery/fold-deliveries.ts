import { randomUUID } from 'node:crypto'

import type { ClaimedDelivery, Recipient } from '../store/stored-delivery.ts'
import type { LaneWorld } from './lane-world.ts'
import type { Storm } from './storm.ts'
import { summaryNotice } from './summary-notice.ts'

/** So many are made into one summary at once. */
const mostInSummary = 500

/** Puts what a storm holds back into the digest. */
export async function foldIntoDigest(
  held: readonly ClaimedDelivery[],
  to: Recipient,
  storm: Storm,
  world: LaneWorld,
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
export async function foldIntoSummary(over: readonly ClaimedDelivery[], to: Recipient, world: LaneWorld): Promise<void> {
  const { store, metrics, now, times } = world
  const at = now()
  const others = await store.claimOvertaken({ ...to, limit: mostInSummary, now: at, leaseMs: times.leaseMs })
  const id = randomUUID()
  const all = [...over, ...others]
  const ids = all.map((one) => one.id)
  await store.merge({ ids, into: { ...to, id, notice: summaryNotice(all, id), dueAt: at }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}
