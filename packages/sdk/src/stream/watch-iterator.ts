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

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>

/** Hands on everything between a reader and `source`, whose first result was drawn already, and tells `watch` how it ended. */
export function watchIterator(source: AnyIterator, first: IteratorResult<unknown>, watch: StreamWatch): AsyncGenerator {
  const watched = handOn(source, first, watch)
  // Up to the first `yield`: a generator that was never begun would not notice that its reader breaks off
  void watched.next()
  return watched
}

async function* handOn(source: AnyIterator, first: IteratorResult<unknown>, watch: StreamWatch): AsyncGenerator {
  let ended = false
  try {
    yield
    let result = first
    while (!result.done) {
      let resume = (): ReturnType<AnyIterator['next']> => source.next(sent)
      let sent: unknown
      try {
        sent = yield result.value
      } catch (error) {
        resume = () => throwInto(source, error)
      }
      result = await watch.within(resume)
    }
    ended = true
    watch.done()
    return result.value
  } catch (error) {
    if (!ended) watch.failed(error)
    ended = true
    throw error
  } finally {
    if (!ended) await breakOff(source, watch)
  }
}

function throwInto(source: AnyIterator, error: unknown): ReturnType<AnyIterator['next']> {
  if (source.throw) return source.throw(error)
  throw error
}

async function breakOff(source: AnyIterator, watch: StreamWatch): Promise<void> {
  try {
    await watch.within(() => source.return?.())
  } catch (error) {
    watch.failed(error)
    throw error
  }
  watch.brokenOff()
}
