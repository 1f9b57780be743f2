import { hideCause } from '../errors/error-details.ts'
import { endsTurn, reportedError, reportsAbort } from './known-chunks.ts'

/** Callbacks of a watched stream. Exactly one of `done`, `failed` and `brokenOff` is called. */
export interface StreamWatch {
  /** Wraps every call to the source, so that its code runs in the right context. */
  within<T>(call: () => T): T
  /** Number of pending calls of its reader. */
  pulls: number
  /** True if the caller already has the stream: it is watched at once, and its first chunk is not awaited. @default false */
  readonly isImmediate?: boolean
  /** Time limits of the stream, if there are any. */
  limit?: StreamLimit | undefined
  /** Is called for each chunk as it arrives. */
  progressed?(): void
  /** Is called for each chunk after those that were read before the reader started. */
  chunk?(): void
  /** Is called with each chunk that the reader gets. */
  saw?: ((chunk: unknown) => void) | undefined
  /** It was read to its end. */
  done(): void
  failed(error: unknown): void
  /** Its reader left it, or it reported that it was aborted. */
  brokenOff(): void
}

/** Bounds how long a reader waits for the next chunk. */
export interface StreamLimit {
  /** Settles like the pull, or rejects if the time limit passes first. */
  pull<T>(call: () => PromiseLike<T> | T): Promise<T>
  isPassed(): boolean
  throwIfPassed(): void
}

/** The part of an iterator that a reader calls. */
export type Source<Next> = {
  next(...sent: [] | [unknown]): Next
  return?: ((value?: unknown) => Next) | undefined
  throw?: ((error: unknown) => Next) | undefined
}

/** Reports to a watch, once, how the stream ended. */
class Ending {
  readonly #watch: StreamWatch
  #drawn: number
  #isReported = false
  #reported: { readonly error: unknown } | undefined
  #isAborted = false
  /** True when the reader leaves: it causes any later end, also that of a pending `next()`. */
  leaving = false

  constructor(watch: StreamWatch, drawn: number) {
    this.#watch = watch
    this.#drawn = drawn
  }

  saw(result: IteratorResult<unknown>): IteratorResult<unknown> {
    if (this.#isReported) return result
    if (!result.done) {
      if (this.#drawn > 0) this.#drawn -= 1
      else {
        this.#watch.chunk?.()
        this.#watch.progressed?.()
      }
      this.#watch.saw?.(result.value)
      this.#look(result.value)
      return result
    }
    this.#isReported = true
    if (this.#reported) this.#watch.failed(this.#reported.error)
    else if (this.leaving || this.#isAborted) this.#watch.brokenOff()
    else this.#watch.done()
    return result
  }

  threw(error: unknown): never {
    if (!this.#isReported) {
      this.#isReported = true
      // The Claude Agent SDK throws after an error result, without its type
      if (this.#reported) hideCause(error, this.#reported.error)
      this.#watch.failed(error)
    }
    throw error
  }

  #look(chunk: unknown): void {
    if (typeof chunk !== 'object' || chunk === null) return
    if (endsTurn(chunk)) {
      this.#reported = undefined
      this.#isAborted = false
    }
    this.#reported ??= reportedError(chunk)
    if (reportsAbort(chunk)) this.#isAborted = true
  }
}

const prototypeOf = (generator: { prototype: object }): object => Object.getPrototypeOf(generator.prototype) as object
/** The prototype of all async generators. */
export const asyncGenerator: object = prototypeOf(async function* () {})
/** The prototype of all other generators. */
export const syncGenerator: object = prototypeOf(function* () {})

const closers = new WeakMap<object, () => unknown>()

/** Returns a function that closes the source of `generator` and holds neither. This does not count as a reader that leaves. */
export function closeOf(generator: AsyncGenerator | Generator): () => unknown {
  const held = new WeakRef(generator)
  return () => {
    const alive = held.deref()
    return alive && closers.get(alive)?.()
  }
}

function closable<G extends object>(generator: G, source: Source<unknown>, watch: StreamWatch): G {
  closers.set(generator, () => watch.within(() => source.return?.(undefined)))
  return generator
}

/**
 * Passes every call of a reader to `source`, at once and unchanged, and reports to `watch` how the stream ended. `drawn` are its first
 * results, if some were read already.
 */
export function watchIterator(
  source: Source<PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>>,
  watch: StreamWatch,
  drawn: readonly IteratorResult<unknown>[] = [],
): AsyncGenerator {
  const ending = new Ending(watch, drawn.length)
  let isOver = false
  const generator = Object.assign(
    Object.create(asyncGenerator) as AsyncGenerator,
    forwardCalls<PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>>(source, ending, drawn, async (call) => {
      const { limit } = watch
      if (limit?.isPassed() && (isOver || ending.leaving)) return { done: true, value: undefined }
      watch.pulls += 1
      try {
        return ending.saw(await (limit ? limit.pull(() => watch.within(call)) : watch.within(call)))
      } catch (error) {
        isOver = true
        return ending.threw(error)
      } finally {
        watch.pulls -= 1
      }
    }),
  )
  return closable(generator, source, watch)
}

/** {@link watchIterator} for a generator that is not async. */
export function watchSyncIterator(
  source: Generator,
  watch: StreamWatch,
  drawn: readonly IteratorResult<unknown>[] = [],
): Generator {
  const ending = new Ending(watch, drawn.length)
  const generator = Object.assign(
    Object.create(syncGenerator) as Generator,
    forwardCalls<IteratorResult<unknown>>(source as Source<IteratorResult<unknown>>, ending, drawn, (call) => {
      try {
        watch.limit?.throwIfPassed()
        return ending.saw(watch.within(call))
      } catch (error) {
        return ending.threw(error)
      }
    }),
  )
  return closable(generator, source as Source<IteratorResult<unknown>>, watch)
}

function forwardCalls<Next>(
  source: Source<Next>,
  ending: Ending,
  drawn: readonly IteratorResult<unknown>[],
  follow: (call: () => Next) => Next,
): Required<Source<Next>> {
  const waiting = [...drawn]
  return {
    next: (...sent) => {
      const result = waiting.shift() as Next | undefined
      return follow(() => result ?? source.next(...sent))
    },
    return: (value) => {
      waiting.length = 0
      ending.leaving = true
      return follow(() => (source.return ? source.return(value) : ({ done: true, value } as Next)))
    },
    throw: (error) => {
      waiting.length = 0
      return follow(() => {
        if (source.throw) return source.throw(error)
        throw error
      })
    },
  }
}

const registry = new FinalizationRegistry<() => void>((call) => call())

/** Calls `call`, which must not hold `held`, after `held` was collected; never, if the process ends first. */
export function whenCollected(held: object, call: () => void): void {
  registry.register(held, call)
}
