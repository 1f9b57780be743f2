import { shownProvider } from '../names.ts'

/**
 * Thrown for a run whose function was never called, because the breaker of its provider and model is open. Its `error.type` is
 * `provider_unavailable`. A run that was called before ends with the error of its last call instead.
 */
export class ProviderUnavailableError extends Error {
  override readonly name = 'ProviderUnavailableError'
  readonly code = 'provider_unavailable'
  /** Read by `isRetryable()`. */
  readonly retryable = true
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** The requested model. */
  readonly model: string

  constructor(provider: string, model: string) {
    super(
      `the agent was not called: most calls of ${model} by ${shownProvider(provider)} fail, and the breaker is open; ` +
        'try again later, wait longer with recovery.provider.maxWaitSeconds, or set a fallback',
    )
    this.provider = provider
    this.model = model
  }
}
