import { isSpanContextValid, trace } from '@opentelemetry/api'

import { guarded } from '../telemetry/guard.ts'
import { traceparentOf } from './traceparent.ts'

/** A failed attempt of a run whose retries a queue owns. */
export interface FailedInvocation {
  readonly error: unknown
  /** False if a further attempt cannot succeed: a lasting error, a budget or loop limit, a `Retry-After` that is too long. */
  readonly isRetryable: boolean
}

/** One invocation of an agent whose retries a queue owns: it is one attempt of an execution. */
export interface Continuation {
  /**
   * Id of the execution: the same in each of its attempts, and in no other execution of any agent, such as `pg-boss/${job.id}`. 1 to 200
   * characters.
   */
  readonly executionId: string
  /** The number of this attempt, from 1, also counting attempts whose process died. */
  readonly attempt: number
  /**
   * Whether the queue makes no further attempt if this one fails; the failure then ends the execution. A function is called with the
   * failure: use one if your code ends the job for some errors.
   */
  readonly isFinal: boolean | ((failure: FailedInvocation) => boolean)
  /**
   * When the first attempt started: a Date, or milliseconds since 1970. The duration of the execution is measured from it. @default the
   * start of the first attempt that this process has seen; without one, no duration is recorded
   */
  readonly firstStartedAt?: number | Date | undefined
  /** The `error.type` of the attempt before, for `agent.retries`. @default as this process has seen it, or `_OTHER` */
  readonly previousErrorType?: string | undefined
  /** The W3C `traceparent` of the trace that the attempts belong to, as `currentTraceparent()` returned it for the job. @default the active span */
  readonly traceparent?: string | undefined
}

/** The option `continuation`. */
export type ContinuationOf<Args extends unknown[]> = (...args: Args) => Continuation | undefined

/**
 * Returns the W3C `traceparent` of the active span, for the data of a job: with it, all attempts belong to the trace in which the job was
 * queued. Undefined without an active span.
 *
 * @example
 * await queue.add('review', { item, traceparent: currentTraceparent() })
 */
export function currentTraceparent(): string | undefined {
  return guarded('span', () => {
    const context = trace.getActiveSpan()?.spanContext()
    return context && isSpanContextValid(context) ? traceparentOf(context) : undefined
  })
}
