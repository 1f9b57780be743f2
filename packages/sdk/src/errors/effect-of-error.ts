import { isInstance, itemsOf, propertyOf } from '../unknown-values.ts'
import { answersIn, maxErrors, statusOf, wrappedBy } from './error-details.ts'
import { errorType, isInterruption } from './error-type.ts'
import { cancelWords, timeoutWord } from './known-errors.ts'

/** `open`: the effect may have happened. `none`: the error proves that it has not. */
type Effect = 'open' | 'none'

/** 499 is what gateways make of a cancelled request. A server has not acted on any other request that it answers with 4xx. */
const openClientStatus = 499
/** Of the 5xx statuses those with which a server refuses a request before it acts on it, or with which a proxy did not reach it. */
const refusals: ReadonlySet<number> = new Set([501, 503, 505, 511, 521, 523, 525, 526, 529])

/** No connection came about, or the client refused the request. */
const unsent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EADDRNOTAVAIL|UND_ERR_(CONNECT_TIMEOUT|CLOSED|INVALID_ARG|NOT_SUPPORTED)|ERR_SOCKET_CONNECTION_TIMEOUT|ERR_INVALID_\w+|ERR_(TLS|SSL)_\w+|CERT_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_CERT\w*)$/
/** A connection that broke, or an answer that cannot be read. */
const broken =
  /^(ECONNRESET|ECONNABORTED|EPIPE|ENETRESET|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|UND_ERR_\w+|HPE_\w+|ERR_NETWORK|ERR_HTTP2_\w+|ERR_STREAM_(PREMATURE_CLOSE|DESTROYED)|ERR_SOCKET_CLOSED|PROTOCOL_CONNECTION_LOST)$/
/** Names of errors, in place of codes. */
const brokenNames = /^(APIConnectionError|MongoNetworkError|SocketClosedUnexpectedlyError|SocketError)$/
/** gRPC statuses with which a call may have run. */
const openGrpc: ReadonlySet<string> = new Set(['DEADLINE_EXCEEDED', 'UNAVAILABLE', 'UNKNOWN', 'INTERNAL', 'DATA_LOSS'])
/** PostgreSQL: the connection broke, or the server stopped. Not 08001 and 08004, with which none came about. */
const openSqlState = /^(08(000|003|006|007|P01)|40003|57P0[12])$/
/** Messages of `fetch`, whatever the cause; pg has no code for a connection that broke. */
const brokenMessage = /^(fetch failed|Failed to fetch|terminated|Connection terminated( unexpectedly)?)$/
/** MCP: the connection closed, the request timed out. */
const openMcpCodes: readonly unknown[] = [-32_000, -32_001]

/**
 * Returns whether a call that failed with this error may have had its effect: it timed out, was cancelled, or its connection broke after
 * it was sent. False if the error proves the opposite, and for errors that are not about a connection. docs/best-practices.md has
 * the table.
 */
export function mayHaveHadEffect(error: unknown): boolean {
  try {
    return effectOf(error, new Set()) === 'open'
  } catch {
    // A value that throws when it is read
    return true
  }
}

function effectOf(error: unknown, seen: Set<unknown>): Effect | undefined {
  if (error === undefined || error === null || seen.has(error) || seen.size >= maxErrors) return undefined
  seen.add(error)
  // Several tries of a library, or several addresses: one that may have had the effect is enough
  const tries = itemsOf(propertyOf(error, 'errors'), maxErrors).map((each) => effectOf(each, seen))
  if (tries.includes('open')) return 'open'
  if (tries.length > 0 && tries.every((each) => each === 'none')) return 'none'
  return ownEffect(error) ?? effectOf(wrappedBy(error), seen) ?? lastResort(error)
}

/** Returns the proof of an error, whatever it wraps. */
function ownEffect(error: unknown): Effect | undefined {
  const name = propertyOf(error, 'name')
  if (name === 'OnceError') return 'none'
  if (name === 'UncertainEffectError') return 'open'
  const code = propertyOf(error, 'code')
  if (name === 'McpError' && openMcpCodes.includes(code)) return 'open'
  const status = statusOf(error, answersIn(error))
  if (status !== undefined) return status === openClientStatus || (status >= 500 && !refusals.has(status)) ? 'open' : 'none'
  const text = typeof code === 'string' ? code : ''
  if (unsent.test(text) || propertyOf(error, 'syscall') === 'connect') return 'none'
  const isEnded = [name, text].some(
    (word) => typeof word === 'string' && (cancelWords.has(word.toLowerCase()) || timeoutWord.test(word)),
  )
  return isEnded || broken.test(text) || openSqlState.test(text) ? 'open' : undefined
}

/** Reads an error that wraps nothing conclusive. */
function lastResort(error: unknown): Effect | undefined {
  if (isInterruption(error) || openGrpc.has(errorType(error))) return 'open'
  const names = [propertyOf(error, 'name'), propertyOf(propertyOf(error, 'constructor'), 'name')]
  if (names.some((name) => typeof name === 'string' && brokenNames.test(name))) return 'open'
  const message = propertyOf(error, 'message')
  return isInstance(error, Error) && typeof message === 'string' && brokenMessage.test(message) ? 'open' : undefined
}
