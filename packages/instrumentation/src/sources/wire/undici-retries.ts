/** Calls a function in an async context that was captured earlier. */
export type InContext = <T>(call: () => T) => T

/** Failed requests that are remembered, each with the context of its run. */
const maxFailures = 100

const failures = new Map<string, InContext>()

/** Remembers a failed request, in case a dispatcher of undici repeats it. */
export function rememberFailure(fingerprint: string, inContext: InContext): void {
  failures.delete(fingerprint)
  failures.set(fingerprint, inContext)
  if (failures.size > maxFailures) failures.delete(failures.keys().next().value!)
}

/**
 * Returns the context of the failed request that undici's retry interceptor repeats now; undefined for any other request. The interceptor
 * repeats it in the context of the connection, which may belong to another run.
 */
export function contextOfRetry(fingerprint: string): InContext | undefined {
  const inContext = failures.get(fingerprint)
  // Two runs may send the same request; the stack shows who sends this one
  if (inContext === undefined || !isSentByRetryHandler()) return undefined
  failures.delete(fingerprint)
  return inContext
}

function isSentByRetryHandler(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 50
  const { stack = '' } = new Error('the stack of a request')
  Error.stackTraceLimit = stackTraceLimit
  return /retry-handler|RetryHandler/.test(stack)
}
