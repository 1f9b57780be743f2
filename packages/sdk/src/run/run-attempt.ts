import { boundedErrorName, boundedErrorType } from '../bounded-names.ts'
import { hasVerdict } from '../errors/error-type.ts'
import { newAttempt, type AttemptRecord, type ExecutionRecord } from '../monitor/execution-record.ts'
import { attribute, rejectedResult, spanName } from '../names.ts'
import type { AnyAgentOptions } from '../options.ts'
import type { ModelFailure } from '../recovery/next-step.ts'
import { messageOf } from '../telemetry/content.ts'
import { GuardedSpan } from '../telemetry/guarded-span.ts'
import { add, type AgentSeries, instruments } from '../telemetry/instruments.ts'

/** A run, as far as the record and the span of an attempt show it. */
interface AttemptedRun {
  readonly agent: {
    readonly name: string
    readonly options: { readonly errorMessages?: AnyAgentOptions['errorMessages'] }
  }
  readonly record: ExecutionRecord
  readonly span: GuardedSpan
  readonly series: AgentSeries
  /** The number of the current attempt. */
  readonly attempt: number
  readonly waits: readonly number[]
  readonly inferences: FailedModelCalls | undefined
  /** Set if a queue owns the retries. */
  readonly continued: { readonly attempt: number; readonly previousErrorType: string } | undefined
}

interface FailedModelCalls {
  readonly lastFailure: ModelFailure | undefined
}

/** Adds the current attempt to the record of its run, counts it if it is a retry, and returns its span. */
export function startAttempt(run: AttemptedRun, startedAt: number, fallback: string | undefined): GuardedSpan {
  const { attempt, continued } = run
  const waitSeconds = run.waits.at(-1) ?? 0
  const { record } = run
  const begun = newAttempt(attempt, startedAt, waitSeconds)
  // In V8 an empty list that grows has room for 17, and the records of the last 1,000 runs are kept
  if (record.attempts.length === 0) record.attempts = [begun]
  else record.attempts.push(begun)
  const span = GuardedSpan.start(
    spanName.attempt(attempt),
    // With a gen_ai attribute of its own, or a filter for such spans (Langfuse has one) takes the parent away from the model calls
    { [attribute.attemptNumber]: attempt, [attribute.genAiAgentName]: run.agent.name },
    run.span.context,
  )
  if (fallback !== undefined) {
    span.set(attribute.attemptFallback, fallback)
    run.span.set(attribute.attemptFallback, fallback)
  }
  if (attempt > 1) {
    span.set(attribute.retryWait, waitSeconds)
    const errorType =
      continued?.attempt === attempt ? continued.previousErrorType : (run.record.attempts.at(-2)?.errorType ?? rejectedResult)
    add(instruments().retries, 1, { ...run.series.agent, [attribute.errorType]: errorType })
  }
  return span
}

/** Records why an attempt failed; `errorType` is its type if the error itself does not show why. */
export function failAttempt(
  run: AttemptedRun,
  attempt: AttemptRecord,
  span: GuardedSpan,
  error: unknown,
  errorType: string = errorTypeOf(error, run.inferences),
): void {
  const message = messageOf(error, run.agent.options.errorMessages)
  attempt.errorType = errorType
  attempt.errorMessage = message
  span.fail(attempt.errorType, message)
}

/** Returns the type of an error; that of the attempt's last model call, if it failed and the error does not show why. */
export function errorTypeOf(error: unknown, inferences: FailedModelCalls | undefined): string {
  const failure = inferences?.lastFailure
  return failure && !hasVerdict(error) ? boundedErrorName(String(failure.status)) : boundedErrorType(error)
}
