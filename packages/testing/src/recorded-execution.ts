import { SpanKind, type Attributes, type HrTime, type Link, type SpanContext, type SpanStatus } from '@opentelemetry/api'
import type { ExecutionRecord } from '@swarmwatch/sdk'
import { attribute, type Outcome, type RetryOutcome } from '@swarmwatch/sdk/names'

/** A run of an agent that has finished. */
export interface RecordedExecution {
  readonly id: string
  readonly agentName: string
  readonly variant: string | undefined
  readonly outcome: Outcome
  /** Result of recovery: `first_try`, `recovered`, `exhausted`, `not_retryable`, `aborted`, `rejected`. */
  readonly retryOutcome: RetryOutcome
  /** Number of calls of the agent's function. */
  readonly attempts: number
  /** Actual waits before attempts 2, 3, ..., in seconds, rounded to a tenth. */
  readonly waits: readonly number[]
  /** The `error.type` of each attempt that failed. */
  readonly attemptErrors: readonly string[]
  /** The `error.type` of a run that failed. */
  readonly errorType: string | undefined
  readonly errorMessage: string | undefined
  /** Names of the tools that it called, in the order of the calls, without those that nested agents called. */
  readonly tools: readonly string[]
  readonly tokens: { readonly input: number; readonly output: number }
  /** The part of `tokens.input` that a cache of the provider served. */
  readonly cachedInputTokens: number
  /** Model calls that an instrumentation or `recordInference()` reported. A call that its client repeated is one call. */
  readonly modelCalls: number
  /** HTTP requests of the model calls. */
  readonly httpTries: number
  /** The requested models, in the order of their first call. */
  readonly models: readonly string[]
  readonly costUsd: number
  /** Includes all attempts and waits, also skipped waits. */
  readonly durationSeconds: number
  /** Attributes of its root span. */
  readonly attributes: Attributes
}

/** A span that has ended: the object of the OpenTelemetry SDK, with the properties that SDK 2 and 3 have in common. */
export interface RecordedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly spanContext: () => SpanContext
  readonly parentSpanContext?: SpanContext
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly links: readonly Link[]
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes; readonly time: HrTime }[]
}

/** Combines the monitor's record and the spans of a finished run. */
export function recordedExecution(record: ExecutionRecord, spans: readonly RecordedSpan[]): RecordedExecution {
  // One for each attempt if a queue owns the retries
  const roots = spans.filter((span) => span.attributes[attribute.executionId] === record.id)
  const root = roots.at(-1)
  const isRoot = (span: RecordedSpan): boolean => span.attributes[attribute.executionId] !== undefined
  const below = roots.flatMap((each) => spansBelow(each, spans, isRoot))
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
    // The server's span of an MCP tool is the other side of the same call
    tools: below.flatMap(({ kind, attributes }) =>
      kind === SpanKind.SERVER ? [] : ((attributes[attribute.toolName] as string | undefined) ?? []),
    ),
    tokens: { input: record.inputTokens, output: record.outputTokens },
    cachedInputTokens: record.cachedInputTokens,
    modelCalls: record.modelCalls,
    httpTries: record.httpTries,
    models: record.models,
    costUsd: record.costUsd,
    durationSeconds: record.durationSeconds!,
    attributes: root?.attributes ?? {},
  }
}

/** Returns the descendants of a span in the order in which they started, without those for which `isBorder` holds and what is below them. */
function spansBelow(
  root: RecordedSpan,
  spans: readonly RecordedSpan[],
  isBorder: (span: RecordedSpan) => boolean,
): RecordedSpan[] {
  const children = spans.filter((span) => span.parentSpanContext?.spanId === root.spanContext().spanId && !isBorder(span))
  return children.flatMap((child) => [child, ...spansBelow(child, spans, isBorder)]).toSorted(byStart)
}

const byStart = (one: RecordedSpan, other: RecordedSpan): number =>
  one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1]
