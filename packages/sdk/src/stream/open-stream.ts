import { isAsyncGenerator, isGenerator, isReadable, isSyncGenerator } from './is-stream.ts'
import { openHeld, type StreamOf } from './open-held.ts'
import { openReadable } from './open-readable.ts'
import { draw, drawSync, openedBy, type OpenedStream } from './opened-stream.ts'
import { watchIterator, watchSyncIterator, type StreamWatch } from './watch-iterator.ts'

/** True for a result that is a stream, or that `streamOf` says to hold one. */
export function holdsStream(result: unknown, streamOf: StreamOf | undefined): result is object {
  if (typeof result !== 'object' || result === null) return false
  return streamOf !== undefined || isReadable(result) || isGenerator(result)
}

/**
 * Opens the stream that a result is or holds and draws its first chunk of an answer, so that a failure before it can still be retried.
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
  if (isAsyncGenerator(result)) {
    const drawn = await draw(result, watch)
    return openedBy(watchIterator(result, watch, drawn.results), result, drawn)
  }
  if (!isSyncGenerator(result)) return undefined
  const drawn = drawSync(result, watch)
  return openedBy(watchSyncIterator(result, watch, drawn.results), result, drawn)
}
