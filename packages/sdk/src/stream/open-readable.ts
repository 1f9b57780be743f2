import { guarded } from '../telemetry/guard.ts'
import { isInstance, propertyOf } from '../unknown-values.ts'
import { draw, type OpenedStream, undrawn } from './opened-stream.ts'
import { closeOf, watchIterator, type StreamWatch } from './watch-iterator.ts'

/** Opens a ReadableStream; the caller gets another one with the same additions to a plain one. */
export async function openReadable(stream: ReadableStream, watch: StreamWatch): Promise<OpenedStream> {
  const type = isByteStream(stream) ? 'bytes' : undefined
  const reader = stream.getReader()
  const source = {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async (reason: unknown) => {
      await reader.cancel(reason)
      return { done: true as const, value: undefined }
    },
  }
  const drawn = watch.isImmediate ? undrawn : await draw(source, watch)
  const watched = watchIterator(source, watch, drawn.results)
  const value = new ReadableStream(
    {
      type: type as undefined,
      async pull(controller: ReadableStreamDefaultController & { byobRequest?: ReadableStreamBYOBRequest | null }) {
        const chunk = await watched.next()
        if (!chunk.done) return controller.enqueue(chunk.value)
        controller.close()
        // A reader that passed its own buffer gets it back
        controller.byobRequest?.respond(0)
      },
      // Not through a pending `next()`: a call that waits for a chunk must end, too
      cancel: async (reason) => void (await watched.return(reason)),
    },
    // 0: nothing is read before the caller reads
    { highWaterMark: 0 },
  )
  guarded('option', () => carryOver(stream, value))
  return { value, held: watched, ...drawn, close: closeOf(watched) }
}

/** Returns whether the reader of a stream may pass its own buffer, as for the body of an HTTP response. */
function isByteStream(stream: ReadableStream): boolean {
  try {
    const reader: unknown = stream.getReader({ mode: 'byob' })
    ;(reader as ReadableStreamBYOBReader).releaseLock()
    // A custom `getReader()` may not support modes
    return isInstance(reader, ReadableStreamBYOBReader)
  } catch {
    return false
  }
}

/**
 * Opens a ReadableStream whose reader will read this object: from then on it is read through the watched one. Returns undefined, and
 * reads nothing, if the stream does not allow that.
 */
export async function openReadableInPlace(stream: ReadableStream, watch: StreamWatch): Promise<OpenedStream | undefined> {
  if (stream.locked || !canBeReadThrough(stream)) return undefined
  const opened = await openReadable(stream, watch)
  const own = readingKeys.filter((key) => key !== Symbol.asyncIterator && Object.hasOwn(stream, key))
  // Its own reading methods were used for its chunks; its own iterator reads through one of them
  for (const key of own) Reflect.deleteProperty(stream, key)
  readThrough(stream, opened.value as ReadableStream)
  return opened
}

function canBeReadThrough(stream: ReadableStream): boolean {
  const probe = Symbol('probe')
  const isOpen = guarded('option', () => Reflect.defineProperty(stream, probe, { value: true, configurable: true }))
  if (isOpen !== true) return false
  Reflect.deleteProperty(stream, probe)
  return readingKeys.every((key) => Reflect.getOwnPropertyDescriptor(stream, key)?.configurable !== false)
}

const isFor = (description: string | undefined): boolean => /^nodejs\.(web)?stream\.(?!controller)/.test(description ?? '')
const readingKeys: readonly PropertyKey[] = [
  ...(['cancel', 'getReader', 'locked', 'pipeThrough', 'pipeTo', 'tee', 'values', Symbol.asyncIterator] as const),
  // Read by `new Response(stream)` and by `finished()` and `pipeline()` of Node
  ...Object.getOwnPropertySymbols(ReadableStream.prototype).filter(({ description }) => isFor(description)),
]
/** Properties that Node keeps in every ReadableStream, and those of its prototype. */
const plainKeys = new Set<PropertyKey>([
  ...Reflect.ownKeys(new ReadableStream()),
  ...Reflect.ownKeys(ReadableStream.prototype),
  'constructor',
])

/**
 * Adds the own properties of `stream` and those of its class to `replacement`. Their code runs on the original, which may have private
 * fields; the data that it reads there comes from the replacement.
 */
function carryOver(stream: ReadableStream, replacement: ReadableStream): void {
  const own = Reflect.ownKeys(stream).filter((key) => !plainKeys.has(key) || key === Symbol.asyncIterator)
  const prototype = Object.getPrototypeOf(stream) as object
  if (own.length === 0 && prototype === ReadableStream.prototype) return
  readThrough(stream, replacement)
  for (const key of own) forwardProperty(replacement, key, stream)
  if (prototype === ReadableStream.prototype) return
  const added = Object.create(prototype) as object
  for (let level = prototype; level !== ReadableStream.prototype; level = Object.getPrototypeOf(level) as object) {
    // A method that overrides one of every stream reads, through `super`, the object that it is called on
    for (const key of Reflect.ownKeys(level))
      if (!plainKeys.has(key) && !Object.hasOwn(added, key)) forwardProperty(added, key, stream)
  }
  Object.setPrototypeOf(replacement, added)
}

/** Lets the locked `stream` be read through `replacement`. */
export function readThrough(stream: ReadableStream, replacement: ReadableStream): void {
  for (const key of readingKeys) {
    if (Object.hasOwn(stream, key)) continue
    const get = (): unknown => {
      const value = propertyOf(replacement, key)
      return typeof value === 'function' ? (value as () => unknown).bind(replacement) : value
    }
    Reflect.defineProperty(stream, key, { get, configurable: true })
  }
}

function forwardProperty(to: object, key: PropertyKey, from: object): void {
  Reflect.defineProperty(to, key, {
    get: () => {
      const value: unknown = Reflect.get(from, key, from)
      return typeof value === 'function' ? (value as () => unknown).bind(from) : value
    },
    set: (value: unknown) => {
      Reflect.set(from, key, value, from)
    },
    configurable: true,
    enumerable: Object.prototype.propertyIsEnumerable.call(from, key),
  })
}
