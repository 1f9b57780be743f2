import { answersIn, chainOf, headerOf, headersIn, httpStatus } from '../errors/error-details.ts'
import { isRetryable, hasVerdict, isUnusableAnswer } from '../errors/error-type.ts'
import { isAmount, isInstance, propertyOf } from '../unknown-values.ts'
import type { EffectiveRecovery } from './settings.ts'

/** A failed attempt. */
export interface FailedAttempt {
  readonly error: unknown
  /** Its number, from 1. */
  readonly attempt: number
  /** Seconds since the run began. */
  readonly elapsedSeconds: number
  /** Milliseconds since 1970, to read a `Retry-After` date. */
  readonly wallClockMs: number
  /** Errors of the earlier attempts, oldest first. @default none */
  readonly earlierErrors?: readonly unknown[]
  /** Answer of a server that ended the attempt's last model call, if it failed: many clients throw an error without it. */
  readonly modelFailure?: ModelFailure | undefined
}

/** Status and headers of a failed model call. */
export interface ModelFailure {
  readonly status: number
  /** The headers from which a wait is read: `retry-after`, `retry-after-ms`, `x-should-retry`, `date`. */
  readonly headers: Readonly<Record<string, string>>
}

/** Decision after a failed attempt: wait and retry, or give up, and the reason. */
export type NextStep =
  | { readonly retry: true; readonly waitSeconds: number }
  | { readonly retry: false; readonly outcome: 'exhausted' | 'not_retryable'; readonly because?: string }

/** Decides whether another attempt follows a failed one, and after which wait. Has no side effects. */
export function nextStep(failed: FailedAttempt, settings: EffectiveRecovery, random: () => number = Math.random): NextStep {
  const { error, attempt, elapsedSeconds, modelFailure, earlierErrors } = failed
  const reason = modelFailure && !hasVerdict(error) ? modelFailure : error
  const worthRetrying: unknown = settings.retryIf ? settings.retryIf(error, attempt) : isRetryable(reason)
  // A promise would always count as true, and no one awaits it
  if (worthRetrying instanceof Promise) {
    worthRetrying.catch(() => {})
    throw new TypeError('retryIf must return a boolean, not a promise')
  }
  if (!worthRetrying) return { retry: false, outcome: 'not_retryable' }
  if (!settings.retryIf && isUnusableAnswer(error) && earlierErrors?.some(isUnusableAnswer)) {
    return { retry: false, outcome: 'not_retryable', because: 'the answer of the model was unusable twice' }
  }
  if (attempt > settings.maxRetries) return { retry: false, outcome: 'exhausted' }

  const asked = askedSeconds(failed) ?? 0
  if (asked > settings.maxRetryAfterSeconds) {
    const because = `Retry-After of ${round(asked)} s is longer than maxRetryAfterSeconds ${settings.maxRetryAfterSeconds}`
    return { retry: false, outcome: 'not_retryable', because }
  }
  const waitSeconds = Math.max(asked, retryDelaySeconds(attempt, settings, random))
  const { totalTimeoutSeconds = Number.POSITIVE_INFINITY } = settings
  if (elapsedSeconds + waitSeconds >= totalTimeoutSeconds) {
    const because = `waiting ${round(waitSeconds)} s would exceed totalTimeoutSeconds ${totalTimeoutSeconds}`
    return { retry: false, outcome: 'exhausted', because }
  }
  return { retry: true, waitSeconds }
}

/** Returns the seconds that the error asks to wait, or the failed model call behind it. */
function askedSeconds({ error, wallClockMs, modelFailure }: FailedAttempt): number | undefined {
  const asked = retryAfterSeconds(error, wallClockMs)
  if (asked !== undefined || modelFailure === undefined) return asked
  const status = httpStatus(error)
  return status === undefined || status === modelFailure.status ? retryAfterSeconds(modelFailure, wallClockMs) : undefined
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10

type DelaySettings = Pick<EffectiveRecovery, 'baseDelaySeconds' | 'exponentialFactor' | 'maxDelaySeconds' | 'jitter'>

/** Returns the seconds to wait before retry `retry` (from 1): min(base x factor^(retry - 1), max), then jitter. */
export function retryDelaySeconds(retry: number, settings: DelaySettings, random: () => number): number {
  const computed = Math.min(settings.baseDelaySeconds * settings.exponentialFactor ** (retry - 1), settings.maxDelaySeconds)
  // 0 x Infinity: no base delay stays no delay, however often it is multiplied
  const delay = Number.isNaN(computed) ? 0 : computed
  return settings.jitter === 'full' ? delay * random() : delay
}

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
