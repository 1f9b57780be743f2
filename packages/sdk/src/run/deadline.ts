import type { Clock } from '../clock.ts'

/** A time limit and the signal that it aborts. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Settles like `promise`, or rejects with a `TimeoutError` if the limit passes first. */
  until<T>(promise: PromiseLike<T> | T): Promise<T>
  /** Calls `passed` with the `TimeoutError` when the limit passes. */
  onPassed(passed: (error: DOMException) => void): void
  /** Restarts the limit: the same one in full, or another one that `what` names in the error. */
  restart(seconds?: number, what?: string): void
  /** Rejects as if a limit had passed. */
  fail(error: DOMException): void
  /** Removes the limit. */
  cancel(): void
}

/** Timers of a busy process are late by less than this. */
const shortestPauseMs = 2_000
/** Time to read data that arrived during a pause. */
const afterPauseMs = 1_000

/** Starts a time limit, or none with `Infinity`; `what` names it in the error. */
export function startDeadline(clock: Clock, seconds: number, what: string): Deadline {
  const controller = new AbortController()
  // Not a single promise for all: a stream would add a reaction to it with every chunk
  const listeners = new Set<(error: DOMException) => void>()
  let error: DOMException | undefined
  let limit = { seconds, what }
  function pass(): void {
    fail(new DOMException(`${limit.what} of ${limit.seconds} s has passed`, 'TimeoutError'))
  }
  function fail(passedWith: DOMException): void {
    if (error) return
    cancel()
    error = passedWith
    // First the waiting caller, then the signal: a function that rejects at once with an abort of its own has still run out of time
    for (const passed of Array.from(listeners)) passed(error)
    controller.abort(error)
  }
  function start(): () => void {
    if (limit.seconds === Infinity) return () => {}
    const dueAt = clock.now() + limit.seconds * 1000
    let cancelTimer = clock.after(limit.seconds * 1000, () => {
      // The process was paused, as by SIGSTOP or a sleeping laptop: an answer that came meanwhile is read first
      if (clock.now() - dueAt > shortestPauseMs) cancelTimer = clock.after(afterPauseMs, pass)
      else pass()
    })
    return () => cancelTimer()
  }
  let cancel = start()
  return {
    signal: controller.signal,
    until: (promise) =>
      new Promise((resolve, reject) => {
        const settle = (): void => void listeners.delete(reject)
        listeners.add(reject)
        if (error) reject(error)
        Promise.resolve(promise).then(resolve, reject).finally(settle)
      }),
    onPassed: (passed) => void listeners.add(passed),
    restart: (again = limit.seconds, named = limit.what) => {
      cancel()
      limit = { seconds: again, what: named }
      if (!error) cancel = start()
    },
    fail,
    cancel: () => cancel(),
  }
}
