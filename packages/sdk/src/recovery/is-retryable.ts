import { httpStatus, peek } from '../error-type.ts'

// Asking again with the same request cannot help: bad request, no right, no such thing, not allowed, gone, unprocessable
const hopeless = new Set<number | undefined>([400, 401, 403, 404, 405, 410, 422])

/** True for every error except aborts and those whose HTTP status says that the same request can never succeed. */
export function isRetryable(error: unknown): boolean {
  if (peek(error, 'name') === 'AbortError') return false
  return !hopeless.has(httpStatus(error))
}
