import { attribute } from './attributes.ts'
import { agentBuckets, callBuckets, mcpBuckets, toolBuckets } from './buckets.ts'
import type { Metric } from './metric.ts'

/** Keys of {@link callMetrics} in code. */
export type CallMetricKey =
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

const { agentName, errorType, requestModel, genAiAgentName, operation, providerName } = attribute
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

/** Metrics of the calls in runs: of agents, tools and models. Most come from the GenAI conventions. */
export const callMetrics: Readonly<Record<CallMetricKey, Metric>> = {
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
}
