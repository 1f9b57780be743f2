import { runningExecution } from './run/execution.ts'
import { emitEvaluation, type Evaluation } from './telemetry/evaluation.ts'
import { guarded } from './telemetry/guard.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'

/**
 * Records the evaluation of an answer as the event `gen_ai.evaluation.result` of the current run, or of the active span outside a run: a
 * log record if a LoggerProvider is registered (OpenTelemetry API 1.10), otherwise an event of the span. The score of a run is also counted
 * in `agent.evaluation.score`. It never throws.
 *
 * @example
 * recordEvaluation({ name: 'Relevance', score: 0.8, label: 'pass' })
 */
export function recordEvaluation(evaluation: Evaluation): void {
  guarded('option', () => {
    const execution = runningExecution.getStore()
    if (execution === undefined || execution.finished) emitEvaluation(GuardedSpan.active(), evaluation)
    else emitEvaluation(execution.span, evaluation, execution)
  })
}
