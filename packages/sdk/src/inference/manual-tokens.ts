import { addCost, addTokens } from '../run/run-usage.ts'
import { CountedCall, type CountingRun } from './counted-call.ts'
import { warnOfManualTokens } from './inference-warnings.ts'
import { ledger, outsideRuns, type RunInferences } from './ledger.ts'

/** A run to which its agent adds tokens and cost by hand. */
interface ManualRun extends CountingRun {
  readonly agentName: string
  readonly inferences: RunInferences | undefined
  hasManualTokens: boolean
  modelCalls(): RunInferences
}

/** Tokens of a response, as the agent reports them. */
interface ManualTokens {
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly model?: string | undefined
  readonly responseId?: string | undefined
}

/** Adds tokens to a run; with a response id, only those that were not counted before. */
export function addManualTokens(run: ManualRun, { responseId, ...tokens }: ManualTokens): void {
  if (responseId === undefined) {
    addTokens(run, tokens)
    added(run)
    return
  }
  const usage = { inputTokens: tokens.input, outputTokens: tokens.output }
  responseOf(run, responseId, tokens.model, 'addTokens').absorb({ usage })
}

/** Adds US dollars to a run; with a response id, only if its cost was not counted before. */
export function addManualCost(
  run: ManualRun,
  usd: number,
  { model, responseId }: { readonly model?: string | undefined; readonly responseId?: string | undefined },
): void {
  if (responseId === undefined) {
    addCost(run, usd, model)
    added(run)
  } else responseOf(run, responseId, model, 'addCost').absorb({ costUsd: usd })
}

function added(run: ManualRun): void {
  run.hasManualTokens = true
  if (run.inferences?.hasUsage) warnOfManualTokens(run.agentName)
}

function responseOf(run: ManualRun, responseId: string, model: string | undefined, by: 'addTokens' | 'addCost'): CountedCall {
  const { slot } = run.modelCalls()
  const found = ledger.find(responseId, by, slot)
  // A call that was seen outside of the run, because its client lost the context, has not been counted in the run
  const known = found?.slot === outsideRuns.slot ? undefined : found
  const counted = known ?? new CountedCall(slot, { tries: 0 }, { model })
  counted.sources.add(by)
  if (known) return known
  counted.responseId = responseId
  ledger.remember(responseId, counted)
  return counted
}
