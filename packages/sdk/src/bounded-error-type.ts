import { errorType } from './error-type.ts'
import { processWide } from './process-wide.ts'

/** {@link errorType}, at most 100 different ones in a process; the rest is `_OTHER`. */
export function boundedErrorType(error: unknown): string {
  return processWide.names.errors.bound(errorType(error))
}
