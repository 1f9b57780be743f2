import { steadyClock } from '../../clock.ts'

/** The clock of the database, which all bridges that share it agree on, whatever their own clocks show. */
export interface DatabaseClock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** To be called when the server is asked for its time; the result takes its answer, milliseconds since 1970. */
  readonly ask: () => (serverAt: number) => void
}

/** Smaller differences come from the network and from the drift of clocks; the time then pauses instead of going back. */
const largestDriftMs = 1_000

/**
 * Starts as the clock of this machine, and counts evenly until the server answers. The server read its clock at some moment between the
 * question and the answer. A later answer therefore changes only a time that is outside of what it allows, so that a slow server, or a
 * process that was busy or paused meanwhile, does not set the time back.
 */
export function databaseClock(clock: () => number = steadyClock()): DatabaseClock {
  let offsetMs: number | undefined
  let last = Number.NEGATIVE_INFINITY
  return {
    now: () => {
      const at = Math.round(clock() + (offsetMs ?? 0))
      if (at >= last || last - at > largestDriftMs) last = at
      return last
    },
    ask: () => {
      const askedAt = clock()
      return (serverAt) => {
        const [least, most] = [serverAt - clock(), serverAt - askedAt]
        offsetMs = Math.min(Math.max(offsetMs ?? (least + most) / 2, least), most)
      }
    },
  }
}
