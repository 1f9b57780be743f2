import type { Bucket } from '../outbox/store.ts'

export interface BucketLimits {
  readonly perSecond: number
  readonly burst: number
}

/** Slack takes about one message a second and channel, with short bursts; more makes it hide messages or disable the app. */
export const slackLimits: BucketLimits = { perSecond: 1, burst: 5 }

/** How many may go now, and when the next one may; `Infinity` without limits. */
export interface Allowance {
  readonly count: number
  readonly at: number
}

/** The bucket as it is at `now`. */
function refill(bucket: Bucket, now: number, { perSecond, burst }: BucketLimits): Bucket {
  const elapsedMs = Math.max(now - bucket.at, 0)
  return { ...bucket, tokens: Math.min(bucket.tokens + (elapsedMs / 1000) * perSecond, burst), at: now }
}

export function allowance(bucket: Bucket, now: number, limits: BucketLimits | undefined): Allowance {
  if (bucket.pausedUntil > now) return { count: 0, at: bucket.pausedUntil }
  if (limits === undefined) return { count: Number.POSITIVE_INFINITY, at: now }
  const { tokens } = refill(bucket, now, limits)
  if (tokens >= 1) return { count: Math.floor(tokens), at: now }
  return { count: 0, at: now + Math.ceil(((1 - tokens) / limits.perSecond) * 1000) }
}

/** After one message was sent. */
export function take(bucket: Bucket, now: number, limits: BucketLimits | undefined): Bucket {
  if (limits === undefined) return bucket
  const full = refill(bucket, now, limits)
  return { ...full, tokens: full.tokens - 1 }
}
