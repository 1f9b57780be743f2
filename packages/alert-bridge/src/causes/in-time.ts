/** The result of `work` if it comes within `timeoutMs`; otherwise rejects with `timeout`, and the signal aborts. */
export async function inTime<Value>(work: (signal: AbortSignal) => Promise<Value>, timeoutMs: number): Promise<Value> {
  const limit = new AbortController()
  const silence = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    limit.abort()
    silence.reject(new Error('timeout'))
  }, timeoutMs)
  try {
    return await Promise.race([work(limit.signal), silence.promise])
  } finally {
    clearTimeout(timer)
    silence.promise.catch(() => {})
  }
}

/** Why {@link inTime} rejected, for a line of the log. */
export function reasonOf(error: unknown, timeoutMs: number): string {
  const { message, cause } = error as Error
  if (message === 'timeout') return `no answer in ${timeoutMs / 1000} s`
  return String((cause as { code?: string } | undefined)?.code ?? message)
}
