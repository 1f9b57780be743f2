import { randomBytes } from 'node:crypto'

/** Of this process. */
const node = randomBytes(6).toString('hex')
/** 24 bits, more than can be used up within a millisecond. */
const mostInCounter = 0x1_00_00_00
let counter = 0

/**
 * An id that sorts by when it was made (a UUID of version 7 with a counter), so that new rows stand together at the end of an index and a
 * commit touches few pages.
 */
export function orderedId(now: number): string {
  counter = (counter + 1) % mostInCounter
  const time = Math.max(Math.trunc(now), 0).toString(16).padStart(12, '0').slice(-12)
  const count = counter.toString(16).padStart(6, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.slice(0, 3)}-a${count.slice(3)}-${node}`
}
