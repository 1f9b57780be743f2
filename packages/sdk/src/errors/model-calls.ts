import { subscribe } from 'node:diagnostics_channel'

import { propertyOf } from '../unknown-values.ts'
import { chainOf, hideCause } from './error-details.ts'

/** A run that learns why the last call of a model failed. */
interface ModelCaller {
  modelError: { readonly error: unknown } | undefined
}

let isFollowing = false

/**
 * Records which model calls of the AI SDK failed, on the run that `running` holds: a reader of `textStream` gets no error, and an agent
 * that returned nothing would count as successful.
 */
export function followModelCalls(running: { getStore(): ModelCaller | undefined }): void {
  if (isFollowing) return
  isFollowing = true
  const follow = (message: unknown): void => {
    const execution = running.getStore()
    if (execution === undefined || propertyOf(message, 'type') !== 'languageModelCall') return
    const error = propertyOf(message, 'error') ?? undefined
    execution.modelError = error === undefined ? undefined : { error }
  }
  subscribe('tracing:ai:telemetry:error', follow)
  subscribe('tracing:ai:telemetry:asyncEnd', follow)
}

/**
 * Records why there was no output, for `errorType()`: `await streamText(...).text` rejects with an error that has neither status nor
 * cause, whatever the model's server returned.
 */
export function revealModelError(thrown: unknown, modelError: { readonly error: unknown } | undefined): void {
  if (!modelError) return
  const noOutput = chainOf(thrown).find((each) => propertyOf(each, 'name') === 'AI_NoOutputGeneratedError')
  if (noOutput) hideCause(noOutput, modelError.error)
}
