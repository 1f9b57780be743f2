import { StoreError, type StoreFailure } from '../store.ts'

// SQLSTATE codes; the first two characters are the class
const failures: Readonly<Record<string, StoreFailure>> = {
  '53100': 'full',
  '25006': 'read-only',
  '55P03': 'locked',
  '40P01': 'locked',
  '40001': 'locked',
}

/** The `StoreError` for an error of `pg` or of a socket. It contains neither rows nor the URL of the database. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const reason = failures[codeOf(error)] ?? 'unavailable'
  return new StoreError(reason, `the store cannot write (${reason}): ${messageOf(error)}`, { cause: error })
}

/** The SQLSTATE or the code of the system; an empty text if there is none. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** Whether PostgreSQL refused the data of one entry, so that other entries can be stored without it. */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error))
}

/** Whether the transaction met another one and can be repeated. */
export function isConflict(error: unknown): boolean {
  return ['40P01', '40001'].includes(codeOf(error))
}

/** Whether another connection may reach another server: this one shuts down, or no longer accepts writes. */
export function endsConnection(error: unknown): boolean {
  return /^(08|57P|25006)/.test(codeOf(error))
}

/** The message of an error, or those of all its errors. */
export function messageOf(error: unknown): string {
  // an error for several addresses has no message of its own
  if (error instanceof AggregateError) return [...new Set(error.errors.map(messageOf))].join(', ')
  return error instanceof Error && error.message !== '' ? error.message : codeOf(error) || String(error)
}
