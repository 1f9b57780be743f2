import { guarded, trip } from '../telemetry/guard.ts'
import { watchIterator, type StreamWatch } from './watch-iterator.ts'

/** A result that is, or holds, a stream: what the caller gets in its place, once the first chunk is there. */
export interface OpenedStream {
  readonly value: unknown
}

type StreamOf = (result: never) => AsyncIterable<unknown>

/** True for what a generator function or an async generator function returns. */
export function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  if (typeof value !== 'object' || value === null) return false
  const tag: unknown = Object.prototype.toString.call(value)
  return tag === '[object AsyncGenerator]' || tag === '[object Generator]'
}

/** True for a result that is a stream, or that `streamOf` says to hold one. */
export function holdsStream(result: unknown, streamOf: StreamOf | undefined): result is object {
  if (typeof result !== 'object' || result === null) return false
  return streamOf !== undefined || result instanceof ReadableStream || isGenerator(result)
}

/**
 * Opens the stream that a result is or holds and draws its first chunk, so that a failure before it can still be retried.
 * Undefined if there is none that can be watched. Rejects with the stream's own error.
 */
export async function openStream(
  result: object,
  streamOf: StreamOf | undefined,
  watch: StreamWatch,
): Promise<OpenedStream | undefined> {
  if (streamOf) return openHeld(result, streamOf, watch)
  if (result instanceof ReadableStream) return openReadable(result, watch)
  const source = result as AsyncGenerator | Generator
  const first = await watch.within(() => source.next())
  return { value: watchIterator(source, first, watch) }
}

/** Breaks off a stream that nobody will read any more. */
export async function closeStream(stream: unknown): Promise<void> {
  if (stream instanceof ReadableStream) await stream.cancel()
  else if (isGenerator(stream)) await stream.return(undefined)
}

async function openReadable(stream: ReadableStream, watch: StreamWatch): Promise<OpenedStream> {
  const reader = stream.getReader()
  let cancelReason: unknown
  const source: AsyncIterator<unknown> = {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel(cancelReason)
      return { done: true, value: undefined }
    },
  }
  const first = await watch.within(() => source.next())
  const watched = watchIterator(source, first, watch)
  const value = new ReadableStream(
    {
      async pull(controller) {
        const chunk = await watched.next()
        if (chunk.done) controller.close()
        else controller.enqueue(chunk.value)
      },
      async cancel(reason) {
        cancelReason = reason
        await watched.return(undefined)
      },
    },
    // 0: nothing is read before the caller asks
    { highWaterMark: 0 },
  )
  return { value }
}

async function openHeld(result: object, streamOf: StreamOf, watch: StreamWatch): Promise<OpenedStream | undefined> {
  const branch = (): AsyncIterable<unknown> => watch.within(() => streamOf(result as never))
  const iterable = guarded('option', branch)
  const again = guarded('option', branch)
  if (!iterable || !again) return undefined
  if (iterable !== again) return openBranch(result, iterable, again, watch)
  if (iterable instanceof ReadableStream || !Object.isExtensible(iterable)) {
    trip('option', new TypeError('streamOf must return a new branch, or an iterable that can be watched in place'))
    return undefined
  }
  const source = iterable[Symbol.asyncIterator]()
  const first = await watch.within(() => source.next())
  const watched = watchIterator(source, first, watch)
  Object.defineProperty(iterable, Symbol.asyncIterator, { value: () => watched, configurable: true, writable: true })
  return { value: result }
}

/** Reads a branch of our own to its end, beside the caller's; its twin is not needed. */
async function openBranch(
  result: object,
  branch: AsyncIterable<unknown>,
  twin: AsyncIterable<unknown>,
  watch: StreamWatch,
): Promise<OpenedStream> {
  if (twin instanceof ReadableStream) await twin.cancel()
  const source = branch[Symbol.asyncIterator]()
  const first = await watch.within(() => source.next())
  void drain(watchIterator(source, first, watch))
  return { value: result }
}

async function drain(watched: AsyncGenerator): Promise<void> {
  try {
    while (!(await watched.next()).done);
  } catch {
    // The caller gets it from its own branch; watchIterator has told the run
  }
}
