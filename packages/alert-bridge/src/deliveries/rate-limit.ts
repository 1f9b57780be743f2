import type { RateLimits } from '../channels/channel.ts'
import type { Bucket, RateLimitStates } from '../outbox/store.ts'

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

/** The bucket after one message was sent. */
export function take(bucket: Bucket, now: number, limits: RateLimits | undefined): Bucket {
  if (limits === undefined) return bucket
  const full = refill(bucket, now, limits)
  return { ...full, tokens: full.tokens - 1 }
}

function refill(bucket: Bucket, now: number, { perSecond, burst }: RateLimits): Bucket {
  const elapsedMs = Math.max(now - bucket.at, 0)
  return { ...bucket, tokens: Math.min(bucket.tokens + (elapsedMs / 1000) * perSecond, burst), at: now }
}

/** The rate limit of one channel, which survives a restart. */
export interface RateLimit {
  readonly allowance: () => Allowance
  /** Counts one message. */
  readonly take: () => void
  /** Sends nothing before `until`, because the provider asked for it. Resolves when that is stored, or could not be. */
  readonly pause: (until: number) => Promise<void>
}

/** Options for {@link openRateLimit}. */
export interface RateLimitOptions {
  readonly limits: RateLimits | undefined
  readonly store: RateLimitStates
  readonly now: () => number
  /** A stored pause is at most this long, also if the clock was set back. */
  readonly maxPauseMs: number
}

/** Continues with the stored state of a channel. */
export async function openRateLimit(channel: string, { limits, store, now, maxPauseMs }: RateLimitOptions): Promise<RateLimit> {
  const stored = await store.bucket(channel)
  let bucket: Bucket = stored
    ? { ...stored, at: Math.min(stored.at, now()), pausedUntil: Math.min(stored.pausedUntil, now() + maxPauseMs) }
    : { tokens: limits?.burst ?? 0, at: now(), pausedUntil: 0 }

  return {
    allowance: () => allowance(bucket, now(), limits),
    take: () => {
      if (limits === undefined) return
      bucket = take(bucket, now(), limits)
      store.saveBucket(channel, bucket).catch(() => {})
    },
    pause: async (until) => {
      bucket = { ...bucket, pausedUntil: Math.max(bucket.pausedUntil, until) }
      await store.saveBucket(channel, bucket).catch(() => {})
    },
  }
}
