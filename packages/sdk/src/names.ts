/**
 * Every name that leaves a process: metrics, spans, attributes and their values. Rules, dashboards and tests read them here.
 *
 * `gen_ai.*` and `error.type` come from the OpenTelemetry semantic conventions (semantic-conventions-genai v0.1.0, all "Development",
 * and semantic-conventions 1.45 "Stable"); `agent.*`, `system.*`, `swarm.*` and `swarmwatch.*` are ours.
 */

/** The instrumentation scope of every span and metric of this package. */
export const scopeName = '@swarmwatch/sdk'
/** The schema URL of the scope: the version of the GenAI conventions that these names follow. */
export const schemaUrl = 'https://opentelemetry.io/schemas/gen-ai/0.1.0'

export { attribute, spanName } from './names/attributes.ts'
export { executionBuckets, agentBuckets, toolBuckets, mcpBuckets, callBuckets, scoreBuckets } from './names/buckets.ts'
export type { Metric } from './names/metric.ts'
export { metric, type MetricKey } from './names/metrics.ts'
export {
  outcomes,
  type Outcome,
  retryOutcomes,
  type RetryOutcome,
  providerOutcomes,
  type ProviderOutcome,
  retryAvoidedReasons,
  type RetryAvoidedReason,
  wasteKinds,
  type WasteKind,
  budgetLabels,
  dailyBudgetLabels,
  keyGroupSums,
  experimentSums,
  type ExperimentSum,
  otherName,
  otherError,
  shownErrorType,
  shownProvider,
  timeoutError,
  rejectedResult,
  toolError,
} from './names/values.ts'
