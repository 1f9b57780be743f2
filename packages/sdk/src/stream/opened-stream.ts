import { forwardTo } from './forwarding-proxy.ts'
import { isPreamble, reportedError, type ReportedError } from './known-chunks.ts'
import { asyncGenerator, closeOf, syncGenerator, type Source, type StreamWatch } from './watch-iterator.ts'

/** A result that is, or contains, a stream, after its first chunk has arrived. */
export interface OpenedStream {
  /** The value for the caller. */
  readonly value: unknown
  /** An object that every reader holds: after it is collected, no one reads the stream. Absent if the stream continues without a reader. */
  readonly held?: object
  /** An error that it reported before any part of an answer. */
  readonly reported: ReportedError | undefined
  /** True if it ended without any part of an answer. */
  readonly isEmpty: boolean
  /** Closes it if no one will read it any further. Holds nothing that the reader holds. */
  readonly close: () => unknown
}

/** The first results of a stream, before its reader reads it. */
export interface Drawn extends Pick<OpenedStream, 'reported' | 'isEmpty'> {
  readonly results: readonly IteratorResult<unknown>[]
}

/** Maximum number of chunks before the answer; later ones count as the answer. */
const maxPreamble = 100

/** First results of a stream that the caller already has: none is known. */
export const undrawn: Drawn = { results: [], reported: undefined, isEmpty: false }

/** Reads up to the first chunk of the answer, so that a failure before it can still be retried. */
export async function draw(
  source: Source<PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>>,
  watch: StreamWatch,
): Promise<Drawn> {
  const results: IteratorResult<unknown>[] = []
  for (;;) {
    const result = await watch.within(() => source.next())
    results.push(result)
    watch.progressed?.()
    const found = look(result, results)
    if (found) return found
  }
}

/** {@link draw} for a generator that is not async. */
export function drawSync(source: Generator, watch: StreamWatch): Drawn {
  const results: IteratorResult<unknown>[] = []
  for (;;) {
    const result = watch.within(() => source.next())
    results.push(result)
    watch.progressed?.()
    const found = look(result, results)
    if (found) return found
  }
}

function look(last: IteratorResult<unknown>, results: IteratorResult<unknown>[]): Drawn | undefined {
  if (last.done) return { results, reported: undefined, isEmpty: true }
  const reported = reportedError(last.value)
  if (reported === undefined && isPreamble(last.value) && results.length < maxPreamble) return undefined
  return { results, reported, isEmpty: false }
}

/** Returns an object with all methods of `source` that reads from `generator`. */
export function readBy(generator: AsyncGenerator | Generator, source: object): object {
  return isPlainGenerator(source) ? generator : withMethodsOf(() => source, generator)
}

/** Returns the opened stream of `source` that is read through `generator`. */
export function openedBy(generator: AsyncGenerator | Generator, source: object, drawn: Drawn): OpenedStream {
  return { value: readBy(generator, source), held: generator, ...drawn, close: closeOf(generator) }
}

/** Returns an object that behaves like `source()` but is read through `generator`. */
export function withMethodsOf(source: () => object, generator: AsyncGenerator | Generator): object {
  const itself = (): object => forwarder
  const isAsync = Symbol.asyncIterator in generator
  const own: Record<PropertyKey, unknown> = {
    next: generator.next.bind(generator),
    return: generator.return.bind(generator),
    throw: generator.throw.bind(generator),
    [isAsync ? Symbol.asyncIterator : Symbol.iterator]: itself,
  }
  const dispose = isAsync ? Symbol.asyncDispose : Symbol.dispose
  if (dispose in generator) own[dispose] = () => Reflect.apply(Reflect.get(generator, dispose) as () => unknown, generator, [])
  const forwarder: object = forwardTo(source, { own })
  return forwarder
}

/** Returns whether a native generator function returned this object, and nothing was added to it. */
export function isPlainGenerator(generator: object): boolean {
  try {
    const prototype = Object.getPrototypeOf(generator) as object
    const native: unknown = Object.getPrototypeOf(prototype)
    const isNative = native === asyncGenerator || native === syncGenerator
    return isNative && Reflect.ownKeys(generator).length === 0 && Reflect.ownKeys(prototype).length === 0
  } catch {
    return false
  }
}
