import { isPromise } from 'node:util/types'

import { isInstance, propertyOf } from '../unknown-values.ts'

const isMethod = (value: unknown, key: PropertyKey): boolean => typeof propertyOf(value, key) === 'function'

/** True for a promise as `async` functions return it: no subclass, no properties of its own. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  // Not a proxy, so nothing below can throw
  if (!isPromise(value) || Object.getPrototypeOf(value) !== Promise.prototype) return false
  // async_hooks numbers promises by symbols of theirs
  return Reflect.ownKeys(value).every(
    (key) => typeof key === 'symbol' && /^(trigger_)?async_id_symbol$/.test(key.description ?? ''),
  )
}

/** True for what `await` takes for a promise. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isMethod(value, 'then')
}

/** True for what a generator function or an async generator function returns, or what can do the same. */
export function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  return isAsyncGenerator(value) || isSyncGenerator(value)
}

/** True for an async generator: native, compiled for an old target, or an object that can be pulled and iterates over itself. */
export function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  if (!isMethod(value, 'next')) return false
  return propertyOf(value, Symbol.toStringTag) === 'AsyncGenerator' || iteratesItself(value as object, Symbol.asyncIterator)
}

/** True for a generator that is not async, native or compiled for an old target; not for mere iterators such as those of arrays. */
export function isSyncGenerator(value: unknown): value is Generator {
  if (!isMethod(value, 'next')) return false
  if (propertyOf(value, Symbol.toStringTag) === 'Generator') return true
  return isMethod(value, 'return') && isMethod(value, 'throw') && iteratesItself(value as object, Symbol.iterator)
}

/** A cursor that makes a new iterator has a `next()` of another kind. A proxy may return what it stands for. */
function iteratesItself(value: object, key: symbol): boolean {
  const iterate = propertyOf(value, key)
  try {
    const iterator: unknown = typeof iterate === 'function' ? Reflect.apply(iterate, value, []) : undefined
    return iterator === value || (iterator !== undefined && propertyOf(iterator, 'next') === propertyOf(value, 'next'))
  } catch {
    return false
  }
}

/** True for what `for await` can read. */
export function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && (isMethod(value, Symbol.asyncIterator) || isMethod(value, Symbol.iterator))
}

/** True for a ReadableStream that nobody holds a reader of. */
export function isReadable(value: unknown): value is ReadableStream {
  return isInstance(value, ReadableStream) && propertyOf(value, 'locked') === false
}
