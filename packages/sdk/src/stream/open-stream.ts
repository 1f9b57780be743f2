import { guarded, trip } from '../telemetry/guard.ts'
import { isInstance, propertyOf } from '../unknown-values.ts'
import { reportedError } from './known-chunks.ts'
import {
  type AgentsRun,
  type Runner,
  isAgentsRun,
  isBranching,
  isHelper,
  isIterable,
  isStream,
  knownResult,
} from './known-results.ts'
import { openReadable, openReadableInPlace, readThrough } from './open-readable.ts'
import { draw, type OpenedStream, drawSync, openedBy, undrawn } from './opened-stream.ts'
import { isGenerator, isAsyncGenerator, isReadable, isSyncGenerator } from './result-kinds.ts'
import { closeOf, watchIterator, type Source, type StreamWatch, watchSyncIterator } from './watch-iterator.ts'

/** Returns whether a result is a stream, or contains one according to its shape or to `streamOf`. */
export function holdsStream(result: unknown, streamOf: StreamOf | undefined): result is object {
  if (typeof result !== 'object' || result === null) return false
  return streamOf !== undefined || isReadable(result) || isGenerator(result) || knownResult(result) !== undefined
}

/**
 * Opens the stream that a result is or contains and reads its first chunk of an answer, so that an earlier failure can still be retried.
 * Resolves with undefined if no stream can be watched. Rejects with the stream's own error.
 */
export async function openStream(
  result: object,
  streamOf: StreamOf | undefined,
  watch: StreamWatch,
): Promise<OpenedStream | undefined> {
  const held = streamOf && (await openHeld(result, streamOf, watch))
  if (held) return held
  const known = streamOf ? undefined : await openKnown(result, watch)
  if (known) return known
  if (isReadable(result)) return openReadable(result, watch)
  if (isAsyncGenerator(result)) {
    const drawn = await draw(result, watch)
    return openedBy(watchIterator(result, watch, drawn.results), result, drawn)
  }
  if (!isSyncGenerator(result)) return undefined
  const drawn = drawSync(result, watch)
  return openedBy(watchSyncIterator(result, watch, drawn.results), result, drawn)
}

/** Returns the stream in a result: a new branch at each call, or the iterable that the caller will read. */
export type StreamOf = (result: never) => AsyncIterable<unknown>

type AsyncSource = Source<PromiseLike<IteratorResult<unknown>>>

/** Opens the stream that `streamOf` returns. Resolves with undefined, and changes nothing, if it cannot be watched. */
async function openHeld(result: object, streamOf: StreamOf, watch: StreamWatch): Promise<OpenedStream | undefined> {
  const found = (): unknown => guarded('option', () => watch.within(() => streamOf(result as never)))
  // The AI SDK omits errors from all its other streams
  const branch = (): unknown => {
    const stream = found()
    return isBranching(result) && isIterable(stream) ? guarded('option', () => result.fullStream) : stream
  }
  const iterable = branch()
  // The result itself is opened by its kind
  if (iterable === result && (isInstance(result, ReadableStream) || isGenerator(result))) return undefined
  if (isAgentsRun(iterable)) return openAgentsRun(result, iterable, watch)
  const again = branch()
  if (!isIterable(iterable) || !isIterable(again)) {
    trip('option', new TypeError('streamOf must return an async iterable'))
    return undefined
  }
  if (iterable !== again) {
    // Not awaited: one half of a tee() is cancelled only when the other is
    if (isInstance(again, ReadableStream)) again.cancel().catch(() => {})
    return openBranch(result, iterable, watch)
  }
  const opened = await (isInstance(iterable, ReadableStream)
    ? openReadableInPlace(iterable, watch)
    : openInPlace(iterable, watch))
  if (opened) return { ...opened, value: result }
  trip('option', new TypeError('streamOf must return a new branch, or an iterable that can be watched in place'))
  return undefined
}

/** Opens the stream of a result that is known by its shape. Resolves with undefined, and changes nothing, if it cannot be watched. */
async function openKnown(result: object, watch: StreamWatch): Promise<OpenedStream | undefined> {
  const known = knownResult(result)
  if (known?.kind === 'agents-run') return openAgentsRun(result, known.run, watch)
  if (known?.kind === 'runner') return openRunner(known.runner, watch)
  if (known?.kind === 'branches') {
    const branch = guarded('option', () => watch.within(known.branch))
    return isIterable(branch) ? openBranch(result, branch, watch) : undefined
  }
  if (known?.kind === 'readable') {
    const opened = await openReadableInPlace(known.stream, watch)
    return opened && { ...opened, value: result }
  }
  const opened = known && (await openInPlace(known.iterable, watch))
  return opened && { ...opened, value: result }
}

/** It can be retried until its first model call has succeeded. */
async function openRunner(runner: Runner, watch: StreamWatch): Promise<OpenedStream> {
  const begun = new Promise<void>((resolve) => void guarded('option', () => runner.on('chatCompletion', resolve)))
  if (!watch.isImmediate) await Promise.race([begun, runner.done()])
  followEnd(runner.done(), watch)
  return { value: runner, reported: undefined, isEmpty: false, close: () => runner.abort?.() }
}

/** Any reader reads its stream through another one; it also ends without a reader. */
async function openAgentsRun(result: object, run: AgentsRun, watch: StreamWatch): Promise<OpenedStream | undefined> {
  const stream = guarded('option', () => run.toStream())
  if (!isInstance(stream, ReadableStream) || stream.locked) return undefined
  cancelIf(() => propertyOf(run, 'cancelled') === true, watch)
  const opened = await openReadable(stream, watch)
  readThrough(stream, opened.value as ReadableStream)
  if (!opened.reported) followEnd(run.completed, watch)
  const { held: _, ...rest } = opened
  return { ...rest, value: result }
}

