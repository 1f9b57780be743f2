/** How a run ended. `cancelled` counts neither as success nor as failure. */
export const outcomes = ['success', 'failure', 'cancelled'] as const
/** One of {@link outcomes}. */
export type Outcome = (typeof outcomes)[number]

/** Result of recovery for a run, on its root span. `continued`: the attempt failed, and a queue owns the next one. */
export const retryOutcomes = ['first_try', 'recovered', 'exhausted', 'not_retryable', 'aborted', 'rejected', 'continued'] as const
/** One of {@link retryOutcomes}. */
export type RetryOutcome = (typeof retryOutcomes)[number]

/** How a model call ended, as `provider.requests` counts it. Only `rate_limited` and `unavailable` are about the provider. */
export const providerOutcomes = ['success', 'rate_limited', 'unavailable', 'error', 'cancelled'] as const
/** One of {@link providerOutcomes}. */
export type ProviderOutcome = (typeof providerOutcomes)[number]

/** Why an attempt was not made, or later than its own schedule. */
export const retryAvoidedReasons = ['breaker', 'retry_budget', 'asked_to_wait'] as const
/** One of {@link retryAvoidedReasons}. */
export type RetryAvoidedReason = (typeof retryAvoidedReasons)[number]
/**
 * Kinds of cost without an answer: failed attempts of a run that succeeded, the first attempt of a run that failed, its further attempts,
 * and runs that were cancelled. The rest of `agent.cost.usd` is useful.
 */
export const wasteKinds = ['retried', 'failed', 'useless_retry', 'cancelled'] as const
/** One of {@link wasteKinds}. */
export type WasteKind = (typeof wasteKinds)[number]

/** Limits of the budget of a run, as the label `budget` has them. */
export const budgetLabels = {
  usd: 'usd',
  tokens: 'tokens',
  modelCalls: 'model_calls',
  toolCalls: 'tool_calls',
  seconds: 'seconds',
} as const

/** Limits of the daily budget of an agent, as the label `budget` of `agent.budget.exceeded` has them. */
export const dailyBudgetLabels = {
  usd: 'daily_usd',
  tokens: 'daily_tokens',
  modelCalls: 'daily_model_calls',
  toolCalls: 'daily_tool_calls',
} as const

/** Sums that a group of keys has; those of squares show how far chance reaches only if runs are independent. */
export const keyGroupSums = ['exposures', 'runs', 'successes', 'seconds', 'usd'] as const
/**
 * Sums over the runs of a variant, as the label `sum` has them: what started (`exposures`) and finished (`runs`), and what the variance of
 * a mean and of a ratio needs in addition.
 */
export const experimentSums = [
  'exposures',
  'runs',
  'successes',
  'seconds',
  'seconds_squared',
  'usd',
  'usd_squared',
  'usd_of_successes',
] as const
/** One of {@link experimentSums}. */
export type ExperimentSum = (typeof experimentSums)[number]

/** Replaces all names beyond a limit (agents, tools, models, variants), so that a label cannot grow without bound. */
export const otherName = '__other__'
/** The `error.type` of errors without a better low-cardinality word (semantic conventions). */
export const otherError = '_OTHER'
/** Returns an `error.type` for display: `Error` if there is no better word. */
export const shownErrorType = (errorType: string): string => (errorType === otherError ? 'Error' : errorType)
/** A provider for display. */
export const shownProvider = (provider: string): string => (provider === otherError ? 'an unknown provider' : provider)
/** `error.type` of everything that exceeded a time limit. */
export const timeoutError = 'timeout'
/** `error.type` of a result that was rejected without a word for the reason, by `failIf` or a policy. */
export const rejectedResult = 'result_rejected'
/** `error.type` of a tool that reports its failure in its result, as MCP's `isError` does (semantic conventions). */
export const toolError = 'tool_error'
