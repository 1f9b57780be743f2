import { AsyncLocalStorage } from 'node:async_hooks'

import { beginInference, guarded, type InferenceEnd, type InferenceStart } from '@swarmwatch/sdk/instrumentation'

import { propertyOf } from './tool-error.ts'

/**
 * A model call that a framework announces. It is reported when it ends, as part of the run in which it started, so that the ledger of
 * the SDK can drop it if the wire has counted the same call. Create it in the async context of the caller.
 */
export class FrameworkInference {
  readonly #start: InferenceStart
  readonly #atStart = AsyncLocalStorage.snapshot()

  constructor(start: InferenceStart) {
    this.#start = { startedAt: Date.now(), ...start }
  }

  end(end: InferenceEnd): void {
    guarded('framework', () => {
      const errorType = end.errorType ?? abortOf(end.error)
      this.#atStart(() => beginInference(this.#start).end(errorType === undefined ? end : { ...end, errorType }))
    })
  }
}

/** An abort by our own side is no fault of the provider: it has the words that the wire has for it. */
function abortOf(error: unknown): 'cancelled' | 'timeout' | undefined {
  const name = propertyOf(error, 'name')
  if (name === 'TimeoutError') return 'timeout'
  if (typeof name === 'string' && /abort/i.test(name)) return 'cancelled'
  // LangChain's has only a message
  const message = propertyOf(error, 'message')
  return message === 'AbortError' || message === 'Aborted' ? 'cancelled' : undefined
}
