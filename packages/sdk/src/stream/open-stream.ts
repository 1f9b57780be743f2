import { isAsyncGenerator, isGenerator, isReadable, isSyncGenerator } from './is-stream.ts'
import { openHeld, type StreamOf } from './open-held.ts'
import type { OpenedStream } from './opened-stream.ts'
import { watchIterator, watchSyncIterator, type StreamWatch } from './watch-iterator.ts'

/** True for a result that is a stream, or that `streamOf` says to hold one. */
export function holdsStream(result: unknown, streamOf: StreamOf | undefined): result is object {
  if (typeof result !== 'object' || result === null) return false
  return streamOf !== undefined || isReadable(result) || isGenerator(result)
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
  const held = streamOf && (await openHeld(result, streamOf, watch))
  if (held) return held
  if (isReadable(result)) return openReadable(result, watch)
  if (isSyncGenerator(result)) {
    const first = watch.within(() => result.next())
    const value = watchSyncIterator(result, watch, first)
    return { value, close: () => value.return(undefined) }
  }
  if (!isAsyncGenerator(result)) return undefined
  const first = await watch.within(() => result.next())
  const value = watchIterator(result, watch, first)
  return { value, close: () => value.return(undefined) }
}

async function openReadable(stream: ReadableStream, watch: StreamWatch): Promise<OpenedStream> {
  const type = isByteStream(stream) ? 'bytes' : undefined
  const reader = stream.getReader()
  const source = {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async (reason: unknown) => {
      await reader.cancel(reason)
      return { done: true as const, value: undefined }
    },
  }
  const first = await watch.within(() => source.next())
  const watched = watchIterator(source, watch, first)
  const value = new ReadableStream(
    {
      type: type as undefined,
      async pull(controller: ReadableStreamDefaultController & { byobRequest?: ReadableStreamBYOBRequest | null }) {
        const chunk = await watched.next()
        if (!chunk.done) return controller.enqueue(chunk.value)
        controller.close()
        // A reader that brought its own buffer gets it back
        controller.byobRequest?.respond(0)
      },
      // Not through a `next()` under way: what waits for a chunk must end, too
      cancel: async (reason) => void (await watched.return(reason)),
    },
    // 0: nothing is read before the caller asks
    { highWaterMark: 0 },
  )
  return { value, close: () => value.cancel() }
}

/** True for a stream whose reader may bring its own buffer, as that of an HTTP answer's body may. */
function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}
