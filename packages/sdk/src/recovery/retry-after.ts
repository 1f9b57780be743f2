import { answersIn, chainOf, headerOf, headersIn } from '../errors/error-details.ts'
import { isInstance, propertyOf } from '../unknown-values.ts'

// A number that is no header is read as milliseconds from here on: no server asks to wait 17 minutes in seconds
const millisecondsFrom = 1000

/** Reads a number, or text that is one; never a negative one. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** Milliseconds since 1970 of an HTTP date. */
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

/** Headers: `retry-after-ms` and its relatives, and `Retry-After` (RFC 9110: seconds, or a date, which is read against the answer's own `Date`). */
function inHeaders(headers: unknown, nowMs: number): number | undefined {
  for (const name of inMilliseconds) {
    const exact = milliseconds(headerOf(headers, name))
    if (exact !== undefined) return exact
  }
  const value = headerOf(headers, 'retry-after')
  const date = dateOf(value)
  // Sent twice, as by a server and its proxy, it is a list
  if (date === undefined) return numberOf(typeof value === 'string' ? value.split(',', 1)[0] : value)
  // The clock of the server decides, not ours
  return Math.max(0, (date - (dateOf(headerOf(headers, 'date')) ?? nowMs)) / 1000)
}

/** Properties of the error or of its answer: `retryAfter` and its relatives. */
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
  const text = typeof message === 'string' ? message.slice(0, 20_000) : ''
  return numberOf(/"retryDelay\\{0,9}"\s{0,9}:\s{0,9}\\{0,9}"(\d{1,9}(?:\.\d{1,9})?)s/.exec(text)?.[1])
}

/**
 * Seconds that the answering server asked to wait: by a header of the error or of one that it wraps (`responseHeaders`, `headers`,
 * `response.headers`), by a property such as `retryAfter`, or by Google's RetryInfo in its answer. docs/errors.md has the table.
 */
export function retryAfterSeconds(error: unknown, nowMs: number): number | undefined {
  try {
    return firstAsked(error, nowMs)
  } catch {
    // A value that refuses to be looked at, such as a revoked proxy
    return undefined
  }
}

function firstAsked(error: unknown, nowMs: number): number | undefined {
  for (const inner of chainOf(error)) {
    const answers = answersIn(inner)
    const readers: Iterable<number | undefined>[] = [
      headersIn(inner).map((headers) => inHeaders(headers, nowMs)),
      answers.map((answer) => inProperties(answer, nowMs)),
      answers.map(inRetryInfo),
      [inText(propertyOf(inner, 'message'))],
    ]
    for (const seconds of readers.flatMap((found) => [...found])) if (seconds !== undefined) return seconds
  }
  return undefined
}