function followEnd(end: PromiseLike<unknown>, watch: StreamWatch): void {
  Promise.resolve(end).then(
    () => watch.done(),
    (error: unknown) => watch.failed(error),
  )
}

/** Reads a separate branch to its end, in addition to the caller's. */
async function openBranch(result: object, branch: AsyncIterable<unknown>, watch: StreamWatch): Promise<OpenedStream | undefined> {
  const source = guarded('option', () => branch[Symbol.asyncIterator]() as AsyncSource)
  if (!source) return undefined
  const drawn = watch.isImmediate ? undrawn : await draw(source, watch)
  const watched = watchIterator(source, watch, drawn.results)
  const close = closeOf(watched)
  // Not as a reader that leaves, which would end the run as cancelled before its error does
  if (drawn.reported) void Promise.resolve(guarded('option', close)).catch(() => {})
  else void drain(watched)
  return { value: result, ...drawn, close }
}

async function drain(watched: AsyncGenerator): Promise<void> {
  try {
    while (!(await watched.next()).done);
  } catch {
    // The caller gets the error from its own branch; watchIterator has reported it to the run
  }
}

/** Replaces the iterator that the caller will get from the iterable with a watched one. */
async function openInPlace(
  iterable: AsyncIterable<unknown>,
  watch: StreamWatch,
): Promise<Omit<OpenedStream, 'value'> | undefined> {
  const iterator = isReadOtherwise(iterable) ? undefined : guarded('option', () => iterable[Symbol.asyncIterator]())
  const source = iterator && guarded('option', () => boundTo(iterator as AsyncSource))
  let watched: AsyncSource | undefined
  const put = (): { back(): void } | undefined =>
    source && replace(iterable, (iterator as unknown) === iterable, () => watched ?? source)
  const trial = put()
  if (!source || !trial) return undefined
  // Only a trial: until the first chunk arrives, OpenAI's own code reads the stream in the same way as a caller
  trial.back()
  const drawn = watch.isImmediate ? undrawn : await draw(source, watch)
  const generator = watchIterator(source, watch, drawn.results)
  watched = generator as AsyncSource
  put()
  const close = closeOf(generator)
  if (isStream(iterable)) cancelIf(() => isAborted(iterable.controller), watch)
  if (!isHelper(iterable)) return { held: generator, ...drawn, close }
  // It continues whether it is read or not, and ends without an error after a part that reports a failed answer
  const look = (chunk: unknown): void => {
    const reported = reportedError(chunk)
    if (reported) watch.failed(reported.error)
  }
  guarded('option', () => iterable.on('event', look))
  followEnd(iterable.done(), watch)
  return { ...drawn, close }
}

/** Ends the run as cancelled in place of successful if `isAborted()` holds then: these streams end without an error when they are aborted. */
function cancelIf(isAborted: () => boolean, watch: StreamWatch): void {
  const done = watch.done.bind(watch)
  watch.done = () => (isAborted() ? watch.brokenOff() : done())
}

const isAborted = (controller: object): boolean => propertyOf(propertyOf(controller, 'signal'), 'aborted') === true

/** Returns the current methods of an iterator, also if they are replaced later. */
function boundTo(iterator: AsyncSource): AsyncSource {
  return {
    next: iterator.next.bind(iterator),
    return: iterator.return?.bind(iterator),
    throw: iterator.throw?.bind(iterator),
  }
}

/** Makes an iterable return `current()` to its first reader. An iterator is its own iterator, so its methods are replaced. */
function replace(
  iterable: AsyncIterable<unknown>,
  isIterator: boolean,
  current: () => AsyncSource,
): { back(): void } | undefined {
  let taken = false
  const once = (key: PropertyKey): (() => unknown) => {
    const original = propertyOf(iterable, key) as () => unknown
    return () => {
      if (taken) return Reflect.apply(original, iterable, [])
      taken = true
      return current()
    }
  }
  const replacements: Record<PropertyKey, unknown> = isIterator
    ? {
        next: (...sent: [] | [unknown]) => current().next(...sent),
        return: async (value: unknown) => current().return?.(value) ?? { done: true, value },
        throw: async (error: unknown) => current().throw?.(error) ?? Promise.reject(error as Error),
      }
    : { [Symbol.asyncIterator]: once(Symbol.asyncIterator) }
  // OpenAI's Stream reads it in tee() and toReadableStream() as well
  if (!isIterator && typeof propertyOf(iterable, 'iterator') === 'function') replacements['iterator'] = once('iterator')
  const done: (() => unknown)[] = []
  const back = (): void => {
    for (const undo of done) guarded('option', undo)
  }
  for (const key of Reflect.ownKeys(replacements)) {
    const before = Reflect.getOwnPropertyDescriptor(iterable, key)
    const value = replacements[key as string]
    const put = guarded('option', () => Reflect.defineProperty(iterable, key, { value, configurable: true, writable: true }))
    if (!put) {
      back()
      return undefined
    }
    done.push(() => (before ? Reflect.defineProperty(iterable, key, before) : Reflect.deleteProperty(iterable, key)))
  }
  return { back }
}

/** Returns whether a stream has other reading methods (getReader, pipe), which bypass a replaced iterator. */
function isReadOtherwise(iterable: AsyncIterable<unknown>): boolean {
  return [propertyOf(iterable, 'getReader'), propertyOf(iterable, 'pipe')].some((method) => typeof method === 'function')
}
