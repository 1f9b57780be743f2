import { processWide } from './process-wide.ts'

/** Clocks and timers of a run. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Milliseconds since 1970, for timestamps that are displayed. */
  wallClock(): number
  /** Calls `callback` once after `ms`; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void
  /** Waits `ms` between two attempts. Rejects with the signal's reason as soon as it aborts, and leaves no timer behind. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>
}

/** The clocks and timers of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const onAbort = (): void => {
        cancel()
        reject(signal?.reason as Error)
      }
      const cancel = systemClock.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

const clocks = processWide('clock/2', () => ({ create: (): Clock => systemClock, number: 0 }))

/** Returns the clock of a run that begins now. */
export function newClock(): Clock {
  return clocks.create()
}

/**
 * Makes every run that begins from now on use a clock that `create` returns. The returned function restores the system clock.
 * `@swarmwatch/testing` skips the waits between attempts this way.
 */
export function useClock(create: () => Clock): () => void {
  clocks.create = create
  clocks.number += 1
  return () => {
    if (clocks.create === create) clocks.create = () => systemClock
  }
}

/** The number of clocks that replaced another so far: times of an earlier clock mean nothing on this one. */
export function clockNumber(): number {
  return clocks.number
}

/** Milliseconds from one reading of a clock to a later one; 0 if the clock went back or returned NaN. */
export function msBetween(earlier: number, later: number): number {
  return later > earlier ? later - earlier : 0
}
