import { isInstance, peek } from '../peek.ts'

/** True for what a generator function or an async generator function returns. */
export function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  const tag = peek(value, Symbol.toStringTag)
  return (tag === 'AsyncGenerator' || tag === 'Generator') && typeof peek(value, 'next') === 'function'
}

/** True for what an async generator function returns. */
export function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return peek(value, Symbol.toStringTag) === 'AsyncGenerator' && typeof peek(value, 'next') === 'function'
}

/** True for what a generator function returns. */
export function isSyncGenerator(value: unknown): value is Generator {
  return peek(value, Symbol.toStringTag) === 'Generator' && typeof peek(value, 'next') === 'function'
}

/** True for a ReadableStream that nobody holds a reader of. */
export function isReadable(value: unknown): value is ReadableStream {
  return isInstance(value, ReadableStream) && peek(value, 'locked') === false
}
