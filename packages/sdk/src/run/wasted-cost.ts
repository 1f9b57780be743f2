import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { attribute, otherError, type WasteKind } from '../names.ts'
import { add, type AgentSeries, instruments } from '../telemetry/instruments.ts'

/**
 * Counts the cost of an ended run that led to no answer, and that it recovered. Together with the useful rest, the kinds add up to
 * `agent.cost.usd`. Of a run that its queue tries again, this is the last invocation.
 */
export function countWaste(run: ExecutionRecord, series: AgentSeries): void {
  const [first] = run.attempts
  if (first === undefined) return
  const { outcome, costUsd, errorType = otherError } = run
  if (outcome === 'success') {
    add(instruments().recoveries, 1, { ...series.agent, [attribute.errorType]: first.errorType ?? otherError })
    countRetried(run, series)
  } else if (outcome === 'failure') {
    count(series, 'failed', errorType, first.costUsd)
    count(series, 'useless_retry', errorType, costUsd - first.costUsd)
  } else {
    count(series, 'cancelled', 'cancelled', costUsd)
  }
}

/** Counts the cost of the failed attempts of a run that is not over, or that succeeded. */
export function countRetried(run: ExecutionRecord, series: AgentSeries): void {
  for (const attempt of run.attempts) {
    if (attempt.outcome === 'failure') count(series, 'retried', attempt.errorType ?? otherError, attempt.costUsd)
  }
}

function count(series: AgentSeries, waste: WasteKind, errorType: string, usd: number): void {
  if (usd > 0) add(instruments().wastedCost, usd, { ...series.agent, [attribute.waste]: waste, [attribute.errorType]: errorType })
}
