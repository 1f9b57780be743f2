import { performance } from 'node:perf_hooks'

import { sleeplessClock } from './steady-clock.ts'

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
