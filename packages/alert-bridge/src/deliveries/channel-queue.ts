import type { Bucket, ClaimedDelivery } from '../outbox/store.ts'
import type { RoutedChannel } from '../routing.ts'
import { sendDelivery, settleDelivery } from './attempt.ts'
import { channelBreaker } from './channel-breaker.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { allowance, take } from './rate-limit.ts'
import { sortDeliveries } from './sort-deliveries.ts'
import { waker } from './waker.ts'

/** Delivers all that is due on one channel. */
export interface ChannelQueue {
  readonly channel: string
  readonly isBreakerOpen: boolean
  /** Looks whether something is due. */
  readonly wake: () => void
  /** Deliveries on their way. */
  readonly ids: () => string[]
  /** Takes no more; resolves when nothing is on its way. `abort` cuts short what is. */
  readonly stop: (abort: AbortSignal) => Promise<void>
}

/** In a storm, what is not critical is looked at this often and not more: a digest is not written anew for each. */
const maxMergeWaitMs = 100
/** The longest it waits before it looks again, whatever it believes. */
const lookAgainMs = 5_000

export async function openChannelQueue(routed: RoutedChannel, world: DeliveryContext): Promise<ChannelQueue> {
  const { channel } = routed
  const { name } = channel
  const { store, times, checkpoints, now } = world
  const { limits } = channel
  const kept = await store.bucket(name)
  let bucket: Bucket = kept
    ? { ...kept, at: Math.min(kept.at, now()), pausedUntil: Math.min(kept.pausedUntil, now() + times.maxBackoffMs) }
    : { tokens: limits?.burst ?? 0, at: now(), pausedUntil: 0 }
  const onTheWay = new Map<string, Promise<void>>()
  const cut = new AbortController()
  let isStopped = false
  let mergeAgainAt = Number.NEGATIVE_INFINITY
  const sort = sortDeliveries(routed, world)
  const breaker = channelBreaker({
    now,
    probeAfterMs: times.probeAfterMs,
    onOpen: (reason) => world.onChannel(name, reason),
    onClose: () => {
      world.onChannel(name, undefined)
      // drain: what failed meanwhile need not wait for its own time
      store.makeDue(name, now()).then(wake, () => {})
    },
  })
  const { wake, stop: stopWaking } = waker(look)

  /** Starts what may start; gives when to look again. */
  async function look(): Promise<number> {
    for (;;) {
      const at = now()
      const free = channel.concurrency - onTheWay.size
      const allowed = allowance(bucket, at, limits)
      if (isStopped || free <= 0) return lookAgainMs
      if (breaker.state === 'open') return clamp(breaker.probeAt - at)
      if (allowed.count <= 0) return clamp(allowed.at - at)
      const onlyCritical = at < mergeAgainAt
      const dueAt = (await store.nextDueAt(name, onlyCritical)) ?? Number.POSITIVE_INFINITY
      if (dueAt > at) return clamp(Math.min(dueAt, onlyCritical ? mergeAgainAt : dueAt) - at)
      const limit = breaker.state === 'probe' ? 1 : Math.min(free, allowed.count)
      // one whose lease has run out may still be on its way; one that has just been put off is ours again when its end wakes us
      const except = [...onTheWay.keys()]
      const claimed = await store.claimDue({ channel: name, limit, now: at, leaseMs: times.leaseMs, onlyCritical, except })
      if (claimed.length === 0 && onlyCritical) return clamp(mergeAgainAt - at)
      // what is due but cannot be had waits for one of its incident that is on its way, whose end wakes us
      if (claimed.length === 0) return lookAgainMs / 10
      const { sent, isStorm } = await sort(claimed)
      if (isStorm) mergeAgainAt = now() + Math.min(maxMergeWaitMs, times.firstDigestAfterMs / 50)
      for (const delivery of sent) start(delivery)
    }
  }

  function start(delivery: ClaimedDelivery): void {
    if (limits !== undefined) {
      bucket = take(bucket, now(), limits)
      store.saveBucket(name, bucket).catch(() => {})
    }
    const done = deliver(delivery).finally(() => {
      onTheWay.delete(delivery.id)
      wake()
    })
    onTheWay.set(delivery.id, done)
  }

  async function deliver(delivery: ClaimedDelivery): Promise<void> {
    checkpoints.reached('before-send')
    const result = await breaker.watch(() => sendDelivery(channel, delivery, { deadlineMs: times.deadlineMs, stop: cut.signal }))
    checkpoints.reached('after-send')
    const outcome = await settleDelivery(delivery, result, world, cut.signal)
    if (outcome.kind === 'later' && outcome.pauseUntil !== undefined) {
      bucket = { ...bucket, pausedUntil: Math.max(bucket.pausedUntil, outcome.pauseUntil) }
      await store.saveBucket(name, bucket).catch(() => {})
    }
  }

  return {
    channel: name,
    get isBreakerOpen() {
      return breaker.isOpen
    },
    wake,
    ids: () => [...onTheWay.keys()],
    stop: async (abort) => {
      isStopped = true
      const onAbort = (): void => cut.abort()
      if (abort.aborted) onAbort()
      abort.addEventListener('abort', onAbort, { once: true })
      await stopWaking()
      await Promise.allSettled(onTheWay.values())
      abort.removeEventListener('abort', onAbort)
    },
  }
}

function clamp(waitMs: number): number {
  return Math.min(Math.max(waitMs, 1), lookAgainMs)
}
