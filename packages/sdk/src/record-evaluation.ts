import type { Attributes } from '@opentelemetry/api'

import { runningExecution } from './run/execution.ts'
import { captured } from './telemetry/content.ts'
import { emitEvent } from './telemetry/exceptions.ts'
import { guarded, trip } from './telemetry/guard.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'

/** Result of an evaluation of an answer. */
export interface Evaluation {
  /** The metric, such as `Relevance`; one of a few. */
  readonly name: string
  /** A number, such as 0.8. */
  readonly score?: number | undefined
  /** A low-cardinality word for the score, such as `pass`. */
  readonly label?: string | undefined
  /** Why the score was assigned. Secrets are removed; cut to 4,096 characters. */
  readonly explanation?: string | undefined
  /** The provider's id of the evaluated response. */
  readonly responseId?: string | undefined
}

/**
 * Records the evaluation of an answer as the event `gen_ai.evaluation.result` of the current run, or of the active span outside a run: a
 * log record if a LoggerProvider is registered (OpenTelemetry API 1.10), otherwise an event of the span. It never throws.
 *
 * @example
 * recordEvaluation({ name: 'Relevance', score: 0.8, label: 'pass' })
 */
export function recordEvaluation(evaluation: Evaluation): void {
  guarded('option', () => {
    const execution = runningExecution.getStore()
    const span = execution === undefined || execution.finished ? GuardedSpan.active() : execution.span
    emitEvent(span, 'gen_ai.evaluation.result', attributesOf(evaluation))
  })
}

function attributesOf({ name, score, label, explanation, responseId }: Evaluation): Attributes {
  if (score !== undefined && !isScore(score)) trip('option', new TypeError('score must be a finite number'))
  const shown = explanation === undefined ? undefined : captured(explanation, true)
  return {
    'gen_ai.evaluation.name': name.slice(0, 200),
    ...(isScore(score) && { 'gen_ai.evaluation.score.value': score }),
    ...(label !== undefined && { 'gen_ai.evaluation.score.label': label.slice(0, 200) }),
    ...(shown !== undefined && { 'gen_ai.evaluation.explanation': shown }),
    ...(responseId !== undefined && { 'gen_ai.response.id': responseId }),
  }
}

const isScore = (score: unknown): score is number => typeof score === 'number' && Number.isFinite(score)
