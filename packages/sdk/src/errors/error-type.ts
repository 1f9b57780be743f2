import { otherError, timeoutError } from '../names.ts'
import { isInstance, isObject, propertyOf } from '../unknown-values.ts'
import { answersIn, headerOf, headersIn, listedIn, maxErrors, statusOf, wrappedBy } from './error-details.ts'
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
  vagueStatuses,
} from './known-errors.ts'

// A word such as ECONNRESET, rate_limit_exceeded, AI_APICallError: no blanks, so no message; not long enough for an id
const word = /^[A-Za-z_$][\w$.:-]{0,59}$/
// Firebase puts the service in front: functions/permission-denied
const serviceWord = /^([a-z]{2,20})\/([a-z-]{2,38})$/i
// Ids and hashes hide in codes too: eight or more hex digits in a row that contain a digit
const looksLikeId = /(?=[0-9a-f]*\d)[0-9a-f]{8,}|\d{4,}/i
const plainClasses = new Set([undefined, 'Error', 'Object', 'AggregateError', 'DOMException'])

/** `cancelled`: the caller has cancelled. `hopeless`: the same again cannot succeed. `timeout` and `transient`: it may. */
type Verdict = 'cancelled' | 'hopeless' | 'timeout' | 'transient'

/** What an error means, as far as it says so. */
interface Reading {
  readonly verdict?: Verdict | undefined
  /** Its word. */
  readonly type?: string | undefined
  /** Words to use where there is no better one. */
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

/** Words that an error says, to be looked up in lists. Most errors say none. */
class Words {
  readonly #said: string[]
  readonly #normal: string[]

  constructor(said: readonly unknown[]) {
    this.#said = said.filter((each): each is string => typeof each === 'string' && each.length <= 60 && !plainClasses.has(each))
    this.#normal = this.#said.map((each) => each.replace(serviceWord, '$2').toLowerCase().replaceAll('-', '_'))
  }

  /** The first one that is in the list, as the error says it. */
  in(list: ReadonlySet<string>): string | undefined {
    const at = this.#normal.findIndex((each) => list.has(each))
    return at === -1 ? undefined : this.#said[at]
  }

  matching(pattern: RegExp): boolean {
    return this.#said.some((each) => pattern.test(each))
  }
}

/** Reads what one error says itself. */
function readOne(error: unknown): Reading {
  const className = classOf(error)
  const code = asWord(propertyOf(error, 'code'))
  const fallback = { code, className }
  if (!isObject(error) && typeof error !== 'function') return fallback

  const name = propertyOf(error, 'name')
  // A class keeps its name where a library leaves `name` at Error
  const named = [
    name,
    propertyOf(propertyOf(error, 'constructor'), 'name'),
    propertyOf(error, 'code'),
    propertyOf(error, 'lc_error_code'),
  ]
  // A number of MongoDB's means nothing without its name
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
  const awsName = isAws && !plainClasses.has(asWord(name)) && !timeoutWord.test(asWord(name) ?? '') ? asWord(name) : undefined
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
  // With these two a server that says when to come back means it: GitHub's second rate limit, RFC 9110 15.5.14
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

/** Reads an error and, where it leaves something open, what it wraps. */
function read(error: unknown, seen: Set<unknown>): Reading {
  seen.add(error)
  const own = readOne(error)
  if (own.verdict !== undefined && own.verdict !== 'cancelled' && own.type !== undefined) return own

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

/** An abort that a time limit caused: by its cause, or by the reason of the signal that a request was given. */
function endedByTimeout(error: unknown, wrapped: Reading | undefined, seen: Set<unknown>): boolean {
  if (wrapped?.verdict === 'timeout') return true
  const signal = propertyOf(propertyOf(error, 'config'), 'signal') ?? propertyOf(error, 'signal')
  const reasons = [propertyOf(signal, 'reason'), propertyOf(error, 'reason')]
  return reasons.some((reason) => isObject(reason) && !seen.has(reason) && read(reason, seen).verdict === 'timeout')
}

/** Of several errors one that may get better decides, then a cancellation; hopeless is only what is hopeless throughout. */
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
    // A value that refuses to be looked at, such as a revoked proxy: nothing is known of it
    return {}
  }
}

/**
 * A low-cardinality word for an error, equal on span and metric: the HTTP status (`429`), `timeout`, a provider's word
 * (`insufficient_quota`), a code (`ECONNRESET`), a class name (`RateLimitError`), or `_OTHER`. What it wraps is looked into; a message is
 * never used. docs/errors.md has the table.
 */
export function errorType(error: unknown): string {
  const { type, code, className } = readingOf(error)
  return type ?? code ?? className ?? otherError
}

/**
 * True unless the error says that the same call cannot succeed, or that it was cancelled. It is the rule behind retries; docs/errors.md
 * has the table.
 */
export function isRetryable(error: unknown): boolean {
  const { verdict } = readingOf(error)
  return verdict !== 'cancelled' && verdict !== 'hopeless'
}

/** True for an error, or the reason of a signal, that says: it took too long. */
export function isTimeoutReason(reason: unknown): boolean {
  return isObject(reason) && readingOf(reason).verdict === 'timeout'
}
