import { newClock } from './clock.ts'
import { attribute } from './names.ts'
import { checkAgentName } from './options.ts'
import { Agent } from './run/agent.ts'
import type { Continuation } from './run/continuation.ts'
import { Execution } from './run/execution.ts'
import { continuationFrom } from './run/read-continuation.ts'
import type { Ending } from './run/run-ending.ts'
import { limitsOf, type RunLimits } from './run/run-limits.ts'
import { guarded } from './telemetry/guard.ts'
import { isAmount, propertyOf } from './unknown-values.ts'

/** Options of {@link startExecution}. */
export interface StartOptions {
  /**
   * The part of a queue that owns the retries: the run is then one attempt of an execution, as with `continuation` of `instrumentAgent()`.
   * One that is invalid is reported once for each agent, and the run is a plain one. @default none
   */
  readonly continuation?: Continuation | undefined
}

/** The end of a run that was started by hand. */
export interface Completion {
  readonly success: boolean
  /** The error; its type is counted. */
  readonly error?: unknown
  readonly metrics?: {
    /** Seconds; replaces the time measured by the clock. */
    readonly duration?: number | undefined
    /** US dollars, counted under the model `unknown`. */
    readonly estimatedCost?: number | undefined
    /** All others become a span attribute `swarmwatch.metric.<name>`. */
    readonly [name: string]: string | number | boolean | undefined
  }
}

/** A run that its caller ends. */
export interface ManualExecution {
  readonly id: string
  readonly agentName: string
  /** The task; it is never recorded. */
  readonly task: unknown
  /** Aborts when the run exceeds its budget or repeats a tool call; its reason is the error. Pass it to everything that waits. */
  readonly signal: AbortSignal
  /**
   * Calls `call` as part of the run: its spans are children, and `currentExecution()` is this run. Throws the error of the limit if one
   * has stopped the run, and then does not call it.
   */
  within<T>(call: () => T): T
  /** Ends and counts the run: as a failure if a limit has stopped it. A second call has no effect. */
  complete(completion: Completion): void
}

/**
 * Starts a run by hand, for code that cannot be wrapped in a function. It counts like a wrapped run with a single attempt, or as one
 * attempt of a queue's execution with `continuation`. Call `complete()` on every path. Limits of `budgets` and `loops` of the configuration abort its `signal`: only its own code can end it.
 *
 * @throws {InvalidOptionsError} if the name is empty or longer than 200 characters.
 *
 * @example
 * const execution = startExecution('rapid-builder', { task: 'build API' })
 * execution.complete({ success: true, metrics: { files_created: 5, duration: 45.2, estimatedCost: 0.15 } })
 */
export function startExecution(agentName: string, task?: unknown, { continuation }: StartOptions = {}): ManualExecution {
  checkAgentName('startExecution', agentName)
  const agent = new Agent(agentName, {})
  const queued = continuationFrom(agent, () => continuation)
  const execution = new Execution(agent, [], newClock(), queued)
  const limits = limitsOf(execution)
  execution.limits = limits
  void execution.continueEarlier()
  execution.attemptStarted(limits?.signal)
  return {
    id: execution.id,
    agentName,
    task,
    signal: execution.signal,
    within: (call) => {
      limits?.throwIfStopped()
      return execution.within(call)
    },
    complete: (completion) => {
      if (execution.finished) return
      const durationSeconds = guarded('option', () => recordMetrics(execution, completion.metrics ?? {}))
      const stopped = limits?.error
      if (limits && stopped) return execution.finish({ ...endOf(limits), error: stopped, durationSeconds })
      const success = guarded('option', () => completion.success) ?? false
      execution.finish({
        outcome: success ? 'success' : 'failure',
        retryOutcome: success ? 'first_try' : 'exhausted',
        error: propertyOf(completion, 'error'),
        durationSeconds,
      })
    },
  }
}

/** The end of a run that a limit has stopped: cancelled if it is a limit of the run that it is part of. */
function endOf({ isStoppedFromAbove }: RunLimits): Pick<Ending, 'outcome' | 'retryOutcome'> {
  return isStoppedFromAbove
    ? { outcome: 'cancelled', retryOutcome: 'aborted' }
    : { outcome: 'failure', retryOutcome: 'not_retryable' }
}

/** Records the metrics of a completion; returns the duration if it is valid. */
function recordMetrics(execution: Execution, metrics: NonNullable<Completion['metrics']>): number | undefined {
  const { duration, estimatedCost, ...rest } = metrics
  if (estimatedCost !== undefined) execution.addCost(estimatedCost)
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) execution.setAttribute(attribute.metricPrefix + name, value)
  }
  return isAmount(duration) ? duration : undefined
}
