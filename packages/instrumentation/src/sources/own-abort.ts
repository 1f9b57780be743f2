import { propertyOf } from '@swarmwatch/sdk/instrumentation'

/** `error.type` of a model call that this process ended itself, which is no fault of its provider. */
type OwnAbort = 'timeout' | 'cancelled'

/** Codes of undici for a server that is too slow. */
const slowServer = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * Returns `timeout` or `cancelled` if this process ended a request: its signal aborted, with any reason, or its reader left. Returns
 * `timeout` for a server that is too slow as well, and undefined for a connection that broke.
 */
export function abortOfRequest(error: unknown): OwnAbort | undefined {
  const code = propertyOf(error, 'code')
  if (propertyOf(error, 'name') === 'TimeoutError' || slowServer.has(code as string)) return 'timeout'
  // Errors of connections have a code; reasons of signals rarely do, and that of an AbortError is a number
  return typeof code === 'string' && code !== 'UND_ERR_ABORTED' ? undefined : 'cancelled'
}

/** Returns the same for an error that a framework has thrown or reported, by its name or message; undefined for any other error. */
export function abortInFramework(error: unknown): OwnAbort | undefined {
  const name = propertyOf(error, 'name')
  if (name === 'TimeoutError') return 'timeout'
  if (typeof name === 'string' && /abort/i.test(name)) return 'cancelled'
  // LangChain's has only a message
  const message = propertyOf(error, 'message')
  return message === 'AbortError' || message === 'Aborted' ? 'cancelled' : undefined
}
