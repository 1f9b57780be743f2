/** Why a `once` tool was not called; its effect has not happened. */
export type OnceErrorReason = 'invalid_key' | 'unkeyable_arguments' | 'name_taken' | 'too_many_calls' | 'store_unavailable'

const cures: Readonly<Record<OnceErrorReason, string>> = {
  invalid_key: 'return a string of 1 to 500 characters from once.key',
  unkeyable_arguments: 'set once: { key: (...args) => string }',
  name_taken: 'name each tool with once differently',
  too_many_calls: 'split the run, or set once only for tools with side effects',
  store_unavailable: 'check the store of configureOnce(); a later attempt calls the tool once the store works',
}

/** Thrown by a `once` tool that cannot be called safely. The tool was not called. Only `store_unavailable` is retried. */
export class OnceError extends Error {
  override readonly name = 'OnceError'
  readonly reason: OnceErrorReason
  readonly tool: string
  readonly code: string
  /** Read by `isRetryable()`. */
  readonly retryable: boolean

  constructor(reason: OnceErrorReason, tool: string, problem: string, cause?: unknown) {
    super(`the once tool ${tool} was not called: ${problem}; ${cures[reason]}`, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.tool = tool
    this.code = `once_${reason}`
    this.retryable = reason === 'store_unavailable'
  }
}

/**
 * Thrown in place of a second call of a `once` tool whose first call has an unknown outcome: the process ended between its
 * effect and the record of it, or the call was cancelled, timed out or lost its connection. Also thrown if the first call succeeded with a
 * result that can be read only once, such as a stream. The run is not retried. `cause` is the error of the first call, if there was one.
 */
export class UncertainEffectError extends Error {
  override readonly name = 'UncertainEffectError'
  readonly tool: string
  /** The key of the effect, equal to `currentTool().idempotencyKey` of the first call. */
  readonly idempotencyKey: string
  readonly executionId: string

  /** `lostResult` is the kind of the result if the first call has succeeded. */
  constructor(tool: string, idempotencyKey: string, executionId: string, cause: unknown, lostResult?: string) {
    // A log line shows 200 characters: the key is among them, and the execution, whose id may be long, comes last
    super(
      lostResult === undefined
        ? `the effect of the tool ${tool} may have happened, and was not repeated: look it up by its idempotency key ${idempotencyKey}, ` +
            "then set once.onUncertain to a function that does so, or to 'retry' if the receiver ignores repeated keys " +
            `(execution ${executionId})`
        : `the effect of the tool ${tool} with the idempotency key ${idempotencyKey} has happened, and was not repeated: its result is or ` +
            `contains ${lostResult}, which can be read only once; return a value from the tool, such as its text, or set ` +
            `once.onUncertain to a function that fetches it again (execution ${executionId})`,
      cause === undefined ? undefined : { cause },
    )
    this.tool = tool
    this.idempotencyKey = idempotencyKey
    this.executionId = executionId
  }
}
