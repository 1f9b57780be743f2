/**
 * Limits how often a line is logged. The returned function is called for each event: it returns the number of events since the last line if
 * a line is due, otherwise undefined. `now` is in milliseconds.
 */
export function logLimit(everyMs: number, now: () => number): () => number | undefined {
  let loggedAtMs = Number.NEGATIVE_INFINITY
  let count = 0
  return () => {
    count += 1
    const atMs = now()
    if (atMs - loggedAtMs < everyMs) return undefined
    const events = count
    loggedAtMs = atMs
    count = 0
    return events
  }
}
