import { randomUUID } from 'node:crypto'

/**
 * An id that sorts by when it was made (a UUID of version 7), so that new rows stand together at the end of an index and a commit touches
 * few pages.
 */
export function orderedId(now: number): string {
  const time = Math.max(Math.trunc(now), 0).toString(16).padStart(12, '0').slice(-12)
  // Node keeps random UUIDs in stock, which is faster than asking for random bytes; only time and version are changed
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice('00000000-0000-4'.length)}`
}
