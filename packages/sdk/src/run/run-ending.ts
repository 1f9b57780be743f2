import { boundedErrorType } from '../bounded-names.ts'
import type { Clock } from '../clock.ts'
import { isTimeoutReason } from '../errors/error-type.ts'
import { hasOldNames, inferenceOptions } from '../inference/configure-inferences.ts'
import { failedLine, logLine, queuedLine, successLine, warnLine } from '../log-lines.ts'
import type { Tracked } from '../monitor/agent-statistics.ts'
import { monitor } from '../monitor/monitor.ts'
import { attribute, type Outcome, type RetryOutcome, timeoutError } from '../names.ts'
import { notify } from '../on-execution.ts'
import type { NextStep } from '../recovery/next-step.ts'
import { isRejection } from '../recovery/policy.ts'
import { rememberRecovery } from '../recovery/recovery-of.ts'
import { asMessages, captured, isContentAsked, messageOf } from '../telemetry/content.ts'
import { exceptionOf, recordException } from '../telemetry/exceptions.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import { variantOf, type AgentSeries, add, instruments, record, rootSeries } from '../telemetry/instruments.ts'
import { oldAttribute } from '../telemetry/old-names.ts'
import type { Agent } from './agent.ts'
import { countRetried, countWaste } from './wasted-cost.ts'

/** The part of an execution that its ending needs. */
interface Finishable {
  readonly previousErrors: readonly unknown[]
  finish(ending: Ending): void
}

/** Decides how a run is recorded when it ends: as a success, a failure, or cancelled with its caller. */
export class RunEnding {
  readonly #execution: Finishable
  readonly #caller: AbortSignal | undefined
  #release: (() => void) | undefined
  /** Why no further attempt is made, after the last attempt failed. */
  gaveUp: Extract<NextStep, { retry: false }> | undefined
  /** Whether the run that this one is part of was stopped, which cancels this one. */
  isEndedFromAbove = false

  constructor(execution: Finishable, caller: AbortSignal | undefined) {
    this.#execution = execution
    this.#caller = caller
  }

  succeeded(result?: unknown): void {
    const retryOutcome: RetryOutcome = this.#execution.previousErrors.length > 0 ? 'recovered' : 'first_try'
    this.#finish({ outcome: 'success', retryOutcome, result })
  }

  failed(error: unknown): void {
    if (this.isEndedFromAbove || this.#caller?.aborted) return this.cancelled(error)
    const retryOutcome = isRejection(error) ? 'rejected' : (this.gaveUp?.outcome ?? 'exhausted')
    this.#finish({ outcome: 'failure', retryOutcome, error, because: this.gaveUp?.because })
  }

  /** Ends the run with its caller: cancelled, or a failure if the caller's own time limit has passed. */
  cancelled(error?: unknown): void {
    if (!this.isCallerOutOfTime()) return this.#finish({ outcome: 'cancelled', retryOutcome: 'aborted', error })
    const failed = error ?? this.#caller?.reason
    this.#finish({ outcome: 'failure', retryOutcome: 'aborted', error: failed, errorType: timeoutError })
  }

  isCallerOutOfTime(): boolean {
    const caller = this.#caller
    return caller !== undefined && caller.aborted && isTimeoutReason(caller.reason)
  }

  /** Calls `release` when the run ends. */
  onEnd(release: () => void): void {
    const before = this.#release
    this.#release = () => {
      before?.()
      release()
    }
  }

  #finish(ending: Ending): void {
    this.#execution.finish(ending)
    this.#release?.()
  }
}

/** The end of a run. */
export interface Ending {
  readonly outcome: Outcome
  readonly retryOutcome: RetryOutcome
  /** The error for the caller, if there is one. */
  readonly error?: unknown
  /** The type of the error, if the error itself does not show why the run failed. */
  readonly errorType?: string | undefined
  /** The result for the caller; recorded only with `captureOutput`. */
  readonly result?: unknown
  /** Why no further attempt was made, if their number does not show it. */
  readonly because?: string | undefined
  /** Replaces the time measured by the clock. */
  readonly durationSeconds?: number | undefined
}

/** The end of an attempt of a run whose retries a queue owns. */
export interface EndOfAttempt {
  /** Whether the execution ends with it. */
  readonly isEnd: boolean
  readonly ending: Ending
  /** Whether a further attempt may succeed. */
  readonly isRetryable: boolean
  /** The wait before it. */
  readonly waitSeconds?: number | undefined
}

