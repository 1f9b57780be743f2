/** Names of the series that the advisor reads, as Prometheus has them. */
export const series = {
  executions: 'agent_executions_total',
  executionDuration: 'agent_execution_duration_seconds',
  activeExecutions: 'active_executions',
  cost: 'agent_cost_usd_total',
  wastedCost: 'agent_cost_wasted_usd_total',
  recoveries: 'agent_recoveries_total',
  excessContext: 'agent_context_excess_total',
  failures: 'agent_failures_total',
  retries: 'agent_retries_total',
  tokens: 'agent_tokens_total',
  modelCalls: 'agent_model_calls_total',
  inputTokens: 'gen_ai_client_inference_usage_input_tokens_total',
  cacheReadInputTokens: 'gen_ai_client_inference_usage_cache_read_input_tokens_total',
  cacheWriteInputTokens: 'gen_ai_client_inference_usage_cache_write_input_tokens_total',
  /** A histogram, whose observations are counted. */
  inferences: 'gen_ai_client_inference_duration_seconds',
  /** A histogram, whose observations are counted. */
  firstChunks: 'gen_ai_client_inference_time_to_first_chunk_seconds',
  quotaRemaining: 'provider_quota_remaining',
  quotaLimit: 'provider_quota_limit',
} as const

/** Labels that queries group by. */
export const label = {
  agent: 'agent_name',
  outcome: 'outcome',
  model: 'gen_ai_request_model',
  provider: 'gen_ai_provider_name',
  variant: 'swarmwatch_variant',
  direction: 'direction',
  errorType: 'error_type',
  waste: 'waste',
  quota: 'quota',
} as const

/** A selector: the name, the label matchers of the settings, and those of the query. */
export function selector(name: string, ...matchers: readonly string[]): string {
  const all = matchers.filter((matcher) => matcher !== '')
  return all.length === 0 ? name : `${name}{${all.join(', ')}}`
}
