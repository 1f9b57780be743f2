/** What happens around a stream that is watched. Exactly one of the three endings is called. */
export interface StreamWatch {
  /** Calls into the source go through here, so that its code runs in the right context. */
  within<T>(call: () => T): T
  /** It was read to its end. */
  done(): void
  failed(error: unknown): void
  /** Its reader broke off. */
  brokenOff(): void
}

/** The part of an iterator that a reader calls. */
export type Source<Next> = {
  next(...sent: [] | [unknown]): Next
  return?: ((value?: unknown) => Next) | undefined
  throw?: ((error: unknown) => Next) | undefined
}

/** Tells a watch, once, how the stream ended that gave these results. */
class Ending {
  readonly #watch: StreamWatch
  #told = false
  /** The reader leaves: an end from now on is its doing, also that of a `next()` under way. */
  leaving = false

  constructor(watch: StreamWatch) {
    this.#watch = watch
  }

  saw(result: IteratorResult<unknown>): IteratorResult<unknown> {
    if (!result.done || this.#told) return result
    this.#told = true
    if (this.leaving) this.#watch.brokenOff()
    else this.#watch.done()
    return result
  }

  threw(error: unknown): never {
    if (!this.#told) {
      this.#told = true
      this.#watch.failed(error)
    }
    throw error
  }
}

const prototypeOf = (generator: { prototype: object }): object => Object.getPrototypeOf(generator.prototype) as object
const asyncGenerator = prototypeOf(async function* () {})
const syncGenerator = prototypeOf(function* () {})

/**
 * Hands on every call between a reader and `source`, at once and as it is, and tells `watch` how the stream ended. `drawn` is its first
 * result, if that was drawn already.
 */
export function watchIterator(
  source: Source<PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>>,
  watch: StreamWatch,
  drawn?: IteratorResult<unknown>,
): AsyncGenerator {
  const ending = new Ending(watch)
  return Object.assign(
    Object.create(asyncGenerator) as AsyncGenerator,
    handOn<PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>>(source, ending, drawn, async (call) => {
      try {
        return ending.saw(await watch.within(call))
      } catch (error) {
        return ending.threw(error)
      }
    }),
  )
}

/** {@link watchIterator} for a generator that is not async. */
export function watchSyncIterator(source: Generator, watch: StreamWatch, drawn?: IteratorResult<unknown>): Generator {
  const ending = new Ending(watch)
  return Object.assign(
    Object.create(syncGenerator) as Generator,
    handOn<IteratorResult<unknown>>(source as Source<IteratorResult<unknown>>, ending, drawn, (call) => {
      try {
        return ending.saw(watch.within(call))
      } catch (error) {
        return ending.threw(error)
      }
    }),
  )
}

function handOn<Next>(
  source: Source<Next>,
  ending: Ending,
  drawn: IteratorResult<unknown> | undefined,
  follow: (call: () => Next) => Next,
): Required<Source<Next>> {
  const take = (): Next | undefined => {
    const result = drawn
    drawn = undefined
    return result as Next | undefined
  }
  return {
    next: (...sent) => {
      const result = take()
      return follow(() => result ?? source.next(...sent))
    },
    return: (value) => {
      take()
      ending.leaving = true
      return follow(() => (source.return ? source.return(value) : ({ done: true, value } as Next)))
    },
    throw: (error) => {
      take()
      return follow(() => {
        if (source.throw) return source.throw(error)
        throw error
      })
    },
  }
}
