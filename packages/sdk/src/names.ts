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

/** Attribute keys, on spans and on metrics. */
export const attribute = {
  agentName: 'agent.name',
  outcome: 'outcome',
  direction: 'direction',
  resource: 'resource',
  budget: 'budget',
  quota: 'quota',
  reason: 'reason',
  waste: 'waste',
  where: 'where',
  errorType: 'error.type',
  variant: 'swarmwatch.variant',
  experiment: 'swarmwatch.experiment',
  sum: 'sum',
  keyGroup: 'key_group',
  unit: 'unit',
  operation: 'gen_ai.operation.name',
  genAiAgentName: 'gen_ai.agent.name',
  genAiAgentDescription: 'gen_ai.agent.description',
  toolName: 'gen_ai.tool.name',
  toolDescription: 'gen_ai.tool.description',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  toolCallArguments: 'gen_ai.tool.call.arguments',
  toolCallResult: 'gen_ai.tool.call.result',
  conversationId: 'gen_ai.conversation.id',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  tokenModality: 'gen_ai.token.modality',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteInputTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningOutputTokens: 'gen_ai.usage.reasoning.output_tokens',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  systemInstructions: 'gen_ai.system_instructions',
  toolDefinitions: 'gen_ai.tool.definitions',
  featureFlagKey: 'feature_flag.key',
  featureFlagVariant: 'feature_flag.result.variant',
  featureFlagProvider: 'feature_flag.provider.name',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  resendCount: 'http.request.resend_count',
  networkTransport: 'network.transport',
  networkProtocolName: 'network.protocol.name',
  evaluationName: 'gen_ai.evaluation.name',
  mcpMethod: 'mcp.method.name',
  mcpProtocolVersion: 'mcp.protocol.version',
  mcpSessionId: 'mcp.session.id',
  jsonRpcRequestId: 'jsonrpc.request.id',
  rpcStatusCode: 'rpc.response.status_code',
  costUsd: 'swarmwatch.cost.usd',
  executionId: 'swarmwatch.execution.id',
  attemptCount: 'swarmwatch.attempt.count',
  attemptNumber: 'swarmwatch.attempt.number',
  attemptFallback: 'swarmwatch.attempt.fallback',
  retryWait: 'swarmwatch.retry.wait',
  retryOutcome: 'swarmwatch.retry.outcome',
  pausedSeconds: 'swarmwatch.paused.seconds',
  lastStep: 'swarmwatch.last.step',
  toolCalls: 'swarmwatch.tool.calls',
  modelCalls: 'swarmwatch.model.calls',
  httpTries: 'swarmwatch.http.tries',
  toolReused: 'swarmwatch.tool.reused',
  toolUncertain: 'swarmwatch.tool.uncertain',
  metricPrefix: 'swarmwatch.metric.',
} as const

/** Span names: the operation, then what it is about. */
export const spanName = {
  agent: (name: string): string => `invoke_agent ${name}`,
  workflow: (name: string): string => `invoke_workflow ${name}`,
  attempt: (number: number): string => `attempt ${number}`,
  tool: (name: string): string => `execute_tool ${name}`,
  mcpToolCall: (name: string): string => `tools/call ${name}`,
  inference: (operation: string, model: string | undefined): string =>
    model === undefined ? operation : `${operation} ${model}`,
} as const

/** Bucket bounds in seconds: of a run that may wait 5 + 15 + 30 s between attempts. */
export const executionBuckets: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const doubling = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => Number((from * 2 ** n).toPrecision(12)))
/** 0.1 doubling to 409.6 s, as the GenAI conventions advise for agents. */
export const agentBuckets: readonly number[] = doubling(0.1, 13)
/** 0.01 doubling to 81.92 s, as the GenAI conventions advise for tools and for model calls. */
export const toolBuckets: readonly number[] = doubling(0.01, 14)
/** 0.01 to 300 s, as the GenAI conventions advise for MCP requests. */
export const mcpBuckets: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]
/** 1 doubling to 128 calls, as the GenAI conventions advise for the calls of an agent. */
export const callBuckets: readonly number[] = doubling(1, 8)

