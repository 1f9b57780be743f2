import { forwardTo } from './forward.ts'
import { peek } from './peek.ts'
import { isPlainPromise, isThenable } from './stream/is-stream.ts'

/** What happens to a thenable that is observed. Only the first of `fulfilled` and `rejected` counts. */
export interface ThenableWatch {
  /** Calls into the thenable go through here, so that its code runs in the right context. */
  within<T>(call: () => T): T
  fulfilled(value: unknown): void
  rejected(error: unknown): void
}

type Handler = ((value: unknown) => unknown) | null | undefined
type Then = (fulfilled?: Handler, rejected?: Handler, ...more: unknown[]) => unknown

/**
 * An object like `thenable` in everything whose outcome `watch` learns: when its `then()` is called, since a query runs only then, or
 * when the promise that another of its methods returned settles. Nothing is called before its caller calls it.
 */
export function observeThenable<T extends object>(thenable: T, watch: ThenableWatch): T {
  const then: Then = (fulfilled, rejected, ...more) => {
    const onFulfilled = (value: unknown): unknown => {
      const settled = isThenable(value) ? observeThenable(value as object, watch) : (watch.fulfilled(value), value)
      return typeof fulfilled === 'function' ? fulfilled(settled) : settled
    }
    const onRejected = (error: unknown): unknown => {
      watch.rejected(error)
      if (typeof rejected === 'function') return rejected(error)
      throw error
    }
    try {
      return watch.within(() => (thenable as { then: Then }).then(onFulfilled, onRejected, ...more))
    } catch (error) {
      watch.rejected(error)
      throw error
    }
  }
  return forwardThenable(thenable, then, watch)
}

/** An object like `thenable` in everything, with another `then()`. `watch` learns what promises of other methods bring. */
export function forwardThenable<T extends object>(thenable: T, then: Then, watch: ThenableWatch): T {
  return forwardTo(() => thenable, {
    own: promiseMethods(thenable, then),
    returned(value) {
      if (isPlainPromise(value)) return followPromise(value, watch)
      return isThenable(value) ? observeThenable(value as object, watch) : value
    },
  })
}

/** Our `then()`, and by way of it `catch()` and `finally()` where the thenable has them. */
function promiseMethods(thenable: object, then: Then): Record<string, unknown> {
  const settled = (): Promise<unknown> => new Promise((resolve, reject) => void then(resolve, reject))
  const methods: [string, unknown][] = [
    ['catch', (...args: unknown[]) => catching(thenable, then, args)],
    ['finally', (call: (() => void) | undefined) => settled().finally(call)],
  ]
  const has = ([key]: [string, unknown]): boolean => typeof peek(thenable, key) === 'function'
  // oxlint-disable-next-line unicorn/no-thenable -- it takes the place of one
  return Object.fromEntries([['then', then], ...methods.filter(has)])
}

function catching(thenable: object, then: Then, args: unknown[]): unknown {
  // Bluebird's has a filter in front
  if (args.length > 1) return Reflect.apply(peek(thenable, 'catch') as () => unknown, thenable, args)
  return then(undefined, args[0] as Handler)
}

/** A promise that settles as `promise` does, after `watch` has learnt of it; unhandled as long as nobody handles it. */
export async function followPromise(
  promise: PromiseLike<unknown>,
  watch: Pick<ThenableWatch, 'fulfilled' | 'rejected'>,
): Promise<unknown> {
  try {
    const value = await promise
    watch.fulfilled(value)
    return value
  } catch (error) {
    watch.rejected(error)
    throw error
  }
}
