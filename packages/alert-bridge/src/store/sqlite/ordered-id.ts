import { randomBytes } from 'node:crypto'

/**
 * An id that sorts by when it was made (a UUID of version 7), so that new rows stand together at the end of an index and a commit touches
 * few pages.
 */
export function orderedId(now: number): string {
  const time = Math.max(Math.trunc(now), 0).toString(16).padStart(12, '0').slice(-12)
  const chance = randomBytes(10).toString('hex')
  const variant = '89ab'[Number.parseInt(chance[4] ?? '0', 16) % 4]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-${variant}${chance.slice(5, 8)}-${chance.slice(8)}`
}
