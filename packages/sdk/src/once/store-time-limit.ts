import { systemClock } from '../clock.ts'

/** The time limit of a call of a store, in seconds. */
export const defaultStoreSeconds = 5

/** The `cause` of an error after a store that did not answer in time. What it was asked for may still happen. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError'

  constructor(seconds: number) {
    super(`the store has not answered within ${seconds} s`)
  }
}

/** Resolves with the answer of a store; rejects with {@link StoreTimeoutError} after `seconds`. */
export async function inTime<T>(answer: Promise<T>, seconds: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const cancel = systemClock.after(seconds * 1000, () => reject(new StoreTimeoutError(seconds)))
  try {
    return await Promise.race([answer, promise])
  } finally {
    cancel()
  }
}
