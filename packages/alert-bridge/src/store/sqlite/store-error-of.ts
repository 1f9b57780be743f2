import { StoreError, type StoreFailure } from '../store-error.ts'

// primary result codes of SQLite; the extended ones have them in the low byte
const failures: Readonly<Record<number, StoreFailure>> = { 5: 'locked', 6: 'locked', 8: 'read-only', 13: 'full' }

/** What an error of node:sqlite means for the caller. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const code = (error as { errcode?: unknown }).errcode
  const reason = typeof code === 'number' ? (failures[code & 0xff] ?? 'unavailable') : 'unavailable'
  const message = error instanceof Error ? error.message : String(error)
  return new StoreError(reason, `the store cannot write (${reason}): ${message}`, { cause: error })
}
