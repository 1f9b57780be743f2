import { uptime } from 'node:os'
import { performance } from 'node:perf_hooks'

/** How often to compare the two clocks. */
const compareEveryMs = 1_000
/** The clocks of some systems count whole seconds since the boot. */
const shortestSleepMs = 2_000

/** Clocks of the machine, in milliseconds. */
export interface Clocks {
  /** Stands still on Linux while the machine sleeps. @default performance.now */
  readonly running?: () => number
  /** Counts the sleep too; throws where a sandbox hides it. @default os.uptime on Linux, else the same as `running` */
  readonly sinceBoot?: () => number
  /** The time of day. A sleep moves it as well, and a clock that was only set does not move `sinceBoot`. @default Date.now */
  readonly timeOfDay?: () => number
}

/** Milliseconds from a clock that is never set and that goes on while the machine sleeps. */
export function sleeplessClock({
  running = () => performance.now(),
  sinceBoot = process.platform === 'linux' ? () => uptime() * 1_000 : running,
  timeOfDay = Date.now,
}: Clocks = {}): () => number {
  let asleepMs = 0
  let last = read()

  function read(): { readonly ran: number; readonly up: number; readonly day: number } {
    const ran = running()
    try {
      return { ran, up: sinceBoot(), day: timeOfDay() }
    } catch {
      return { ran, up: ran, day: timeOfDay() }
    }
  }

  return () => {
    const at = running()
    if (at - last.ran < compareEveryMs) return at + asleepMs
    const next = read()
    const ranMs = next.ran - last.ran
    const sleptMs = Math.min(next.up - last.up, next.day - last.day) - ranMs
    if (sleptMs > shortestSleepMs) asleepMs += sleptMs
    last = next
    return next.ran + asleepMs
  }
}

/**
 * Milliseconds since 1970, from a clock that is never set: it starts at the time of day and counts evenly from there, also while the
 * machine sleeps. When the machine's clock jumps, waits, leases and the duplicate window stay as long as they were.
 */
export function steadyClock(clocks: Clocks = {}): () => number {
  const clock = sleeplessClock(clocks)
  const startedAt = Date.now() - clock()
  return () => Math.round(startedAt + clock())
}
