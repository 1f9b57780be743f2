import { isPromise } from 'node:util/types'

import { isInstance, propertyOf } from '../unknown-values.ts'

const isMethod = (value: unknown, key: PropertyKey): boolean => typeof propertyOf(value, key) === 'function'

/** Returns whether a value is a promise as `async` functions return it: no subclass, no properties of its own. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  // Not a proxy, so nothing below can throw
  if (!isPromise(value) || Object.getPrototypeOf(value) !== Promise.prototype) return false
  // async_hooks numbers promises by symbols of theirs
  return Reflect.ownKeys(value).every(isOfAsyncHooks)
}

function isOfAsyncHooks(key: PropertyKey): boolean {
  return typeof key === 'symbol' && /^(trigger_)?async_id_symbol$/.test(key.description ?? '')
}

/** Returns whether `await` treats a value as a promise. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isMethod(value, 'then')
}

/** Returns whether a value is what a generator function or an async generator function returns, or works the same way. */
export function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  return generatorKind(value) !== undefined
}

/** Returns whether a value is an async generator: native, compiled for an old target, or an object with `next()` that iterates itself. */
export function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return generatorKind(value) === 'async'
}

/** Returns whether a value is a synchronous generator, native or compiled for an old target; not a mere iterator such as an array's. */
export function isSyncGenerator(value: unknown): value is Generator {
  return generatorKind(value) === 'sync'
}

function generatorKind(value: unknown): 'async' | 'sync' | undefined {
  if (!isMethod(value, 'next')) return undefined
  const tag = propertyOf(value, Symbol.toStringTag)
  if (tag === 'AsyncGenerator' || iteratesItself(value as object, Symbol.asyncIterator)) return 'async'
  if (tag === 'Generator') return 'sync'
  const canEnd = isMethod(value, 'return') && isMethod(value, 'throw')
  return canEnd && iteratesItself(value as object, Symbol.iterator) ? 'sync' : undefined
}

/** A cursor that creates a new iterator has a `next()` of another kind. A proxy may return its target. */
function iteratesItself(value: object, key: symbol): boolean {
  const iterate = propertyOf(value, key)
  try {
    const iterator: unknown = typeof iterate === 'function' ? Reflect.apply(iterate, value, []) : undefined
    return iterator === value || (iterator !== undefined && propertyOf(iterator, 'next') === propertyOf(value, 'next'))
  } catch {
    return false
  }
}

/** Returns whether `for await` can read an object. */
export function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && (isMethod(value, Symbol.asyncIterator) || isMethod(value, Symbol.iterator))
}

/** Returns whether a value is a ReadableStream without a reader. */
export function isReadable(value: unknown): value is ReadableStream {
  return isInstance(value, ReadableStream) && propertyOf(value, 'locked') === false
}
