import { propertyOf } from '../unknown-values.ts'
import { forwardTo } from './forwarding-proxy.ts'
import { readBy } from './opened-stream.ts'
import { isAsyncGenerator, isPlainPromise, isThenable } from './result-kinds.ts'
import { watchIterator } from './watch-iterator.ts'

/** What happens to a thenable that is observed. Only the first of `fulfilled` and `rejected` counts. */
export interface ThenableWatch {
  /** Calls into the thenable go through here, so that its code runs in the right context. */
  within<T>(call: () => T): T
  fulfilled(value: unknown): void
  rejected(error: unknown): void
  /** The reader of an iterator that one of its methods returned has left it. @default it counts as fulfilled */
  left?(): void
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
      // A page of OpenAI's list is a promise, and an iterable of all pages
      if (isAsyncGenerator(value)) return followIterator(value, watch)
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
  const has = ([key]: [string, unknown]): boolean => typeof propertyOf(thenable, key) === 'function'
  // oxlint-disable-next-line unicorn/no-thenable -- it takes the place of one
  return Object.fromEntries([['then', then], ...methods.filter(has)])
}

function catching(thenable: object, then: Then, args: unknown[]): unknown {
  // Bluebird's has a filter in front
  if (args.length > 1) return Reflect.apply(propertyOf(thenable, 'catch') as () => unknown, thenable, args)
  return then(undefined, args[0] as Handler)
}

/** A generator that reads as `generator` does, after `watch` has learnt how it ends. */
function followIterator(generator: AsyncGenerator, watch: ThenableWatch): object {
  const done = (): void => watch.fulfilled(undefined)
  const brokenOff = (): void => (watch.left ? watch.left() : done())
  const within = <T>(call: () => T): T => watch.within(call)
  return readBy(
    watchIterator(generator, { pulls: 0, within, done, brokenOff, failed: (error) => watch.rejected(error) }),
    generator,
  )
}

/** A promise that settles as `promise` does, after `watch` has learnt of it; unhandled until a caller handles it. */
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
