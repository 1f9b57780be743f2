import { otherError, timeoutError } from '../names.ts'
import { isInstance, isObject, propertyOf } from '../unknown-values.ts'
import { answersIn, chainOf, headerOf, headersIn, listedIn, maxErrors, statusOf, wrappedBy } from './error-details.ts'
import {
  cancelWords,
  connectionCodes,
  grpcNames,
  hopelessNames,
  hopelessServerStatuses,
  hopelessSqlState,
  hopelessStatusWords,
  hopelessWords,
  timeoutWord,
  transientClientStatuses,
  transientWords,
  unusableAnswers,
  vagueStatuses,
} from './known-errors.ts'

// A word such as ECONNRESET, rate_limit_exceeded, AI_APICallError: no blanks, so no message; not long enough for an id
const word = /^[A-Za-z_$][\w$.:-]{0,59}$/
// Firebase puts the service in front: functions/permission-denied
const serviceWord = /^([a-z]{2,20})\/([a-z-]{2,38})$/i
// Codes can contain ids and hashes: eight or more hex digits in a row that contain a digit
const looksLikeId = /(?=[0-9a-f]*\d)[0-9a-f]{8,}|\d{4,}/i
const plainClasses = new Set([undefined, 'Error', 'Object', 'AggregateError', 'DOMException'])

/** `cancelled`: the caller cancelled. `hopeless`: the same call cannot succeed. `timeout` and `transient`: it may. */
type Verdict = 'cancelled' | 'hopeless' | 'timeout' | 'transient'

/** Meaning of an error, as far as the error states it. */
interface Reading {
  readonly verdict?: Verdict | undefined
  /** The low-cardinality word for it. */
  readonly type?: string | undefined
  /** Words that are used if there is no better one. */
  readonly code?: string | undefined
  readonly className?: string | undefined
}

function asWord(value: unknown): string | undefined {
  return typeof value === 'string' && (word.test(value) || serviceWord.test(value)) && !looksLikeId.test(value)
    ? value
    : undefined
}

function classOf(error: unknown): string | undefined {
  const name = asWord(propertyOf(error, 'name'))
  const className = plainClasses.has(name) ? asWord(propertyOf(propertyOf(error, 'constructor'), 'name')) : name
  return plainClasses.has(className) || !isInstance(error, Error) ? undefined : className
}

/** The name of a gRPC status. Small numbers mean something else to DOMException, child processes and databases, so they are not enough. */
function grpcName(error: unknown): string | undefined {
  const code = propertyOf(error, 'code')
  if (!Number.isInteger(code) || isInstance(error, DOMException)) return undefined
  const name = grpcNames[code as number]
  const message = propertyOf(error, 'message')
  const isGrpc =
    typeof propertyOf(error, 'details') === 'string' ||
    isObject(propertyOf(error, 'metadata')) ||
    (typeof message === 'string' && message.startsWith(`${String(code)} ${name}`))
  return isGrpc ? name : undefined
}

/** Words of an error that are looked up in lists. Most errors have none. */
class Words {
  readonly #words: string[]
  readonly #normal: string[]

  constructor(words: readonly unknown[]) {
    this.#words = words.filter((each): each is string => typeof each === 'string' && each.length <= 60 && !plainClasses.has(each))
    this.#normal = this.#words.map((each) => each.replace(serviceWord, '$2').toLowerCase().replaceAll('-', '_'))
  }

  /** Returns the first word that is in the list, as the error spells it. */
  in(list: ReadonlySet<string>): string | undefined {
    return this.#words.find((_, at) => list.has(this.#normal[at]!))
  }

  matching(pattern: RegExp): boolean {
    return this.#words.some((each) => pattern.test(each))
  }
}

