import type { RateLimits } from '../channels/channel.ts'
import type { Bucket } from '../outbox/store.ts'

/** How many may go now, and when the next one may; `Infinity` without limits. */
export interface Allowance {
  readonly count: number
  readonly at: number
}

/** The bucket as it is at `now`. */
function refill(bucket: Bucket, now: number, { perSecond, burst }: RateLimits): Bucket {
  const elapsedMs = Math.max(now - bucket.at, 0)
  return { ...bucket, tokens: Math.min(bucket.tokens + (elapsedMs / 1000) * perSecond, burst), at: now }
}

export function allowance(bucket: Bucket, now: number, limits: RateLimits | undefined): Allowance {
  if (bucket.pausedUntil > now) return { count: 0, at: bucket.pausedUntil }
  if (limits === undefined) return { count: Number.POSITIVE_INFINITY, at: now }
  const { tokens } = refill(bucket, now, limits)
  if (tokens >= 1) return { count: Math.floor(tokens), at: now }
  return { count: 0, at: now + Math.ceil(((1 - tokens) / limits.perSecond) * 1000) }
}

/** After one message was sent. */
export function take(bucket: Bucket, now: number, limits: RateLimits | undefined): Bucket {
  if (limits === undefined) return bucket
  const full = refill(bucket, now, limits)
  return { ...full, tokens: full.tokens - 1 }
}
