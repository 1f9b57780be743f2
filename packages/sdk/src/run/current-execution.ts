import type { AttributeValue } from '@opentelemetry/api'

import type { Resume } from './progress.ts'

/** The run that the calling code belongs to. */
export interface CurrentExecution {
  readonly id: string
  readonly agentName: string
  /** From 1. */
  readonly attempt: number
  /** Aborts when the caller aborts, or when a time limit of the attempt or the run passes. Pass it to everything that waits. */
  readonly signal: AbortSignal
  /** The A/B variant of the run; undefined without one. */
  readonly variant: string | undefined
  /** The `context` option: the same object in every attempt. */
  readonly context: unknown
  /** A map for your own data, the same in every attempt of a run, so that an attempt can continue the work of the one before. */
  readonly state: Map<string, unknown>
  /** The errors of the earlier attempts, oldest first. They can explain to the model why it is called again. */
  readonly previousErrors: readonly unknown[]
  /**
   * Adds the tokens of a response to the run, its span and `agent.tokens`; also for failed attempts, since they are billed. Like
   * `addCost()`, `setAttribute()` and the count of tool calls, it has no effect after the run has ended, so that counters, span and
   * record always agree. A late call is counted in `swarmwatch.guard.trips`.
   */
  addTokens(tokens: {
    readonly input?: number | undefined
    readonly output?: number | undefined
    readonly model?: string | undefined
    /**
     * The provider's id of the response. Tokens of a response that an instrumentation, or an earlier call, has already counted are then
     * not added again. Without it the tokens are always added.
     */
    readonly responseId?: string | undefined
  }): void
  /**
   * Adds US dollars to the run, its span and `agent.cost.usd`. `model` is `unknown` unless given. With the `responseId` of a response
   * whose cost was already counted, it has no effect.
   */
  addCost(usd: number, of?: { readonly model?: string | undefined; readonly responseId?: string | undefined }): void
  /**
   * Records the score of an evaluation of the answer, such as 0.8 for `Relevance`: as the event `gen_ai.evaluation.result` and in
   * `agent.evaluation.score`. It has no effect after the run has ended.
   */
  addScore(
    name: string,
    score: number,
    of?: { readonly explanation?: string | undefined; readonly label?: string | undefined },
  ): void
  /**
   * Reports that the run makes progress, so that it does not count as stuck. Model calls, tool calls, chunks of a stream and the progress
   * of agents that it calls are reported anyway. `note` describes the progress for the status page; it is cut to 200 characters.
   */
  progress(note?: string): void
  /**
   * Pauses the run, for example while a person must approve: it does not count as stuck, its time limits and those of the runs that
   * called it are suspended, and the time is not part of its duration. Call the result, or let `using` do it, to resume. The pause also
   * ends with the attempt. `reason` is shown on the status page; it is cut to 200 characters.
   *
   * @example
   * using pause = currentExecution()?.pause('approval of the refund')
   * await approved
   */
  pause(reason: string): Resume
  /** Sets an attribute of the run's root span. */
  setAttribute(key: string, value: AttributeValue): void
}
