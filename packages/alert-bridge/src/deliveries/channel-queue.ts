import type { RoutedChannel } from '../routing.ts'
import { sendDelivery, settleDelivery } from './attempt.ts'
import { channelBreaker } from './channel-breaker.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { openRateLimit } from './rate-limit.ts'
import { type OutgoingDelivery, sortDeliveries, type Sorted } from './sort-deliveries.ts'
import { waker } from './waker.ts'

/** Delivers everything that is due on one channel. */
export interface ChannelQueue {
  readonly channel: string
  readonly isBreakerOpen: boolean
  /** Looks for due deliveries. */
  readonly wake: () => void
  /** Starts no more attempts; resolves when none is in progress. `abort` ends the attempts that are. */
  readonly stop: (abort: AbortSignal) => Promise<void>
}

/** During a storm, deliveries that are not critical are claimed at most this often, so that the digest is not rewritten for each. */
const maxMergeWaitMs = 100
/** The longest wait before the queue looks again. */
const lookAgainMs = 5_000

/** Opens the queue of a channel. It starts when it is woken. */
export async function openChannelQueue(routed: RoutedChannel, context: DeliveryContext): Promise<ChannelQueue> {
  const { channel } = routed
  const { name } = channel
  const { store, times, checkpoints, now, pauses } = context
  const rateLimit = await openRateLimit(name, { limits: channel.limits, store, now, maxPauseMs: times.maxBackoffMs })
  const underWay = new Map<string, { readonly ids: readonly string[]; readonly done: Promise<void> }>()
  const abortAttempts = new AbortController()
  let isStopped = false
  let mergeAgainAt = Number.NEGATIVE_INFINITY
  const sort = sortDeliveries(routed, context)
  const breaker = channelBreaker({
    now,
    probeAfterMs: times.probeAfterMs,
    probeMs: 2 * times.deadlineMs,
    shared: store.sharing && { read: () => store.breaker(name), change: (next) => store.changeBreaker(name, next) },
    onOpen: (reason) => context.onChannel(name, reason),
    onClose: () => {
      context.onChannel(name, undefined)
      // deliveries that failed meanwhile need not wait for their own time
      store.makeDue(name, now()).then(
        () => {
          wake()
          store.sharing?.announceWork()
        },
        () => {},
      )
    },
  })
  const { wake, stop: stopWaking } = waker(look)

  /** Starts the attempts that may start; returns the wait until it must look again. */
  async function look(): Promise<number> {
    for (;;) {
      const at = now()
      const free = channel.concurrency - underWay.size
      if (isStopped || free <= 0) return lookAgainMs
      await breaker.refresh()
      if (breaker.state === 'open') return clamp(breaker.probeAt - at)
      const onlyCritical = at < mergeAgainAt
      const dueAt = (await store.nextDueAt(name, onlyCritical)) ?? Number.POSITIVE_INFINITY
      if (dueAt > at) return clamp(Math.min(dueAt, onlyCritical ? mergeAgainAt : dueAt) - at)
      const isProbe = breaker.state === 'probe'
      const allowed = await rateLimit.reserve(isProbe ? 1 : free)
      if (allowed.count <= 0) return clamp(allowed.at - at)
      if (isProbe && !(await breaker.takeProbe())) {
        await rateLimit.release(allowed.count)
        return clamp(breaker.probeAt - at)
      }
      const { claimed, sent } = await claim({ limit: allowed.count, onlyCritical, isProbe })
      if (claimed === 0 && onlyCritical) return clamp(mergeAgainAt - at)
      // a due delivery that cannot be claimed waits for one of its incident that is in progress, whose end wakes the queue
      if (claimed === 0) return lookAgainMs / 10
      for (const delivery of sent) start(delivery)
    }
  }

  interface ClaimOptions {
    readonly limit: number
    readonly onlyCritical: boolean
    readonly isProbe: boolean
  }

  /** Claims due deliveries. Returns their number and those to attempt; leaves to others what it does not use. */
  async function claim({ limit, onlyCritical, isProbe }: ClaimOptions): Promise<{ claimed: number } & Pick<Sorted, 'sent'>> {
    let sent: Sorted['sent'] = []
    try {
      const except = idsUnderWay()
      const startedAt = performance.now()
      // the time after the rate limit was read: when a pause ends, the delivery that was refused is due again and is the oldest
      const claimed = await store.claimDue({ channel: name, limit, now: now(), onlyCritical, except })
      if (claimed.length === 0) return { claimed: 0, sent }
      const sorted = await sort(claimed, except)
      // another bridge may have taken them over while this process was paused; they are claimed again unless one has
      if (pauses.awakeForMs() < performance.now() - startedAt) return { claimed: claimed.length, sent }
      if (sorted.isStorm) mergeAgainAt = now() + Math.min(maxMergeWaitMs, times.firstDigestAfterMs / 50)
      sent = sorted.sent
      return { claimed: claimed.length, sent }
    } finally {
      await rateLimit.release(limit - sent.length)
      if (isProbe && sent.length === 0) await breaker.leaveProbe()
    }
  }

  function idsUnderWay(): string[] {
    return [...underWay.values()].flatMap(({ ids }) => ids)
  }

  function start(delivery: OutgoingDelivery): void {
    const ids = [delivery, ...(delivery.others ?? [])].map(({ id }) => id)
    const done = attempt(delivery).finally(() => {
      underWay.delete(delivery.id)
      wake()
    })
    underWay.set(delivery.id, { ids, done })
  }

  async function attempt(delivery: OutgoingDelivery): Promise<void> {
    const { messageId = delivery.id } = delivery
    const options = { deadlineMs: times.deadlineMs, stop: abortAttempts.signal }
    checkpoints.reached('before-send')
    const result = await breaker.watch(() => sendDelivery(channel, { ...delivery, id: messageId }, options))
    checkpoints.reached('after-send')
    const outcome = await settleDelivery(delivery, result, context, abortAttempts.signal)
    if (outcome.kind === 'later' && outcome.pauseUntil !== undefined) await rateLimit.pause(outcome.pauseUntil)
  }

  return {
    channel: name,
    get isBreakerOpen() {
      return breaker.isOpen
    },
    wake,
    stop: async (abort) => {
      isStopped = true
      const onAbort = (): void => abortAttempts.abort()
      if (abort.aborted) onAbort()
      abort.addEventListener('abort', onAbort, { once: true })
      await stopWaking()
      await Promise.allSettled([...underWay.values()].map(({ done }) => done))
      abort.removeEventListener('abort', onAbort)
    },
  }
}

function clamp(waitMs: number): number {
  return Math.min(Math.max(waitMs, 1), lookAgainMs)
}
