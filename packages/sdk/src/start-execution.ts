import { newClock } from './clock.ts'
import { attribute } from './names.ts'
import { checkAgentName } from './options.ts'
import { Agent } from './run/agent.ts'
import { Execution } from './run/execution.ts'
import { guarded } from './telemetry/guard.ts'
import { isAmount, propertyOf } from './unknown-values.ts'

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
  /** Calls `call` as part of the run: its spans are children, and `currentExecution()` is this run. */
  within<T>(call: () => T): T
  /** Ends and counts the run. A second call has no effect. */
  complete(completion: Completion): void
}

/**
 * Starts a run by hand, for code that cannot be wrapped in a function. It counts like a wrapped run with a single attempt. Call
 * `complete()` on every path.
 *
 * @throws {InvalidOptionsError} if the name is empty or longer than 200 characters.
 *
 * @example
 * const execution = startExecution('rapid-builder', { task: 'build API' })
 * execution.complete({ success: true, metrics: { files_created: 5, duration: 45.2, estimatedCost: 0.15 } })
 */
export function startExecution(agentName: string, task?: unknown): ManualExecution {
  checkAgentName('startExecution', agentName)
  const execution = new Execution(new Agent(agentName, {}), [], newClock())
  execution.attemptStarted(undefined)
  return {
    id: execution.id,
    agentName,
    task,
    within: (call) => execution.within(call),
    complete: (completion) => {
      if (execution.finished) return
      const durationSeconds = guarded('option', () => recordMetrics(execution, completion.metrics ?? {}))
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

/** Records the metrics of a completion; returns the duration if it is valid. */
function recordMetrics(execution: Execution, metrics: NonNullable<Completion['metrics']>): number | undefined {
  const { duration, estimatedCost, ...rest } = metrics
  if (estimatedCost !== undefined) execution.addCost(estimatedCost)
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) execution.setAttribute(attribute.metricPrefix + name, value)
  }
  return isAmount(duration) ? duration : undefined
}
