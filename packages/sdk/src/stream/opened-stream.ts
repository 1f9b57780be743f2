import { forwardTo } from './forwarding-proxy.ts'
import { isPreamble, reportedError, type ReportedError } from './known-chunks.ts'
import { asyncGenerator, closeOf, syncGenerator, type Source, type StreamWatch } from './watch-iterator.ts'

/** A result that is, or holds, a stream, once its first chunk is there. */
export interface OpenedStream {
  /** What the caller gets in its place. */
  readonly value: unknown
  /** What every reader of it holds: if it is collected, no one reads the stream any more. Absent if it goes on by itself. */
  readonly held?: object
  /** An error that it reported before it brought anything of an answer. */
  readonly reported: ReportedError | undefined
  /** True if it ended without anything of an answer. */
  readonly isEmpty: boolean
  /** Breaks it off, if no one will read it any more. Holds nothing that the reader holds. */
  readonly close: () => unknown
}

/** What came of a stream before anybody read it. */
export interface Drawn extends Pick<OpenedStream, 'reported' | 'isEmpty'> {
  readonly results: readonly IteratorResult<unknown>[]
}

/** Nothing is held back for longer than this, whatever it looks like. */
const mostPreamble = 100

/** Draws what comes before the answer and the first chunk of the answer itself, so that a failure before it can still be retried. */
export async function draw(
  source: Source<PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>>,
  watch: StreamWatch,
): Promise<Drawn> {
  const results: IteratorResult<unknown>[] = []
  for (;;) {
    const result = await watch.within(() => source.next())
    results.push(result)
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
    const found = look(result, results)
    if (found) return found
  }
}

function look(last: IteratorResult<unknown>, results: IteratorResult<unknown>[]): Drawn | undefined {
  if (last.done) return { results, reported: undefined, isEmpty: true }
  const reported = reportedError(last.value)
  if (reported === undefined && isPreamble(last.value) && results.length < mostPreamble) return undefined
  return { results, reported, isEmpty: false }
}

/** What `source` is for its reader when `generator` is read in its place: one that can do all that the source can. */
export function readBy(generator: AsyncGenerator | Generator, source: object): object {
  return isPlainGenerator(source) ? generator : withMethodsOf(() => source, generator)
}

/** An opened stream of `source` that is read by `generator`. */
export function openedBy(generator: AsyncGenerator | Generator, source: object, drawn: Drawn): OpenedStream {
  return { value: readBy(generator, source), held: generator, ...drawn, close: closeOf(generator) }
}

/** Like `source()` in everything, but read through `generator`. */
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

/** True for what a native generator function returns, with nothing added to it. */
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
