import type { Attributes } from '@opentelemetry/api'

import { BoundedNames } from '../bounded-names.ts'
import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { captured } from './content.ts'
import { emitEvent } from './exceptions.ts'
import { guarded, trip } from './guard.ts'
import type { GuardedSpan } from './guarded-span.ts'
import { instruments, record, variantOf, type AgentSeries } from './instruments.ts'

/** Result of an evaluation of an answer. */
export interface Evaluation {
  /** The metric, such as `Relevance`; one of a few. */
  readonly name: string
  /** A number >= 0, such as 0.8. A lower one is part of the event only. */
  readonly score?: number | undefined
  /** A low-cardinality word for the score, such as `pass`. */
  readonly label?: string | undefined
  /** Why the score was assigned. Secrets are removed; cut to 4,096 characters. */
  readonly explanation?: string | undefined
  /** The provider's id of the evaluated response. */
  readonly responseId?: string | undefined
}

const evaluationNames = processWide('evaluation-names/1', () => new BoundedNames(50))

/** Records an evaluation as an event, and its score as a metric if it belongs to a run, whose series are `series`. */
export function emitEvaluation(span: GuardedSpan, series: AgentSeries | undefined, evaluation: Evaluation): void {
  const { name, score, label, explanation, responseId } = evaluation
  if (typeof name !== 'string' || name === '') return trip('option', new TypeError('the name of an evaluation must be a string'))
  if (score !== undefined && !isScore(score)) trip('option', new TypeError('score must be a finite number'))
  const shown = explanation === undefined ? undefined : captured(explanation, true)
  guarded('option', () =>
    emitEvent(span, 'gen_ai.evaluation.result', {
      [attribute.evaluationName]: name.slice(0, 200),
      ...(isScore(score) && { 'gen_ai.evaluation.score.value': score }),
      ...(label !== undefined && { 'gen_ai.evaluation.score.label': label.slice(0, 200) }),
      ...(shown !== undefined && { 'gen_ai.evaluation.explanation': shown }),
      ...(responseId !== undefined && { 'gen_ai.response.id': responseId }),
    }),
  )
  if (series && isScore(score) && score >= 0) record(instruments().evaluationScore, score, labelsOf(series, name))
}

function labelsOf(series: AgentSeries, name: string): Attributes {
  return { ...series.agent, ...variantOf(series), [attribute.evaluationName]: evaluationNames.bound(name.slice(0, 100)) }
}

const isScore = (score: unknown): score is number => typeof score === 'number' && Number.isFinite(score)