/** Reads a single error, without the errors that it wraps. */
function readOne(error: unknown): Reading {
  const className = classOf(error)
  const code = asWord(propertyOf(error, 'code'))
  const fallback = { code, className }
  const name = propertyOf(error, 'name')
  // A class keeps its name if a library leaves `name` at Error
  const named = [
    name,
    propertyOf(propertyOf(error, 'constructor'), 'name'),
    propertyOf(error, 'code'),
    propertyOf(error, 'lc_error_code'),
  ]
  // A number of MongoDB means nothing without its name
  const numbered =
    typeof name === 'string' && Number.isInteger(propertyOf(error, 'code')) && `${name}${propertyOf(error, 'code') as number}`
  const names = new Words([...named, propertyOf(error, 'codeName'), numbered])
  const grpc = grpcName(error)
  if (grpc === 'CANCELLED' || propertyOf(error, '__CANCEL__') === true || names.in(cancelWords) !== undefined) {
    return { verdict: 'cancelled', type: grpc ?? code ?? className ?? asWord(name), ...fallback }
  }

  const answers = answersIn(error)
  const status = grpc === undefined ? statusOf(error, answers) : undefined
  const isAws = isObject(propertyOf(error, '$metadata')) || typeof propertyOf(error, '$fault') === 'string'
  const awsName = isAws && !plainClasses.has(asWord(name)) && !timeoutWord.test(String(name)) ? asWord(name) : undefined
  const type = awsName ?? (status === undefined ? undefined : String(status))
  const reading = (verdict: Verdict, by: string | undefined = type): Reading => ({ verdict, type: by, ...fallback })

  const words = new Words([...answers.flatMap(wordsOf), propertyOf(error, 'codeName'), name])
  const hopelessWord = words.in(hopelessWords)
  if (hopelessWord !== undefined && (status === undefined || vagueStatuses.has(status))) {
    return reading('hopeless', asWord(hopelessWord) ?? type)
  }

  const shouldRetry = headersIn(error).map((headers) => asWord(headerOf(headers, 'x-should-retry'))?.toLowerCase())
  if (shouldRetry.includes('true')) return reading('transient')
  if (shouldRetry.includes('false')) return reading('hopeless')

  const transientWord = words.in(transientWords)
  if (transientWord !== undefined || isObject(propertyOf(error, '$retryable'))) {
    return reading('transient', type ?? grpc ?? asWord(transientWord))
  }
  for (const flag of [propertyOf(error, 'isRetryable'), propertyOf(error, 'retryable')]) {
    if (typeof flag === 'boolean') return reading(flag ? 'transient' : 'hopeless')
  }
  if (status !== undefined) return reading(isHopelessStatus(status, error) ? 'hopeless' : 'transient')
  if (grpc !== undefined) return reading(hopelessStatusWords.has(grpc.toLowerCase()) ? 'hopeless' : 'transient', grpc)
  if (isTimeout(error, names)) return reading('timeout', timeoutError)

  const statusWord = words.in(hopelessStatusWords)
  if (statusWord !== undefined) return reading('hopeless', asWord(statusWord))
  // The same limit of tokens cuts the next answer, too
  const finishReason = propertyOf(error, 'finishReason')
  if (names.in(unusableAnswers) !== undefined && (finishReason === 'length' || finishReason === 'content-filter'))
    return reading('hopeless', className)
  const hopelessName = names.in(hopelessNames)
  if (hopelessName !== undefined) return reading('hopeless', code ?? className ?? asWord(hopelessName))
  if (names.in(connectionCodes) !== undefined) return reading('transient', code)
  const sqlState = sqlStateOf(error)
  if (sqlState !== undefined) return reading(hopelessSqlState.test(sqlState) ? 'hopeless' : 'transient', sqlState)
  return fallback
}

function wordsOf(answer: unknown): unknown[] {
  return ['code', 'type', 'status', 'reason', 'error'].map((key) => propertyOf(answer, key))
}

function isHopelessStatus(status: number, error: unknown): boolean {
  if (status >= 500) return hopelessServerStatuses.has(status)
  if (transientClientStatuses.has(status)) return false
  // With these two statuses, a `Retry-After` means that a later call can succeed: GitHub's second rate limit, RFC 9110 15.5.14
  const mayComeBack = status === 403 || status === 413
  return !(mayComeBack && headersIn(error).some((headers) => headerOf(headers, 'retry-after') !== undefined))
}

function isTimeout(error: unknown, names: Words): boolean {
  if (names.matching(timeoutWord)) return true
  // The timeout of axios has the code of any connection that was given up
  const message = propertyOf(error, 'message')
  return propertyOf(error, 'code') === 'ECONNABORTED' && typeof message === 'string' && /timeout/i.test(message.slice(0, 300))
}