/** Scores from 0 to 1, then those of larger scales. */
export const scoreBuckets: readonly number[] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 10, 100]

/** One metric: its OpenTelemetry instrument and the name it has in Prometheus (translation UnderscoreEscapingWithSuffixes). */
export interface Metric {
  readonly name: string
  readonly kind: 'counter' | 'histogram' | 'gauge' | 'upDownCounter'
  /** UCUM, or an annotation in braces. Empty for plain gauges: unit `1` would add `_ratio` to the Prometheus name. */
  readonly unit: string
  readonly description: string
  readonly prometheus: string
  readonly attributes: readonly string[]
  readonly buckets?: readonly number[]
}

/** Keys of the metrics in code. */
export type MetricKey =
  | 'executions'
  | 'executionDuration'
  | 'failures'
  | 'successRate'
  | 'errorRate'
  | 'swarmExecutions'
  | 'swarmExecutionDuration'
  | 'activeExecutions'
  | 'attemptDuration'
  | 'retries'
  | 'retryWait'
  | 'tokens'
  | 'cost'
  | 'healthScore'
  | 'resourceUtilization'
  | 'invokeAgentDuration'
  | 'executeToolDuration'
  | 'mcpClientOperationDuration'
  | 'mcpServerOperationDuration'
  | 'invokeAgentToolCalls'
  | 'invokeAgentInferenceCalls'
  | 'modelCalls'
  | 'modelRequests'
  | 'inferenceDuration'
  | 'inferenceTimeToFirstChunk'
  | 'inferenceTimePerOutputChunk'
  | 'inferenceInputTokens'
  | 'inferenceOutputTokens'
  | 'inferenceCacheReadInputTokens'
  | 'inferenceCacheWriteInputTokens'
  | 'inferenceReasoningOutputTokens'
  | 'priceUnknown'
  | 'usageMissing'
  | 'evaluationScore'
  | 'toolReused'
  | 'toolUncertain'
  | 'budgetExceeded'
  | 'budgetDailyLimit'
  | 'evaluationObjective'
  | 'experimentSums'
  | 'experimentWeight'
  | 'oldestActive'
  | 'lastProgress'
  | 'paused'
  | 'stuckRun'
  | 'providerRequests'
  | 'providerRetriesAvoided'
  | 'providerBreakerOpen'
  | 'providerQuotaLimit'
  | 'providerQuotaRemaining'
  | 'wastedCost'
  | 'recoveries'
  | 'excessContext'
  | 'guardTrips'

const { agentName, outcome, variant, errorType, requestModel, genAiAgentName, operation, providerName } = attribute
const ofInference = [
  operation,
  providerName,
  requestModel,
  attribute.responseModel,
  attribute.serverAddress,
  attribute.serverPort,
]
const ofMcpOperation = [
  attribute.mcpMethod,
  operation,
  attribute.toolName,
  errorType,
  attribute.rpcStatusCode,
  attribute.mcpProtocolVersion,
  attribute.networkTransport,
  attribute.networkProtocolName,
]
const ofUsage = [...ofInference, attribute.tokenModality]

