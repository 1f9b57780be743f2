import { propertyOf } from '../unknown-values.ts'
import { forwardTo } from './forwarding-proxy.ts'
import { readBy } from './opened-stream.ts'
import { isAsyncGenerator, isPlainPromise, isThenable } from './result-kinds.ts'
import { watchIterator } from './watch-iterator.ts'

/** Callbacks of an observed thenable. Only the first of `fulfilled` and `rejected` counts. */
export interface ThenableWatch {
  /** Wraps every call to the thenable, so that its code runs in the right context. */
  within<T>(call: () => T): T
  fulfilled(value: unknown): void
  rejected(error: unknown): void
  /** The reader of an iterator that one of its methods returned left it. @default counts as fulfilled */
  left?(): void
}

type Handler = ((value: unknown) => unknown) | null | undefined
type Then = (fulfilled?: Handler, rejected?: Handler, ...more: unknown[]) => unknown

/**
 * Returns an object that behaves like `thenable` and reports its outcome to `watch`: when its `then()` is called, because a query runs
 * only then, or when a promise that another of its methods returned settles. Nothing is called before the caller calls it.
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

/** Returns an object that behaves like `thenable` but has another `then()`. Promises of other methods report to `watch`. */
export function forwardThenable<T extends object>(thenable: T, then: Then, watch: ThenableWatch): T {
  return forwardTo(() => thenable, {
    own: promiseMethods(thenable, then),
    returned(value) {
      if (isPlainPromise(value)) return followPromise(value, watch)
      // A page of OpenAI's list is a promise, and an iterable of all pages
      if (isAsyncGenerator(value)) return followIterator(value, watch)
      return isThenable(value) ? observeThenable(value as object, watch) : value
    },
  })
}

/** Returns `then()`, and `catch()` and `finally()` based on it if the thenable has them. */
function promiseMethods(thenable: object, then: Then): Record<string, unknown> {
  const settled = (): Promise<unknown> => new Promise((resolve, reject) => void then(resolve, reject))
  const methods: [string, unknown][] = [
    ['catch', (...args: unknown[]) => catching(thenable, then, args)],
    ['finally', (call: (() => void) | undefined) => settled().finally(call)],
  ]
  const has = ([key]: [string, unknown]): boolean => typeof propertyOf(thenable, key) === 'function'
  // oxlint-disable-next-line unicorn/no-thenable -- it takes the place of one
  return Object.fromEntries([['then', then], ...methods.filter(has)])
}

function catching(thenable: object, then: Then, args: unknown[]): unknown {
  // Bluebird's has a filter in front
  if (args.length > 1) return Reflect.apply(propertyOf(thenable, 'catch') as () => unknown, thenable, args)
  return then(undefined, args[0] as Handler)
}

/** Returns a generator that reads from `generator` and reports its end to `watch`. */
function followIterator(generator: AsyncGenerator, watch: ThenableWatch): object {
  const done = (): void => watch.fulfilled(undefined)
  const brokenOff = (): void => (watch.left ? watch.left() : done())
  const within = <T>(call: () => T): T => watch.within(call)
  return readBy(
    watchIterator(generator, { pulls: 0, within, done, brokenOff, failed: (error) => watch.rejected(error) }),
    generator,
  )
}

/** Returns a promise that settles like `promise`, after `watch` was notified; unhandled until a caller handles it. */
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
