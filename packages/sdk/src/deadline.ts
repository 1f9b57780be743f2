import type { World } from './world.ts'

/** A time limit and the signal that it aborts. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Rejects with a `TimeoutError` when the time is over; never resolves. */
  readonly passed: Promise<never>
  /** Lifts the limit. */
  cancel(): void
  /** Begins it anew, in full. */
  restart(): void
}

/** Begins a time limit; `what` names it in the error. */
export function startDeadline(world: World, seconds: number, what: string): Deadline {
  const controller = new AbortController()
  const { promise: passed, reject } = Promise.withResolvers<never>()
  // It may pass when nobody races it any more
  passed.catch(() => {})
  const begin = (): (() => void) =>
    world.after(seconds * 1000, () => {
      const error = new DOMException(`${what} of ${seconds} s is over`, 'TimeoutError')
      // First the race, then the signal: a function that rejects at once with an abort of its own has still run out of time
      reject(error)
      controller.abort(error)
    })
  let cancel = begin()
  const restart = (): void => {
    cancel()
    cancel = begin()
  }
  return { signal: controller.signal, passed, cancel: () => cancel(), restart }
}
