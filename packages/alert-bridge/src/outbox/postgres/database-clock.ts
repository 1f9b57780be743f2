import { steadyClock } from '../../clock.ts'

/** The clock of the database, which all bridges that share it agree on, whatever their own clocks show. */
export interface DatabaseClock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Notes the time of the server at this moment. */
  readonly set: (serverAt: number) => void
}

/** Smaller differences come from the network and from the drift of clocks; the time then pauses instead of going back. */
const largestDriftMs = 1_000

/** Starts as the clock of this machine, and counts evenly until it is set. */
export function databaseClock(clock: () => number = steadyClock()): DatabaseClock {
  let offsetMs = 0
  let last = Number.NEGATIVE_INFINITY
  return {
    now: () => {
      const at = Math.round(clock() + offsetMs)
      if (at >= last || last - at > largestDriftMs) last = at
      return last
    },
    set: (serverAt) => {
      offsetMs = serverAt - clock()
    },
  }
}
