import { uptime } from 'node:os'
import { performance } from 'node:perf_hooks'

/** How often to compare the two clocks. */
const compareEveryMs = 1_000
/** The clocks of some systems count whole seconds since the boot. */
const shortestSleepMs = 2_000

/** Clocks of the machine, in milliseconds. */
export interface Clocks {
  /** Stops on Linux while the machine sleeps. @default performance.now */
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

/** How often to look whether the process was paused (SIGSTOP, a debugger, a sleeping laptop). */
const tickMs = 500
/** A tick that comes this late was held up by a pause. */
const pauseMs = 2_000

/** Knows when this process was paused, so that the pause does not count as silence of others. */
export interface PauseWatch {
  /** Milliseconds since the process began to run: its start, or the end of its last pause. */
  readonly awakeForMs: () => number
  /** Whether there was a pause at all. */
  readonly wasPaused: () => boolean
  readonly stop: () => void
}

/** Starts to watch; never keeps the process alive. @param clock milliseconds that never go back and count the sleep of the machine */
export function watchPauses(clock: () => number = sleeplessClock()): PauseWatch {
  let [awakeSince, lastAt, wasPaused] = [clock(), clock(), false]

  function tick(): void {
    const at = clock()
    if (at - lastAt > pauseMs) [awakeSince, wasPaused] = [at, true]
    lastAt = at
  }

  const timer = setInterval(tick, tickMs).unref()
  return {
    // the caller may run before the timer does
    awakeForMs: () => {
      tick()
      return lastAt - awakeSince
    },
    wasPaused: () => {
      tick()
      return wasPaused
    },
    stop: () => clearInterval(timer),
  }
}

/**
 * A signal that aborts after `ms` in which this process ran. A pause counts little, and what came in meanwhile is read before the
 * signal aborts.
 */
export function patientTimeout(ms: number): AbortSignal {
  const controller = new AbortController()
  const sliceMs = Math.min(Math.max(ms / 10, 1), 1_000)
  let leftMs = ms
  let lastAt = performance.now()
  let wasLate = false

  function tick(): void {
    const elapsedMs = performance.now() - lastAt
    lastAt += elapsedMs
    const isLate = elapsedMs > sliceMs + pauseMs
    leftMs -= isLate ? sliceMs : elapsedMs
    // once: a machine that is always late must come to an end
    const mayHaveMissed = isLate && !wasLate
    wasLate = isLate
    if (leftMs <= 0 && !mayHaveMissed) controller.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'))
    else setTimeout(tick, Math.min(sliceMs, Math.max(leftMs, 1))).unref()
  }

  setTimeout(tick, sliceMs).unref()
  return controller.signal
}
