import type { RateLimits } from '../channels/channel.ts'
import type { Bucket, RateLimitStates, Store } from '../outbox/store.ts'

/** How many messages may be sent now, and when the next one may be sent. */
export interface Allowance {
  /** `Infinity` without limits. */
  readonly count: number
  readonly at: number
}

/** Allowance of a token bucket at `now`. */
export function allowance(bucket: Bucket, now: number, limits: RateLimits | undefined): Allowance {
  if (bucket.pausedUntil > now) return { count: 0, at: bucket.pausedUntil }
  if (limits === undefined) return { count: Number.POSITIVE_INFINITY, at: now }
  const { tokens } = refill(bucket, now, limits)
  if (tokens >= 1) return { count: Math.floor(tokens), at: now }
  return { count: 0, at: now + Math.ceil(((1 - tokens) / limits.perSecond) * 1000) }
}

/** The bucket after `count` messages were sent. */
export function take(bucket: Bucket, now: number, limits: RateLimits | undefined, count = 1): Bucket {
  if (limits === undefined) return bucket
  const full = refill(bucket, now, limits)
  return { ...full, tokens: full.tokens - count }
}

function refill(bucket: Bucket, now: number, { perSecond, burst }: RateLimits): Bucket {
  const elapsedMs = Math.max(now - bucket.at, 0)
  return { ...bucket, tokens: Math.min(bucket.tokens + (elapsedMs / 1000) * perSecond, burst), at: now }
}

/** The rate limit of one channel, which survives a restart, and which all bridges of a store share. */
export interface RateLimit {
  /** Reserves up to `wanted` messages. Without any, `at` is when to try again. */
  readonly reserve: (wanted: number) => Promise<Allowance>
  /** Returns messages that were reserved and are not sent. */
  readonly release: (count: number) => Promise<void>
  /** Sends nothing before `until`, because the provider asked for it. Resolves when that is stored, or could not be. */
  readonly pause: (until: number) => Promise<void>
}

/** Options for {@link openRateLimit}. */
export interface RateLimitOptions {
  readonly limits: RateLimits | undefined
  readonly store: RateLimitStates & Pick<Store, 'sharing'>
  readonly now: () => number
  /** A stored pause is at most this long, also if the clock was set back. */
  readonly maxPauseMs: number
}

/** Continues with the stored state of a channel. */
export async function openRateLimit(channel: string, { limits, store, now, maxPauseMs }: RateLimitOptions): Promise<RateLimit> {
  let last = usable(await store.bucket(channel))

  function usable(stored: Bucket | undefined): Bucket {
    if (stored === undefined) return { tokens: limits?.burst ?? 0, at: now(), pausedUntil: 0 }
    return { ...stored, at: Math.min(stored.at, now()), pausedUntil: Math.min(stored.pausedUntil, now() + maxPauseMs) }
  }

  /** Changes the stored state; if it cannot be stored, the change lives as long as this process. */
  async function change(next: (bucket: Bucket) => Bucket): Promise<void> {
    const before = last
    last = await store.changeBucket(channel, (stored) => next(store.sharing ? usable(stored) : before)).catch(() => next(before))
  }

  async function reserve(wanted: number): Promise<Allowance> {
    if (store.sharing) last = usable(await store.bucket(channel))
    let allowed = atMost(allowance(last, now(), limits), wanted)
    if (limits === undefined || allowed.count <= 0) return allowed
    await change((bucket) => {
      const at = now()
      allowed = atMost(allowance(bucket, at, limits), wanted)
      return allowed.count <= 0 ? bucket : take(bucket, at, limits, allowed.count)
    })
    return allowed
  }

  return {
    reserve,
    release: async (count) => {
      if (limits === undefined || count <= 0) return
      await change((bucket) => ({ ...bucket, tokens: Math.min(bucket.tokens + count, limits.burst) }))
    },
    pause: (until) => change((bucket) => ({ ...bucket, pausedUntil: Math.max(bucket.pausedUntil, until) })),
  }
}

function atMost({ count, at }: Allowance, wanted: number): Allowance {
  return { count: Math.min(count, wanted), at }
}
