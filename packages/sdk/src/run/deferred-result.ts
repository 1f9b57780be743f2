import { isPlainGenerator, withMethodsOf } from '../stream/opened-stream.ts'
import { isGenerator } from '../stream/result-kinds.ts'
import { whenCollected } from '../stream/watch-iterator.ts'
import { forwardThenable } from '../stream/watched-thenable.ts'
import type { Execution } from './execution.ts'

/** A returned generator or thenable that does nothing until the caller reads or awaits it. */
export interface DeferredResult {
  readonly execution: Execution
  readonly returned: object
  readonly isGenerator: boolean
  readonly use: PromiseWithResolvers<CallerUse>
  /** Watches the stream in what another method returned, if there is one, before the caller gets it. */
  readonly watchInstead: (value: unknown) => void
}

/** Use of a deferred result: the caller reads or awaits it, leaves it, or awaits what another of its methods returned. */
export type CallerUse = 'used' | 'left' | { readonly instead: Promise<unknown> }

/** Returns the object for the caller. The run continues when the caller uses it, and ends when the caller no longer can. */
export function whenUsed(result: Promise<unknown>, deferred: DeferredResult): object {
  // The caller may never ask for it
  result.catch(() => {})
  const used = deferred.isGenerator ? readReturned(result, deferred) : awaitReturned(result, deferred)
  whenCollected(used.held, cancelUnused(deferred.execution))
  return used.value
}

/** Cancels a run that was never used. A separate function, so that the closure does not hold what the caller holds. */
function cancelUnused(execution: Execution): () => void {
  return () => execution.attempt === 1 && execution.finish({ outcome: 'cancelled', retryOutcome: 'aborted' })
}

interface Used {
  readonly value: object
  /** The object that the caller holds, whichever part of it is used. */
  readonly held: object
}

/** Returns a generator that also ends the run if its reader leaves before the first value. */
function readReturned(result: Promise<unknown>, { returned, use }: DeferredResult): Used {
  let source = returned
  async function* read(): AsyncGenerator {
    let isUsed = false
    try {
      yield
      isUsed = true
      use.resolve('used')
      const opened = await result
      if (!isGenerator(opened)) return opened
      source = opened
      return yield* opened
    } finally {
      if (!isUsed) {
        use.resolve('left')
        await result
      }
    }
  }
  const generator = read()
  // Runs to the bare `yield`: a generator that has not started would not notice that its reader leaves
  void generator.next()
  return { value: isPlainGenerator(returned) ? generator : withMethodsOf(() => source, generator), held: generator }
}

/** Returns a thenable with all methods of the returned one; awaiting it returns the result of the run. */
function awaitReturned(result: Promise<unknown>, { returned, use: { resolve }, watchInstead }: DeferredResult): Used {
  let isUsed = false
  let isEnded = false
  const then: PromiseLike<unknown>['then'] = (fulfilled, rejected) => {
    // Another of its methods has ended the run: `then()` returns the thenable's own result
    if (isEnded) return (returned as PromiseLike<unknown>).then(fulfilled, rejected)
    isUsed = true
    resolve('used')
    return result.then(fulfilled, rejected)
  }
  const end = (instead: Promise<unknown>): void => {
    // No one handles it if the run has stopped waiting
    instead.catch(() => {})
    isEnded = !isUsed
    resolve({ instead })
  }
  const value = forwardThenable(returned, then as never, {
    within: (call) => call(),
    fulfilled: (of) => {
      if (!isUsed && !isEnded) watchInstead(of)
      end(Promise.resolve(of))
    },
    rejected: (error) => end(Promise.reject(error as Error)),
    left: () => resolve('left'),
  })
  return { value, held: value }
}
