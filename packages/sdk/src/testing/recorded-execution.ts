import type { Attributes } from '@opentelemetry/api'

import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { attribute, type Outcome, type RetryOutcome } from '../names.ts'
import { spansBelow, type RecordedSpan } from './recorded-span.ts'

/** A run of an agent that has finished. */
export interface RecordedExecution {
  readonly id: string
  readonly agentName: string
  readonly variant: string | undefined
  readonly outcome: Outcome
  /** What recovery did: `first_try`, `recovered`, `exhausted`, `not_retryable`, `aborted`, `rejected`. */
  readonly retryOutcome: RetryOutcome
  /** Calls of the agent's function. */
  readonly attempts: number
  /** Seconds waited before attempt 2, 3, ..., to a tenth. */
  readonly waits: readonly number[]
  /** The `error.type` of each attempt that failed. */
  readonly attemptErrors: readonly string[]
  /** The `error.type` of a run that failed. */
  readonly errorType: string | undefined
  readonly errorMessage: string | undefined
  /** Names of the tools that it called, in the order of the calls; those of agents that it called are theirs. */
  readonly tools: readonly string[]
  readonly tokens: { readonly input: number; readonly output: number }
  readonly costUsd: number
  /** With all attempts and waits, skipped ones too. */
  readonly durationSeconds: number
  /** Attributes of its root span. */
  readonly attributes: Attributes
}

/** Puts together what the monitor and the spans tell of a finished run. */
export function recordedExecution(record: ExecutionRecord, spans: readonly RecordedSpan[]): RecordedExecution {
  const root = spans.find((span) => span.attributes[attribute.executionId] === record.id)
  const below = root ? spansBelow(root, spans, (span) => span.attributes[attribute.executionId] !== undefined) : []
  return {
    id: record.id,
    agentName: record.agentName,
    variant: record.variant,
    outcome: record.outcome!,
    retryOutcome: record.retryOutcome!,
    attempts: record.attempts.length,
    waits: record.attempts.slice(1).map(({ waitSeconds }) => Math.round(waitSeconds * 10) / 10),
    attemptErrors: record.attempts.flatMap(({ errorType }) => errorType ?? []),
    errorType: record.errorType,
    errorMessage: record.errorMessage,
    tools: below.flatMap(({ attributes }) => (attributes[attribute.toolName] as string | undefined) ?? []),
    tokens: { input: record.inputTokens, output: record.outputTokens },
    costUsd: record.costUsd,
    durationSeconds: record.durationSeconds!,
    attributes: root?.attributes ?? {},
  }
}
