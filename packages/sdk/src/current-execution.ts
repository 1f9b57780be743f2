import type { AttributeValue } from '@opentelemetry/api'

import { processWide } from './process-wide.ts'

/** The run that the calling code belongs to. */
export interface CurrentExecution {
  readonly id: string
  readonly agentName: string
  /** From 1. */
  readonly attempt: number
  /** Aborts when the caller aborts, or when the attempt's or the run's time is over. Pass it on to everything that waits. */
  readonly signal: AbortSignal
  /** The `context` option: the same object in every attempt. */
  readonly context: unknown
  /** Yours to fill: the same map in every attempt of a run, so that the next one need not begin anew. */
  readonly state: Map<string, unknown>
  /** The errors of the earlier attempts, oldest first: tell the model why it is asked again. */
  readonly previousErrors: readonly unknown[]
  /**
   * Adds tokens of an answer to the run, its span and `agent.tokens`; also for attempts that fail, since they are billed. Like
   * `addCost()`, `setAttribute()` and the count of tool calls, it has no effect once the run has ended: counters, span and record
   * always agree. A late call counts in `swarmwatch.guard.trips`.
   */
  addTokens(tokens: {
    readonly input?: number | undefined
    readonly output?: number | undefined
    readonly model?: string | undefined
  }): void
  /** Adds US dollars to the run, its span and `agent.cost.usd`. `model` is `unknown` unless given. */
  addCost(usd: number, of?: { readonly model?: string | undefined }): void
  /** Sets an attribute of the run's root span. */
  setAttribute(key: string, value: AttributeValue): void
}

/** The run that this code is part of, across `await`, timers and callbacks; undefined outside of one. */
export function currentExecution(): CurrentExecution | undefined {
  return processWide.running.getStore()
}
