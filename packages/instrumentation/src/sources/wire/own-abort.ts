import { guarded } from '@swarmwatch/sdk/instrumentation'

/** Codes of undici for a server that is too slow. */
const slowServer = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * Returns `timeout` or `cancelled` if this process ended a request: its signal aborted, with any reason, or its reader left. Returns
 * `timeout` for a server that is too slow as well, and undefined for a connection that broke.
 */
export function ownAbort(error: unknown): 'timeout' | 'cancelled' | undefined {
  const { name, code } = guarded('framework', () => namesOf(error)) ?? {}
  if (name === 'TimeoutError' || slowServer.has(code as string)) return 'timeout'
  // Errors of connections have a code; reasons of signals rarely do, and that of an AbortError is a number
  return typeof code === 'string' && code !== 'UND_ERR_ABORTED' ? undefined : 'cancelled'
}

/** A reason of a signal can be anything, also an object whose properties throw. */
function namesOf(error: unknown): { readonly name?: unknown; readonly code?: unknown } {
  if (typeof error !== 'object' || error === null) return {}
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
  return { name, code }
}
