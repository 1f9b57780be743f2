import { attribute } from '../src/names.ts'

/** A kind of span, with every attribute that the SDK may set on it. */
export interface SpanDefinition {
  /** Name of the definition in our registry. */
  readonly id: string
  /** Span of the GenAI conventions that it refines; absent when the conventions have no such span. */
  readonly refines?: string
  readonly kind: 'client' | 'internal'
  readonly name: string
  readonly brief: string
  readonly attributes: readonly string[]
}

const run = [
  attribute.operation,
  attribute.genAiAgentName,
  attribute.genAiAgentDescription,
  attribute.conversationId,
  attribute.requestModel,
  attribute.finishReasons,
  attribute.inputTokens,
  attribute.outputTokens,
  attribute.errorType,
  attribute.executionId,
  attribute.variant,
  attribute.featureFlagKey,
  attribute.featureFlagVariant,
  attribute.attemptCount,
  attribute.retryOutcome,
  attribute.toolCalls,
  attribute.modelCalls,
  attribute.httpTries,
  attribute.costUsd,
  attribute.inputMessages,
  attribute.outputMessages,
  attribute.metricPrefix,
]

/** Every span of the SDK. The spans of HTTP requests are those of OpenTelemetry's own instrumentations. */
export const spanDefinitions: readonly SpanDefinition[] = [
  {
    id: 'swarmwatch.invoke_agent',
    refines: 'gen_ai.invoke_agent.internal',
    kind: 'internal',
    name: 'invoke_agent {gen_ai.agent.name}',
    brief: 'A run of an agent, with all its attempts and waits.',
    attributes: run,
  },
  {
    id: 'swarmwatch.invoke_workflow',
    refines: 'gen_ai.invoke_workflow.internal',
    kind: 'internal',
    name: 'invoke_workflow {gen_ai.agent.name}',
    brief: 'A run of a workflow, with all its attempts and waits.',
    attributes: run,
  },
  {
    id: 'swarmwatch.client.inference',
    refines: 'gen_ai.client.inference',
    kind: 'client',
    name: '{gen_ai.operation.name} {gen_ai.request.model}',
    brief: 'An HTTP request of a model call, or a model call that a framework or recordInference() reported.',
    attributes: [
      attribute.operation,
      attribute.providerName,
      attribute.requestModel,
      attribute.requestStream,
      attribute.conversationId,
      attribute.serverAddress,
      attribute.serverPort,
      attribute.resendCount,
      attribute.responseId,
      attribute.responseModel,
      attribute.finishReasons,
      attribute.timeToFirstChunk,
      attribute.inputTokens,
      attribute.outputTokens,
      attribute.cacheReadInputTokens,
      attribute.cacheWriteInputTokens,
      attribute.reasoningOutputTokens,
      attribute.costUsd,
      attribute.errorType,
      attribute.inputMessages,
      attribute.outputMessages,
      attribute.systemInstructions,
      attribute.toolDefinitions,
    ],
  },
  {
    id: 'swarmwatch.attempt',
    kind: 'internal',
    name: 'attempt {swarmwatch.attempt.number}',
    brief: 'One call of the function of the agent.',
    attributes: [
      attribute.attemptNumber,
      attribute.genAiAgentName,
      attribute.retryWait,
      attribute.httpTries,
      attribute.errorType,
    ],
  },
  {
    id: 'swarmwatch.execute_tool',
    refines: 'gen_ai.execute_tool.internal',
    kind: 'internal',
    name: 'execute_tool {gen_ai.tool.name}',
    brief: 'A call of a tool.',
    attributes: [
      attribute.operation,
      attribute.toolName,
      attribute.toolType,
      attribute.toolCallId,
      attribute.toolDescription,
      attribute.genAiAgentName,
      attribute.errorType,
      attribute.toolCallArguments,
      attribute.toolCallResult,
    ],
  },
  {
    id: 'swarmwatch.mcp.client',
    refines: 'mcp.client',
    kind: 'client',
    name: 'tools/call {gen_ai.tool.name}',
    brief: 'A tool call over the Model Context Protocol.',
    attributes: [
      attribute.mcpMethod,
      attribute.mcpProtocolVersion,
      attribute.mcpSessionId,
      attribute.jsonRpcRequestId,
      attribute.rpcStatusCode,
      attribute.networkTransport,
      attribute.networkProtocolName,
      attribute.serverAddress,
      attribute.serverPort,
      attribute.operation,
      attribute.toolName,
      attribute.errorType,
    ],
  },
]
