/**
 * Milliseconds since 1970, from a clock that nobody sets: it starts at the time of day and counts evenly from there. When the machine's
 * clock jumps, waits, leases and the duplicate window stay as long as they were.
 */
export function steadyClock(): () => number {
  const startedAt = Date.now() - performance.now()
  return () => Math.round(startedAt + performance.now())
}
