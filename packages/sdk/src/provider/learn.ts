import { boundedErrorType } from '../bounded-names.ts'
import { clockNumber } from '../clock.ts'
import { inferenceOptions } from '../inference/configure-inferences.ts'
import { boundedProvider } from '../inference/counted-call.ts'
import type { InferenceEnd, InferenceStart } from '../inference/inference.ts'
import { attribute, otherError, type ProviderOutcome } from '../names.ts'
import { retryAfterSeconds, serverWaitSeconds } from '../recovery/retry-after.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { boundedModel } from '../run/run-usage.ts'
import { isObject } from '../unknown-values.ts'
import { loadBreakers } from './breaker.ts'
import { callOutcome } from './call-outcome.ts'
import { providerState } from './known-providers.ts'
import { ProviderState } from './provider-state.ts'
import { rateLimitsIn, resetWaitSeconds } from './rate-limits.ts'

/** The run of a model call. */
interface LearningRun {
  /** Whether the current attempt calls a fallback, whose provider is not that of the agent. */
  readonly isFallback: boolean
  readonly agent: { lastProvider: ProviderState | undefined; recovery(): EffectiveRecovery }
  /** Set while the run has asked whether its provider is available. */
  readonly providerGate: { callEnded(state: ProviderState, outcome: ProviderOutcome): void } | undefined
}

/** The last model call of a run. */
export interface LastCall {
  readonly state: ProviderState
  /** How the last model call of the current attempt ended; undefined if it made none. */
  outcome: ProviderOutcome | 'unanswered' | undefined
}

/** Returns the state of a provider, model and server. */
export function providerOf({
  provider,
  model,
  serverAddress,
}: Pick<InferenceStart, 'provider' | 'model' | 'serverAddress'>): ProviderState {
  const clock = clockNumber()
  return providerState(JSON.stringify([provider, model, serverAddress]), clock, () => {
    const labels = { [attribute.providerName]: boundedProvider(provider), [attribute.requestModel]: boundedModel(model) }
    return new ProviderState(provider ?? otherError, model ?? 'unknown', labels, clock)
  })
}

/** Returns the settings of an agent, if it shares what it learns; loads the breaker that it asks for. */
export function sharedSettings(recovery: EffectiveRecovery, state: ProviderState): Exclude<EffectiveRecovery['provider'], false> {
  const { provider } = recovery
  if (provider === false) return undefined
  const breaker = provider?.breaker
  if (breaker !== undefined && breaker !== false) {
    void loadBreakers().catch(() => {})
    state.needBreaker(isObject(breaker) ? breaker : {})
  }
  return provider ?? {}
}

/** Learns from a model call that was counted, and returns how it ended. */
export function learnFromCall(
  start: InferenceStart,
  end: InferenceEnd,
  of: {
    readonly startedMs: number
    readonly errorType: string | undefined
    readonly isSettled: boolean
    readonly run: LearningRun | undefined
  },
): LastCall | undefined {
  if (start.provider === undefined && start.model === undefined) return undefined
  const { errorType, run, startedMs } = of
  const { status, error, retryHeaders } = end
  const state = providerOf(start)
  if (run && !run.isFallback) run.agent.lastProvider = state
  // Its attempt has ended before its answer: the error of the attempt shows why
  if (of.isSettled && status === undefined) return { state, outcome: 'unanswered' }
  const outcome = callOutcome({ status, error, errorType })
  if (run && sharedSettings(run.agent.recovery(), state) === undefined) {
    state.count(outcome)
    return { state, outcome }
  }
  const nowMs = Date.now()
  const limits = retryHeaders ? rateLimitsIn(retryHeaders, nowMs) : []
  const isFailed = outcome !== 'success' && outcome !== 'cancelled'
  const asked = isFailed ? retryAfterSeconds(retryHeaders ? { headers: retryHeaders } : error, nowMs) : undefined
  state.ended({ outcome, startedMs, waitSeconds: asked ?? resetWaitSeconds(limits, status), limits })
  run?.providerGate?.callEnded(state, outcome)
  return { state, outcome }
}

/**
 * Learns from the error of an attempt what its model calls did not show: a wait that only the error carries, a time limit that passed
 * before the provider answered. `last` is the last model call of the run. An error after a model call that succeeded is not about the
 * provider; nor is one without a model call, if every model call of the process is seen.
 */
export function learnFromAttempt(error: unknown, { state, outcome }: LastCall): void {
  if (outcome === 'success' || outcome === 'cancelled') return
  if (outcome === undefined && inferenceOptions().seesEveryCall) return
  const asked = serverWaitSeconds(error, Date.now())
  if (asked !== undefined) state.askedToWait(asked)
  if (outcome !== undefined && outcome !== 'unanswered') return
  const found = callOutcome({ status: undefined, error, errorType: boundedErrorType(error) })
  if (found === 'rate_limited' || found === 'unavailable')
    state.ended({ outcome: found, startedMs: performance.now(), waitSeconds: undefined, limits: [] })
}