/** Every metric of this package. */
export const metric: Readonly<Record<MetricKey, Metric>> = {
  executions: {
    name: 'agent.executions',
    kind: 'counter',
    unit: '{execution}',
    description: 'Finished executions of an agent, by outcome, including nested executions.',
    prometheus: 'agent_executions_total',
    attributes: [agentName, outcome, variant],
  },
  executionDuration: {
    name: 'agent.execution.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a run, with all its attempts and waits.',
    prometheus: 'agent_execution_duration_seconds',
    attributes: [agentName, outcome, variant],
    buckets: executionBuckets,
  },
  failures: {
    name: 'agent.failures',
    kind: 'counter',
    unit: '{failure}',
    description: 'Runs that failed after all attempts, by reason. Use it for a breakdown; take ratios from agent.executions.',
    prometheus: 'agent_failures_total',
    attributes: [agentName, errorType, variant],
  },
  successRate: {
    name: 'agent.success_rate',
    kind: 'gauge',
    unit: '',
    description: 'Share of runs that succeeded in the last five minutes, 0-1.',
    prometheus: 'agent_success_rate',
    attributes: [agentName],
  },
  errorRate: {
    name: 'system.error_rate',
    kind: 'gauge',
    unit: '',
    description: 'Share of root executions that failed in the last five minutes, 0-1.',
    prometheus: 'system_error_rate',
    attributes: [],
  },
  // Instruments of their own, not a label on `agent.executions`: that keeps the series of the six stable metrics as they are
  swarmExecutions: {
    name: 'swarm.executions',
    kind: 'counter',
    unit: '{execution}',
    description:
      'Finished root executions of all agents, by outcome. A root execution is not part of another execution of the process.',
    prometheus: 'swarm_executions_total',
    attributes: [outcome],
  },
  swarmExecutionDuration: {
    name: 'swarm.execution.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a root execution, with all its attempts and waits.',
    prometheus: 'swarm_execution_duration_seconds',
    attributes: [outcome],
    buckets: executionBuckets,
  },
  activeExecutions: {
    name: 'active_executions',
    kind: 'upDownCounter',
    unit: '{execution}',
    description: 'Runs in progress, including waiting runs.',
    prometheus: 'active_executions',
    attributes: [agentName],
  },
  attemptDuration: {
    name: 'agent.attempt.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of one attempt, without waiting.',
    prometheus: 'agent_attempt_duration_seconds',
    attributes: [agentName, outcome],
    buckets: executionBuckets,
  },
  retries: {
    name: 'agent.retries',
    kind: 'counter',
    unit: '{retry}',
    description: 'Attempts after the first, by the error that caused them.',
    prometheus: 'agent_retries_total',
    attributes: [agentName, errorType],
  },
  retryWait: {
    name: 'agent.retry.wait',
    kind: 'histogram',
    unit: 's',
    description: 'Actual wait before an attempt.',
    prometheus: 'agent_retry_wait_seconds',
    attributes: [agentName],
    buckets: executionBuckets,
  },
  tokens: {
    name: 'agent.tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Tokens of all attempts, as the model billed them.',
    prometheus: 'agent_tokens_total',
    attributes: [agentName, requestModel, attribute.direction, variant],
  },
  cost: {
    name: 'agent.cost.usd',
    kind: 'counter',
    unit: '{USD}',
    description: 'Cost of all attempts in US dollars.',
    prometheus: 'agent_cost_usd_total',
    attributes: [agentName, requestModel, variant],
  },
  healthScore: {
    name: 'swarm.health.score',
    kind: 'gauge',
    unit: '',
    description: 'Health of this process, 0-100: errors, slow runs and high resource use lower it.',
    prometheus: 'swarm_health_score',
    attributes: [],
  },
  resourceUtilization: {
    name: 'swarm.resource.utilization',
    kind: 'gauge',
    unit: '',
    description: 'Use of a resource by this process, 0-1: cpu (one core = 1), memory (of the container limit or the machine).',
    prometheus: 'swarm_resource_utilization',
    attributes: [attribute.resource],
  },
  invokeAgentDuration: {
    name: 'gen_ai.invoke_agent.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of an agent invocation.',
    prometheus: 'gen_ai_invoke_agent_duration_seconds',
    attributes: [genAiAgentName, operation, errorType],
    buckets: agentBuckets,
  },
  executeToolDuration: {
    name: 'gen_ai.execute_tool.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a tool execution.',
    prometheus: 'gen_ai_execute_tool_duration_seconds',
    attributes: [attribute.toolName, attribute.toolType, genAiAgentName, errorType],
    buckets: toolBuckets,
  },
  mcpClientOperationDuration: {
    name: 'mcp.client.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a tool call as its MCP client sees it, from the request to the answer.',
    prometheus: 'mcp_client_operation_duration_seconds',
    attributes: [...ofMcpOperation, attribute.serverAddress, attribute.serverPort],
    buckets: mcpBuckets,
  },
  mcpServerOperationDuration: {
    name: 'mcp.server.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a tool call as the MCP server sees it that runs the tool.',
    prometheus: 'mcp_server_operation_duration_seconds',
    attributes: ofMcpOperation,
    buckets: mcpBuckets,
  },
  invokeAgentToolCalls: {
    name: 'gen_ai.invoke_agent.tool_calls',
    kind: 'histogram',
    unit: '{tool_call}',
    description:
      'Tool calls of an agent invocation, without those of agents that it calls; from the first tool call of the agent on.',
    prometheus: 'gen_ai_invoke_agent_tool_calls',
    attributes: [genAiAgentName, operation, errorType],
    buckets: callBuckets,
  },
  invokeAgentInferenceCalls: {
    name: 'gen_ai.invoke_agent.inference_calls',
    kind: 'histogram',
    unit: '{inference_call}',
    description: 'Model calls of an agent invocation, failed ones included; only if every call of the process is seen.',
    prometheus: 'gen_ai_invoke_agent_inference_calls',
    attributes: [genAiAgentName, operation, errorType],
    buckets: callBuckets,
  },
  modelCalls: {
    name: 'agent.model.calls',
    kind: 'counter',
    unit: '{call}',
    description: 'Model calls of an agent. A call that its client repeats after a failure is one call.',
    prometheus: 'agent_model_calls_total',
    attributes: [agentName],
  },
  modelRequests: {
    name: 'agent.model.requests',
    kind: 'counter',
    unit: '{request}',
    description: 'HTTP requests of the model calls of an agent, those that its client repeats included.',
    prometheus: 'agent_model_requests_total',
    attributes: [agentName, providerName, errorType],
  },
  inferenceDuration: {
    name: 'gen_ai.client.inference.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a model call, from the request to the end of the response.',
    prometheus: 'gen_ai_client_inference_duration_seconds',
    attributes: [...ofInference, errorType],
    buckets: toolBuckets,
  },
  inferenceTimeToFirstChunk: {
    name: 'gen_ai.client.inference.time_to_first_chunk',
    kind: 'histogram',
    unit: 's',
    description: 'Time from the request of a streamed model call to its first chunk.',
    prometheus: 'gen_ai_client_inference_time_to_first_chunk_seconds',
    attributes: ofInference,
    buckets: toolBuckets,
  },
  inferenceTimePerOutputChunk: {
    name: 'gen_ai.client.inference.time_per_output_chunk',
    kind: 'histogram',
    unit: 's',
    description: 'Time from the end of one chunk of a streamed model call to the end of the next.',
    prometheus: 'gen_ai_client_inference_time_per_output_chunk_seconds',
    attributes: ofInference,
    buckets: toolBuckets,
  },
  inferenceInputTokens: {
    name: 'gen_ai.client.inference.usage.input_tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Input tokens of model calls, cached ones included.',
    prometheus: 'gen_ai_client_inference_usage_input_tokens_total',
    attributes: ofUsage,
  },
  inferenceOutputTokens: {
    name: 'gen_ai.client.inference.usage.output_tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Output tokens of model calls, reasoning included.',
    prometheus: 'gen_ai_client_inference_usage_output_tokens_total',
    attributes: ofUsage,
  },
  inferenceCacheReadInputTokens: {
    name: 'gen_ai.client.inference.usage.cache_read.input_tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Input tokens of model calls that were read from a cache of the provider.',
    prometheus: 'gen_ai_client_inference_usage_cache_read_input_tokens_total',
    attributes: ofUsage,
  },
  inferenceCacheWriteInputTokens: {
    name: 'gen_ai.client.inference.usage.cache_write.input_tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Input tokens of model calls that were written to a cache of the provider.',
    prometheus: 'gen_ai_client_inference_usage_cache_write_input_tokens_total',
    attributes: ofUsage,
  },
  inferenceReasoningOutputTokens: {
    name: 'gen_ai.client.inference.usage.reasoning.output_tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Output tokens of model calls that were used for reasoning.',
    prometheus: 'gen_ai_client_inference_usage_reasoning_output_tokens_total',
    attributes: ofUsage,
  },
  priceUnknown: {
    name: 'swarmwatch.price.unknown',
    kind: 'counter',
    unit: '{call}',
    description: 'Model calls with tokens but without a cost, because the price of the model is unknown.',
    prometheus: 'swarmwatch_price_unknown_total',
    attributes: [requestModel],
  },
  usageMissing: {
    name: 'swarmwatch.inference.usage_missing',
    kind: 'counter',
    unit: '{call}',
    description: 'Model calls that were answered without usage, or whose stream was left before its usage arrived.',
    prometheus: 'swarmwatch_inference_usage_missing_total',
    attributes: [providerName, requestModel],
  },
  evaluationScore: {
    name: 'agent.evaluation.score',
    kind: 'histogram',
    unit: '',
    description: 'Scores of the answers of an agent, by evaluation.',
    prometheus: 'agent_evaluation_score',
    attributes: [agentName, attribute.evaluationName, variant],
    buckets: scoreBuckets,
  },
  toolReused: {
    name: 'agent.tool.reused',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls of tools with once that were answered with the result of an earlier call.',
    prometheus: 'agent_tool_reused_total',
    attributes: [agentName, attribute.toolName],
  },
  toolUncertain: {
    name: 'agent.tool.uncertain',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls of tools with once of which it is unknown whether their effect happened, or whose result was not stored.',
    prometheus: 'agent_tool_uncertain_total',
    attributes: [agentName, attribute.toolName],
  },
  budgetExceeded: {
    name: 'agent.budget.exceeded',
    kind: 'counter',
    unit: '{run}',
    description: 'Runs that were ended or refused because a limit of their budget was exceeded, by limit.',
    prometheus: 'agent_budget_exceeded_total',
    attributes: [agentName, attribute.budget],
  },
  budgetDailyLimit: {
    name: 'agent.budget.daily_limit',
    kind: 'gauge',
    unit: '',
    description: 'Configured limit of an agent for a day (UTC): US dollars, tokens or calls, by limit.',
    prometheus: 'agent_budget_daily_limit',
    attributes: [agentName, attribute.budget],
  },
  evaluationObjective: {
    name: 'agent.evaluation.objective',
    kind: 'gauge',
    unit: '',
    description: 'Configured objective for the mean score of an agent, by evaluation.',
    prometheus: 'agent_evaluation_objective',
    attributes: [agentName, attribute.evaluationName],
  },
  experimentSums: {
    name: 'agent.experiment.sums',
    kind: 'counter',
    unit: '',
    description: 'Sums over the runs of a variant, from which the intervals of its success, duration and cost are computed.',
    prometheus: 'agent_experiment_sums_total',
    attributes: [agentName, attribute.experiment, variant, attribute.sum, attribute.keyGroup],
  },
  experimentWeight: {
    name: 'agent.experiment.weight',
    kind: 'gauge',
    unit: '',
    description: 'Share of the runs that a variant of an experiment should have, 0-1.',
    prometheus: 'agent_experiment_weight',
    attributes: [agentName, attribute.experiment, variant, attribute.unit],
  },
  oldestActive: {
    name: 'agent.oldest.active.seconds',
    kind: 'gauge',
    unit: 's',
    description: 'Time since the oldest run of an agent that is in progress began, pauses included; 0 if none is.',
    prometheus: 'agent_oldest_active_seconds',
    attributes: [agentName],
  },
  lastProgress: {
    name: 'agent.last.progress.seconds',
    kind: 'gauge',
    unit: 's',
    description:
      'Time since the last progress of the run of an agent that has made none for longest, without runs that are paused or wait for a retry.',
    prometheus: 'agent_last_progress_seconds',
    attributes: [agentName],
  },
  paused: {
    name: 'agent.paused',
    kind: 'gauge',
    unit: '{run}',
    description: 'Runs in progress that are paused, or wait for a paused run that they called.',
    prometheus: 'agent_paused',
    attributes: [agentName],
  },
  stuckRun: {
    name: 'agent.stuck.run.seconds',
    kind: 'gauge',
    unit: 's',
    description:
      'Time since the last progress of a run, only while it is unusually long (30 s and the 99th percentile of its agent); at most 10 runs of a process.',
    prometheus: 'agent_stuck_run_seconds',
    attributes: [agentName, attribute.executionId, attribute.lastStep],
  },
  providerRequests: {
    name: 'provider.requests',
    kind: 'counter',
    unit: '{request}',
    description: 'Model calls of a provider and model, by outcome. Those that their clients repeat are counted one by one.',
    prometheus: 'provider_requests_total',
    attributes: [providerName, requestModel, outcome],
  },
  providerRetriesAvoided: {
    name: 'provider.retries.avoided',
    kind: 'counter',
    unit: '{attempt}',
    description: 'Attempts that were due and were held back or never made, by reason.',
    prometheus: 'provider_retries_avoided_total',
    attributes: [providerName, requestModel, attribute.reason],
  },
  providerBreakerOpen: {
    name: 'provider.breaker.open',
    kind: 'gauge',
    unit: '',
    description: '1 while the breaker of a provider and model is open or probes, otherwise 0.',
    prometheus: 'provider_breaker_open',
    attributes: [providerName, requestModel],
  },
  providerQuotaLimit: {
    name: 'provider.quota.limit',
    kind: 'gauge',
    unit: '',
    description: 'Limit of a quota, as the last response with rate-limit headers has it.',
    prometheus: 'provider_quota_limit',
    attributes: [providerName, requestModel, attribute.quota],
  },
  providerQuotaRemaining: {
    name: 'provider.quota.remaining',
    kind: 'gauge',
    unit: '',
    description: 'Remaining part of a quota, as the last response with rate-limit headers has it.',
    prometheus: 'provider_quota_remaining',
    attributes: [providerName, requestModel, attribute.quota],
  },
  wastedCost: {
    name: 'agent.cost.wasted.usd',
    kind: 'counter',
    unit: '{USD}',
    description: 'The part of the cost that led to no answer, in US dollars, by the kind of waste and the error that caused it.',
    prometheus: 'agent_cost_wasted_usd_total',
    attributes: [agentName, attribute.waste, errorType],
  },
  recoveries: {
    name: 'agent.recoveries',
    kind: 'counter',
    unit: '{run}',
    description: 'Runs that succeeded after a retry, by the error of their first attempt.',
    prometheus: 'agent_recoveries_total',
    attributes: [agentName, errorType],
  },
  excessContext: {
    name: 'agent.context.excess',
    kind: 'counter',
    unit: '{token}',
    description:
      'Input tokens of model calls beyond twice the input of the first call of the attempt: results of tools and answers that are sent again.',
    prometheus: 'agent_context_excess_total',
    attributes: [agentName, requestModel],
  },
  guardTrips: {
    name: 'swarmwatch.guard.trips',
    kind: 'counter',
    unit: '{trip}',
    description: 'Telemetry errors that were caught so that the agent could continue, by place.',
    prometheus: 'swarmwatch_guard_trips_total',
    attributes: [attribute.where],
  },
}