/** A run when it ends. */
interface Finished extends Tracked {
  readonly agent: Agent
  readonly series: AgentSeries
  readonly clock: Clock
  readonly span: GuardedSpan
  readonly attempt: number
  readonly waits: readonly number[]
  readonly previousErrors: readonly unknown[]
  readonly inferences: FinishedInferences | undefined
  /** Set if a queue owns the retries. */
  readonly continued:
    | {
        readonly attempt: number
        readonly startedAt: number | undefined
        readonly earlier: { readonly costUsd: number } | undefined
      }
    | undefined
  elapsedSeconds(): number
}

/** Facts about the model calls of a run that its span shows. */
interface FinishedInferences {
  readonly finishReasons: readonly string[] | undefined
  readonly onlyModel: string | null | undefined
}

/**
 * Records the end of a run: root span, metrics, monitor, log line, `recoveryOf`, listeners. A failure of one does not affect the others.
 * `isRetryable`: whether another attempt may have succeeded.
 */
export function finishExecution(
  execution: Finished,
  ending: Ending,
  isRetryable: boolean = ending.retryOutcome !== 'not_retryable',
): void {
  const { record: run, continued } = execution
  const { outcome, retryOutcome } = ending
  const seconds =
    ending.durationSeconds ?? (continued && continued.startedAt === undefined ? undefined : execution.elapsedSeconds())
  monitor.changed(run, 'finished')
  run.nextAttemptAt = undefined
  run.outcome = outcome
  run.retryOutcome = retryOutcome
  run.durationSeconds = seconds
  if (outcome === 'failure') describeFailure(execution, ending)

  endSpan(execution, ending)
  countRun(execution, outcome, seconds)
  monitor.finished(execution, retriesOf(execution))
  if (outcome !== 'success') recordAttempts(execution, ending, { isRetryable })
  if (outcome !== 'success' || run.attempts.length > 1) countWaste(run, execution.series)
  logEnding(execution, ending, seconds ?? execution.elapsedSeconds())
  notify('finished', run)
}

/**
 * Records an attempt that is the part of this process in a run which its queue continues: the run is no longer active here, and it is
 * not counted. Or, with `isEnd`, a run that was counted before, because the queue has delivered the job once more.
 */
export function finishAttempt(execution: Finished, { isEnd, ending, isRetryable, waitSeconds }: EndOfAttempt): void {
  const { record: run, agent, attempt } = execution
  monitor.changed(run, 'queued')
  run.endedAt = execution.clock.wallClock()
  run.retryOutcome = ending.retryOutcome
  run.durationSeconds = execution.elapsedSeconds()
  if (ending.outcome === 'failure') describeFailure(execution, ending)
  describeSpan(execution, ending)
  execution.span.end()
  add(instruments().activeExecutions, -1, execution.series.agent)
  monitor.attempted(execution, retriesOf(execution))
  if (!isEnd) countRetried(run, execution.series)
  recordAttempts(execution, ending, { isRetryable, waitSeconds })
  const { errorType = 'aborted', errorMessage } = run
  const shown = Math.max(attempt, execution.continued?.attempt ?? 0)
  const line = isEnd
    ? warnLine(agent.name, `has already ended execution ${run.id}; its repetition by the queue is not counted`)
    : queuedLine(agent.name, { attempt: shown, errorType, errorMessage })
  logLine(agent.logger, 'warn', line)
  if (isEnd) monitor.continued(run)
  notify('waiting', run)
}

/** The retries of a queue are counted where they happen; all others with their run. */
function retriesOf({ continued, attempt }: Finished): number | undefined {
  // An attempt that was refused did not begin
  return continued && Math.max(0, attempt - Math.max(1, continued.attempt - 1))
}

function describeFailure({ record: run, agent }: Finished, { error, errorType = boundedErrorType(error) }: Ending): void {
  run.errorType = errorType
  run.errorMessage = messageOf(error, agent.options.errorMessages)
}

