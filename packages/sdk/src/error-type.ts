import { otherError } from './names.ts'

const longestChain = 5
// A word such as ECONNRESET, rate_limit_exceeded, AI_APICallError: no blanks, so no message; not long enough for an id
const word = /^[A-Za-z_$][\w$.:-]{0,59}$/
// Ids and hashes hide in codes too: eight or more hex digits in a row that contain a digit
const looksLikeId = /(?=[0-9a-f]*\d)[0-9a-f]{8,}|\d{4,}/i
const timeoutCodes = new Set<unknown>([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])
const plainClasses = new Set([undefined, 'Error', 'Object', 'AggregateError', 'DOMException'])

/** Reads a property of a value that may be anything: a primitive, a proxy, an object whose getters throw. */
export function peek(value: unknown, key: PropertyKey): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    return (value as Record<PropertyKey, unknown>)[key]
  } catch {
    return undefined
  }
}

/** `instanceof` for a value that may be anything; a proxy whose traps throw is an instance of nothing. */
export function isInstance<T>(value: unknown, of: abstract new (...args: never) => T): value is T {
  try {
    return value instanceof of
  } catch {
    return false
  }
}

/** The error and what it wraps (`cause`, the AI SDK's `lastError`), outermost first, at most five. */
export function chainOf(error: unknown): unknown[] {
  const chain = [error]
  while (chain.length < longestChain) {
    const inner = peek(chain.at(-1), 'lastError') ?? peek(chain.at(-1), 'cause')
    if (inner === undefined || inner === null || chain.includes(inner)) break
    chain.push(inner)
  }
  return chain
}

function firstOf<T>(chain: unknown[], read: (error: unknown) => T | undefined): T | undefined {
  for (const error of chain) {
    const found = read(error)
    if (found !== undefined) return found
  }
  return undefined
}

function statusOf(error: unknown): number | undefined {
  const candidates = [peek(error, 'statusCode'), peek(error, 'status'), peek(peek(error, 'response'), 'status')]
  return candidates.find((status): status is number => Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599)
}

function isTimeout(error: unknown): true | undefined {
  return peek(error, 'name') === 'TimeoutError' || timeoutCodes.has(peek(error, 'code')) ? true : undefined
}

function asWord(value: unknown): string | undefined {
  return typeof value === 'string' && word.test(value) && !looksLikeId.test(value) ? value : undefined
}

function classOf(error: unknown): string | undefined {
  const name = asWord(peek(error, 'name'))
  const className = plainClasses.has(name) ? asWord(peek(peek(error, 'constructor'), 'name')) : name
  return plainClasses.has(className) || !isInstance(error, Error) ? undefined : className
}

/** The HTTP status (400-599) that an error or one of its causes carries, if any. */
export function httpStatus(error: unknown): number | undefined {
  return firstOf(chainOf(error), statusOf)
}

/**
 * A low-cardinality word for an error, equal on span and metric: the HTTP status (`429`), `timeout`, a code (`ECONNRESET`),
 * a class name (`RateLimitError`), or `_OTHER`. Causes are looked into; a message is never used.
 */
export function errorType(error: unknown): string {
  const chain = chainOf(error)
  const status = firstOf(chain, statusOf)
  if (status !== undefined) return String(status)
  if (firstOf(chain, isTimeout)) return 'timeout'
  return firstOf(chain, (inner) => asWord(peek(inner, 'code'))) ?? firstOf(chain, classOf) ?? otherError
}
