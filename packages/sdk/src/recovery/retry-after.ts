import { answersIn, chainOf, headerOf, headersIn, httpStatus } from '../errors/error-details.ts'
import { rateLimitsIn, resetWaitSeconds } from '../provider/rate-limits.ts'
import { isAmount, isInstance, propertyOf } from '../unknown-values.ts'

/**
 * Returns the seconds that the server asked to wait: in a header of the error or of one that it wraps (`responseHeaders`, `headers`,
 * `response.headers`), in a property such as `retryAfter`, or in Google's RetryInfo of its response. docs/errors.md has the table.
 */
export function retryAfterSeconds(error: unknown, nowMs: number): number | undefined {
  try {
    for (const inner of chainOf(error)) {
      const answers = answersIn(inner)
      const asked = [
        ...headersIn(inner).map((headers) => inHeaders(headers, nowMs)),
        ...answers.map((answer) => inProperties(answer, nowMs)),
        ...answers.map(inRetryInfo),
        inText(propertyOf(inner, 'message')),
      ].find((seconds) => seconds !== undefined)
      if (asked !== undefined) return asked
    }
  } catch {
    // A value that throws when it is read, such as a revoked proxy: nothing is known about it
  }
  return undefined
}

/** Returns {@link retryAfterSeconds}, or the seconds until the used-up quotas in the rate-limit headers of the error reset, at most 60. */
export function serverWaitSeconds(error: unknown, nowMs: number): number | undefined {
  const asked = retryAfterSeconds(error, nowMs)
  if (asked !== undefined) return asked
  try {
    const limits = chainOf(error)
      .flatMap(headersIn)
      .flatMap((headers) => rateLimitsIn(headers, nowMs))
    return limits.length === 0 ? undefined : resetWaitSeconds(limits, httpStatus(error))
  } catch {
    return undefined
  }
}

// A property from this number on is in milliseconds: no server asks to wait 17 minutes in seconds
const millisecondsFrom = 1000

/** Returns a number >= 0, which may be text. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return isAmount(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** Returns the milliseconds since 1970 of an HTTP date. */
function dateOf(value: unknown): number | undefined {
  if (isInstance(value, Date)) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  const date = typeof value === 'string' && /[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}

const milliseconds = (value: unknown): number | undefined => {
  const number = numberOf(value)
  return number === undefined ? undefined : number / 1000
}

const inMilliseconds = ['retry-after-ms', 'x-ms-retry-after-ms', 'grpc-retry-pushback-ms']

/** Headers: `retry-after-ms` and similar ones, and `Retry-After` (RFC 9110: seconds, or a date that is compared with the response's own `Date`). */
function inHeaders(headers: unknown, nowMs: number): number | undefined {
  for (const name of inMilliseconds) {
    const exact = milliseconds(headerOf(headers, name))
    if (exact !== undefined) return exact
  }
  const value = headerOf(headers, 'retry-after')
  const date = dateOf(value)
  // If a server and its proxy both send it, it is a list
  if (date === undefined) return numberOf(typeof value === 'string' ? value.split(',', 1)[0] : value)
  // Compared with the server's clock, not with that of this process
  return Math.max(0, (date - (dateOf(headerOf(headers, 'date')) ?? nowMs)) / 1000)
}

/** Properties of the error or of its response: `retryAfter` and similar ones. */
function inProperties(value: unknown, nowMs: number): number | undefined {
  const exact = milliseconds(
    ['retryAfterMs', 'retry_after_ms', 'retryAfterInMs', 'retryAfterInMilliseconds', 'msBeforeNext']
      .map((key) => propertyOf(value, key))
      .find((each) => each !== undefined && each !== null),
  )
  if (exact !== undefined) return exact
  const asked = ['retryAfter', 'retry_after', 'retryAfterSeconds', 'retryAfterHint'].map((key) => propertyOf(value, key))
  const parameters = propertyOf(value, 'parameters')
  const found = [...asked, propertyOf(parameters, 'retry_after')].find((each) => each !== undefined && each !== null)
  const date = dateOf(found)
  if (date !== undefined) return Math.max(0, (date - nowMs) / 1000)
  const number = numberOf(found)
  if (number === undefined) return undefined
  // RateLimitError of discord.js, by its other fields
  const name = propertyOf(value, 'name')
  const isMilliseconds =
    typeof propertyOf(value, 'timeToReset') === 'number' || (typeof name === 'string' && name.startsWith('RateLimitError['))
  return isMilliseconds || (typeof found === 'number' && number >= millisecondsFrom) ? number / 1000 : number
}

/** Google's RetryInfo: `"20s"`, or seconds and nanoseconds. */
function inRetryInfo(detail: unknown): number | undefined {
  const delay = propertyOf(detail, 'retryDelay')
  if (typeof delay === 'string') return numberOf(delay.trim().replace(/s$/, ''))
  // A 64-bit number of protobuf is an object
  const whole = propertyOf(delay, 'seconds')
  const seconds = numberOf(propertyOf(whole, 'low') ?? whole)
  return seconds === undefined ? undefined : seconds + (numberOf(propertyOf(delay, 'nanos')) ?? 0) / 1e9
}

/** RetryInfo in a message that is more than JSON, or JSON within JSON. */
function inText(message: unknown): number | undefined {
  if (typeof message !== 'string') return undefined
  return numberOf(/"retryDelay\\{0,9}"\s{0,9}:\s{0,9}\\{0,9}"(\d{1,9}(?:\.\d{1,9})?)s/.exec(message.slice(0, 20_000))?.[1])
}