/** Sets what is known at the end of a run, or of an attempt that its queue continues. */
function describeSpan({ span, record: run, agent, attempt, inferences }: Finished, ending: Ending): void {
  span.set(attribute.attemptCount, attempt)
  span.set(attribute.retryOutcome, ending.retryOutcome)
  if (agent.operation === 'invoke_workflow' && hasOldNames()) span.set(oldAttribute.workflowName, agent.name)
  if (run.pausedSeconds > 0) span.set(attribute.pausedSeconds, run.pausedSeconds)
  if (run.toolCalls > 0) span.set(attribute.toolCalls, run.toolCalls)
  if (run.modelCalls > 0) span.set(attribute.modelCalls, run.modelCalls)
  if (run.httpTries > 0) span.set(attribute.httpTries, run.httpTries)
  if (inferences?.onlyModel) span.set(attribute.requestModel, inferences.onlyModel)
  if (inferences?.finishReasons) span.set(attribute.finishReasons, [...inferences.finishReasons])
}

function endSpan(execution: Finished, ending: Ending): void {
  describeSpan(execution, ending)
  const { span, record: run, agent } = execution
  const captureOutput = agent.options.captureOutput ?? isContentAsked()
  if (captureOutput && ending.result !== undefined) {
    const output = captured(ending.result as never, captureOutput)
    if (output !== undefined) span.set(attribute.outputMessages, asMessages('assistant', output))
  }
  if (run.errorType !== undefined) {
    span.fail(run.errorType, run.errorMessage)
    recordException(span, exceptionOf(ending.error, run.errorType, run.errorMessage))
  }
  span.end()
}

function countRun(execution: Finished, outcome: Outcome, seconds: number | undefined): void {
  const { record: run, series, continued } = execution
  const {
    executions,
    executionDuration,
    swarmExecutions,
    swarmExecutionDuration,
    activeExecutions,
    invokeAgentDuration,
    invokeAgentToolCalls,
    invokeAgentInferenceCalls,
    failures,
  } = instruments()
  add(executions, 1, series.run[outcome])
  if (seconds !== undefined) record(executionDuration, seconds, series.run[outcome])
  series.sums?.finished(outcome, seconds ?? execution.elapsedSeconds(), run.costUsd + (continued?.earlier?.costUsd ?? 0))
  if (run.parentId === undefined) {
    add(swarmExecutions, 1, rootSeries[outcome])
    if (seconds !== undefined) record(swarmExecutionDuration, seconds, rootSeries[outcome])
  }
  add(activeExecutions, -1, series.agent)
  const failed = run.errorType === undefined ? undefined : { [attribute.errorType]: run.errorType }
  const genAi = failed ? { ...series.genAi, ...failed } : series.genAi
  if (seconds !== undefined) record(invokeAgentDuration, seconds, genAi)
  if (failed) add(failures, 1, { ...series.agent, ...variantOf(series), ...failed })
  // Its calls in earlier attempts are not known
  if (continued && continued.attempt > 1) return
  if (series.hasTools) record(invokeAgentToolCalls, run.toolCalls, genAi)
  if (inferenceOptions().seesEveryCall) record(invokeAgentInferenceCalls, run.modelCalls, genAi)
}

function recordAttempts(
  { record: run, attempt, waits, previousErrors }: Finished,
  { error, retryOutcome, because }: Ending,
  next: Pick<EndOfAttempt, 'isRetryable' | 'waitSeconds'>,
): void {
  rememberRecovery(error, {
    agentName: run.agentName,
    executionId: run.id,
    attempts: attempt,
    waits,
    errors: previousErrors.at(-1) === error ? previousErrors.slice(0, -1) : previousErrors,
    outcome: retryOutcome,
    isRetryable: next.isRetryable,
    ...(next.waitSeconds !== undefined && { waitSeconds: next.waitSeconds }),
    ...(because !== undefined && { because }),
  })
}

function logEnding({ agent, attempt, record: run }: Finished, { outcome, because }: Ending, seconds: number): void {
  if (outcome === 'failure') {
    const { id: executionId, traceId, errorType = '', errorMessage } = run
    const failed = { attempts: attempt, seconds, errorType, errorMessage, because, executionId, traceId }
    logLine(agent.logger, 'error', failedLine(agent.name, failed))
  } else if (outcome === 'success' && run.retryOutcome === 'recovered') {
    logLine(agent.logger, 'warn', successLine(agent.name, attempt, seconds))
  }
}
