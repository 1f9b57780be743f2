/** What a run takes from outside: time, chance, timers. Tests give their own. */
export interface World {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Milliseconds since 1970, to show to people. */
  wallClock(): number
  /** A number from 0 up to 1. */
  random(): number
  /** Calls `callback` once after `ms`; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void
  /** Waits `ms` between two attempts: rejects with the signal's reason as soon as it aborts, and leaves no timer behind. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>
}

/** The clocks, the chance and the timers of this process. */
export const realWorld: World = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: () => Math.random(),
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
      const cancel = realWorld.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** Milliseconds from one reading of a clock to a later one; 0 where the clock went back or does not know. */
export function msBetween(earlier: number, later: number): number {
  return later > earlier ? later - earlier : 0
}
