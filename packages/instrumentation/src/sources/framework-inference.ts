import { AsyncLocalStorage } from 'node:async_hooks'

import { beginInference, guarded, type InferenceEnd, type InferenceStart } from '@swarmwatch/sdk/instrumentation'

import { abortInFramework } from './own-abort.ts'

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
      const errorType = end.errorType ?? abortInFramework(end.error)
      this.#atStart(() => beginInference(this.#start).end(errorType === undefined ? end : { ...end, errorType }))
    })
  }
}