/** The five characters with which a SQL database names an error, if this is one of a database. */
function sqlStateOf(error: unknown): string | undefined {
  const code = propertyOf(error, 'code')
  const isDatabase = typeof propertyOf(error, 'severity') === 'string' || typeof propertyOf(error, 'routine') === 'string'
  return isDatabase && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** Reads an error and, if its meaning is incomplete, the errors that it wraps. */
function read(error: unknown, seen: Set<unknown>): Reading {
  seen.add(error)
  const own = readOne(error)
  // A type comes with a verdict
  if (own.type !== undefined && own.verdict !== 'cancelled') return own

  const inner = wrappedBy(error)
  const goesOn = (next: unknown): boolean => next !== undefined && next !== null && seen.size < maxErrors && !seen.has(next)
  const wrapped = goesOn(inner) ? read(inner, seen) : undefined
  if (own.verdict === 'cancelled')
    return endedByTimeout(error, wrapped, seen) ? { ...own, verdict: 'timeout', type: timeoutError } : own

  const outer = wrapped ? over(own, wrapped) : own
  if (outer.verdict !== undefined) return outer
  const listed = listedIn(error)
    .filter(goesOn)
    .map((each) => read(each, seen))
  return listed.length === 0 ? outer : over(outer, together(listed))
}

const over = (outer: Reading, inner: Reading): Reading => ({
  verdict: outer.verdict ?? inner.verdict,
  type: outer.type ?? inner.type,
  code: outer.code ?? inner.code,
  className: outer.className ?? inner.className,
})

/** Returns whether a time limit caused an abort, by its cause or by the reason of the request's signal. */
function endedByTimeout(error: unknown, wrapped: Reading | undefined, seen: Set<unknown>): boolean {
  if (wrapped?.verdict === 'timeout') return true
  const signal = propertyOf(propertyOf(error, 'config'), 'signal') ?? propertyOf(error, 'signal')
  const reasons = [propertyOf(signal, 'reason'), propertyOf(error, 'reason')]
  return reasons.some((reason) => isObject(reason) && !seen.has(reason) && read(reason, seen).verdict === 'timeout')
}

/** Of several errors, one that may succeed later decides, then a cancellation. The result is hopeless only if all are. */
function together(readings: readonly Reading[]): Reading {
  const decided =
    readings.find(({ verdict }) => verdict === 'transient' || verdict === 'timeout') ??
    readings.find(({ verdict }) => verdict === 'cancelled') ??
    readings.find(({ verdict }) => verdict === undefined)
  return decided ?? readings[0]!
}

function readingOf(error: unknown): Reading {
  try {
    return read(error, new Set())
  } catch {
    // A value that throws when it is read, such as a revoked proxy: nothing is known about it
    return {}
  }
}

/**
 * Returns a low-cardinality word for an error, equal on span and metric: the HTTP status (`429`), `timeout`, a provider's word
 * (`insufficient_quota`), a code (`ECONNRESET`), a class name (`RateLimitError`), or `_OTHER`. Wrapped errors are read as well; messages
 * are never used. docs/errors.md has the table.
 */
export function errorType(error: unknown): string {
  const { type, code, className } = readingOf(error)
  return type ?? code ?? className ?? otherError
}

/**
 * Returns false if the error states that the same call cannot succeed or that it was cancelled, otherwise true. Retries follow this
 * rule; docs/errors.md has the table.
 */
export function isRetryable(error: unknown): boolean {
  const { verdict } = readingOf(error)
  return verdict !== 'cancelled' && verdict !== 'hopeless'
}

/** Returns whether an error means that a call was cancelled or timed out: whether it had an effect is then unknown. */
export function isInterruption(error: unknown): boolean {
  const { verdict } = readingOf(error)
  return verdict === 'cancelled' || verdict === 'timeout'
}

/** Returns whether the error itself shows if the same call can succeed later. */
export function hasVerdict(error: unknown): boolean {
  return readingOf(error).verdict !== undefined
}

/**
 * Returns whether an error means that the model answered, but not in the shape that was asked for: JSON that cannot be parsed, or that
 * does not match its schema. Another answer may, for the price of another call.
 */
export function isUnusableAnswer(error: unknown): boolean {
  // A failed request whose body is no JSON failed for another reason
  if (hasVerdict(error)) return false
  try {
    return chainOf(error).some((each) => {
      const constructorName = propertyOf(propertyOf(each, 'constructor'), 'name')
      const names = [propertyOf(each, 'name'), constructorName, propertyOf(each, 'lc_error_code'), propertyOf(each, 'code')]
      if (new Words(names).in(unusableAnswers) !== undefined) return true
      const message = propertyOf(each, 'message')
      return isInstance(each, SyntaxError) && typeof message === 'string' && /\bJSON\b/.test(message.slice(0, 300))
    })
  } catch {
    return false
  }
}

/** Returns whether an error, or the reason of a signal, means that a time limit passed. */
export function isTimeoutReason(reason: unknown): boolean {
  return isObject(reason) && readingOf(reason).verdict === 'timeout'
}
