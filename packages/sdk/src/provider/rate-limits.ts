import { headerOf } from '../errors/error-details.ts'
import { isObject, propertyOf } from '../unknown-values.ts'

/** Quotas that rate-limit headers describe, as the label `quota` has them. */
export const quotas = [
  'requests',
  'tokens',
  'input_tokens',
  'output_tokens',
  'requests_day',
  'tokens_day',
  'requests_hour',
  'tokens_hour',
  'requests_minute',
  'tokens_minute',
] as const
/** One of {@link quotas}. */
export type Quota = (typeof quotas)[number]

/** State of a quota as a response describes it. */
export interface RateLimit {
  readonly quota: Quota
  readonly limit: number | undefined
  readonly remaining: number | undefined
  /** Seconds until the quota is full again. */
  readonly resetSeconds: number | undefined
}

/** The longest wait that is derived from a reset: it is the time until a quota is full, and one call needs only a part of it. */
const longestResetSeconds = 60
const maxHeaders = 400

interface QuotaHeaders {
  readonly quota: Quota
  readonly limit: string
  readonly remaining: string
  readonly reset: string
}

/** `x-ratelimit-remaining` and the like, which name no quota: OpenRouter, gateways, and RateLimit headers for HTTP count requests. */
const plainHeaders = (quota: Quota, prefix: string): QuotaHeaders => ({
  quota,
  limit: `${prefix}-limit`,
  remaining: `${prefix}-remaining`,
  reset: `${prefix}-reset`,
})

/**
 * `x-ratelimit-remaining-requests` of OpenAI and others, `anthropic-ratelimit-requests-remaining`, and those of Mistral: `req` for
 * requests, and `ratelimitbysize-reset` for the tokens of a minute.
 */
const quotaHeaders: readonly QuotaHeaders[] = quotas.flatMap((quota) => {
  const word = quota.replaceAll('_', '-')
  return [
    ...(quota === 'requests' ? [plainHeaders(quota, 'x-ratelimit'), plainHeaders(quota, 'ratelimit')] : []),
    ...(quota === 'tokens_minute' ? [plainHeaders(quota, 'ratelimitbysize'), plainHeaders(quota, 'x-ratelimitbysize')] : []),
    ...(quota.startsWith('requests_')
      ? [
          {
            quota,
            limit: `x-ratelimit-limit-req${word.slice('requests'.length)}`,
            remaining: `x-ratelimit-remaining-req${word.slice('requests'.length)}`,
            reset: `x-ratelimit-reset-req${word.slice('requests'.length)}`,
          },
        ]
      : []),
    {
      quota,
      limit: `x-ratelimit-limit-${word}`,
      remaining: `x-ratelimit-remaining-${word}`,
      reset: `x-ratelimit-reset-${word}`,
    },
    {
      quota,
      limit: `anthropic-ratelimit-${word}-limit`,
      remaining: `anthropic-ratelimit-${word}-remaining`,
      reset: `anthropic-ratelimit-${word}-reset`,
    },
  ]
})

/** Returns the quotas that the headers of a response describe: as an error or the wire has them. */
export function rateLimitsIn(headers: unknown, nowMs: number): RateLimit[] {
  const found = new Map<Quota, RateLimit>()
  const read = readerOf(headers)
  if (!read) return []
  for (const { quota, ...names } of quotaHeaders) {
    const known = found.get(quota)
    const limit = known?.limit ?? amountOf(read(names.limit))
    const remaining = known?.remaining ?? amountOf(read(names.remaining))
    const resetSeconds = known?.resetSeconds ?? secondsUntil(read(names.reset), nowMs)
    if (limit !== undefined || remaining !== undefined || resetSeconds !== undefined)
      found.set(quota, { quota, limit, remaining, resetSeconds })
  }
  return [...found.values()]
}

/**
 * Returns the seconds to wait until used-up quotas have calls again, at most 60: the longest reset of the quotas without remaining calls;
 * after a 429 without one, the shortest reset. Undefined if no call has to wait.
 */
export function resetWaitSeconds(limits: readonly RateLimit[], status: number | undefined): number | undefined {
  const usedUp = limits.filter(({ remaining }) => remaining === 0).map(({ resetSeconds }) => resetSeconds)
  const known = usedUp.filter((seconds) => seconds !== undefined)
  if (known.length > 0) return Math.min(Math.max(...known), longestResetSeconds)
  if (status !== 429 || usedUp.length > 0) return undefined
  const resets = limits.map(({ resetSeconds }) => resetSeconds).filter((seconds) => seconds !== undefined)
  return resets.length === 0 ? undefined : Math.min(...resets, longestResetSeconds)
}

/** Returns how a header is read; undefined if there is no rate limit, as in most responses. */
function readerOf(headers: unknown): ((name: string) => unknown) | undefined {
  if (!isObject(headers)) return undefined
  if (Array.isArray(headers) || typeof propertyOf(headers, 'get') === 'function') return (name) => headerOf(headers, name)
  const entries = Object.entries(headers).slice(0, maxHeaders)
  const found = entries.filter(([name]) => /ratelimit/i.test(name)).map(([name, value]) => [name.toLowerCase(), value] as const)
  const byName = new Map<string, unknown>(found)
  return byName.size === 0 ? undefined : (name) => byName.get(name)
}

function amountOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 && value < Infinity ? value : undefined
  return typeof value === 'string' && /^\d{1,15}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : undefined
}

const unitSeconds: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, ns: 1e-9 }

/** Seconds until a reset: `1s`, `6m0s`, `20ms`, `12.5`, or a time in RFC 3339. */
function secondsUntil(value: unknown, nowMs: number): number | undefined {
  if (typeof value !== 'string' || value.length > 60) return amountOf(value)
  const text = value.trim()
  const plain = amountOf(text)
  // A large number is a time in seconds since 1970; a larger one, as OpenRouter has it, in milliseconds
  if (plain !== undefined && plain > 1e11) return Math.max(0, (plain - nowMs) / 1000)
  if (plain !== undefined) return plain > 1e9 ? Math.max(0, plain - nowMs / 1000) : plain
  if (/^\d{4}-\d\d-\d\dT/.test(text)) {
    const atMs = Date.parse(text)
    return Number.isNaN(atMs) ? undefined : Math.max(0, (atMs - nowMs) / 1000)
  }
  if (!/^(\d+(\.\d+)?(d|h|ms|us|ns|m|s))+$/.test(text)) return undefined
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|us|ns|m|s)/g))
    seconds += Number(amount) * unitSeconds[unit!]!
  return seconds
}
