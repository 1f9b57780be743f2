import type { Attributes } from '@opentelemetry/api'

import { BoundedNames } from '../bounded-names.ts'
import { logLine, warnLine } from '../log-lines.ts'
import { attribute } from '../names.ts'
import type { Logger } from '../options.ts'
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
  /** A number >= 0, such as 0.8. A lower one is part of the event only. @default none */
  readonly score?: number | undefined
  /** A low-cardinality word for the score, such as `pass`. @default none */
  readonly label?: string | undefined
  /** Why the score was assigned. Secrets are removed; cut to 4,096 characters. @default none */
  readonly explanation?: string | undefined
  /** The provider's id of the evaluated response. @default none */
  readonly responseId?: string | undefined
}

const evaluationNames = processWide('evaluation-names/1', () => new BoundedNames(50))

/** The run that an evaluation belongs to. */
interface EvaluatedRun {
  readonly series: AgentSeries
  readonly agent: { readonly name: string; readonly logger: Logger | false }
}

/** Problems that were printed, by the label of the agent. */
const printed = processWide('evaluation-warnings/1', () => new Set<string>())

/** Records an evaluation as an event, and its score as a metric if it belongs to a run. What is invalid is counted, and printed once. */
export function emitEvaluation(span: GuardedSpan, evaluation: Evaluation, run?: EvaluatedRun): void {
  const { name, score, label, explanation, responseId } = evaluation
  if (typeof name !== 'string' || name === '') {
    trip('option', new TypeError('the name of an evaluation must be a string'))
    const rule = "its name must be a string such as 'Relevance'"
    return warnOnce(run, 'name', `has an evaluation that is not recorded: ${rule}, got ${kindOf(name)}`)
  }
  if (score !== undefined && !isScore(score)) {
    trip('option', new TypeError('score must be a finite number'))
    const what = `a score of the evaluation ${name.slice(0, 60)} that is not recorded`
    warnOnce(run, 'score', `has ${what}: it must be a finite number such as 0.8, got ${kindOf(score)}`)
  }
  if (label !== undefined && typeof label !== 'string') {
    trip('option', new TypeError('label must be a string'))
    const what = `a label of the evaluation ${name.slice(0, 60)} that is not recorded`
    warnOnce(run, 'label', `has ${what}: it must be a word such as 'pass', got ${kindOf(label)}`)
  }
  const shown = explanation === undefined ? undefined : captured(explanation, true)
  guarded('option', () =>
    emitEvent(span, 'gen_ai.evaluation.result', {
      [attribute.evaluationName]: name.slice(0, 200),
      ...(isScore(score) && { 'gen_ai.evaluation.score.value': score }),
      ...(typeof label === 'string' && { 'gen_ai.evaluation.score.label': label.slice(0, 200) }),
      ...(shown !== undefined && { 'gen_ai.evaluation.explanation': shown }),
      ...(responseId !== undefined && { 'gen_ai.response.id': responseId }),
    }),
  )
  if (run && isScore(score) && score >= 0) record(instruments().evaluationScore, score, labelsOf(run.series, name))
}

function labelsOf(series: AgentSeries, name: string): Attributes {
  return { ...series.agent, ...variantOf(series), [attribute.evaluationName]: evaluationNames.bound(name.slice(0, 100)) }
}

const isScore = (score: unknown): score is number => typeof score === 'number' && Number.isFinite(score)

function warnOnce(run: EvaluatedRun | undefined, problem: 'name' | 'score' | 'label', text: string): void {
  if (!run || run.agent.logger === false) return
  const key = `${problem} ${run.series.agentName}`
  if (printed.has(key)) return
  printed.add(key)
  logLine(run.agent.logger, 'warn', warnLine(run.agent.name, text))
}

/** A number, or the type of a value whose content must not be printed. */
function kindOf(value: unknown): string {
  if (typeof value === 'number' || value === undefined || value === null) return String(value)
  if (value === '') return 'an empty string'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
