import { attribute } from '../src/names.ts'

/** A kind of span, with every attribute that the SDK may set on it. */
export interface SpanDefinition {
  /** Name of the definition in our registry. */
  readonly id: string
  /** Span of the conventions that it refines; absent when they have no such span. */
  readonly refines?: string
  readonly kind: 'client' | 'internal' | 'server'
  readonly name: string
  readonly brief: string
  readonly attributes: readonly string[]
}

const run = [
  attribute.operation,
  attribute.genAiAgentName,
  attribute.genAiAgentDescription,
  attribute.requestModel,
  attribute.conversationId,
  attribute.finishReasons,
  attribute.inputTokens,
  attribute.outputTokens,
  attribute.inputMessages,
  attribute.outputMessages,
  attribute.featureFlagKey,
  attribute.featureFlagVariant,
  attribute.featureFlagProvider,
  attribute.errorType,
  attribute.executionId,
  attribute.variant,
  attribute.attemptCount,
  attribute.retryOutcome,
  attribute.attemptFallback,
  attribute.pausedSeconds,
  attribute.toolCalls,
  attribute.modelCalls,
  attribute.httpTries,
  attribute.costUsd,
]

const toolCall = [
  attribute.operation,
  attribute.toolName,
  attribute.toolDescription,
  attribute.toolType,
  attribute.toolCallId,
  attribute.toolCallArguments,
  attribute.toolCallResult,
  attribute.genAiAgentName,
  attribute.toolReused,
  attribute.toolUncertain,
  attribute.errorType,
]

const mcpRequest = [
  attribute.mcpMethod,
  attribute.mcpProtocolVersion,
  attribute.mcpSessionId,
  attribute.networkTransport,
  attribute.networkProtocolName,
  attribute.rpcStatusCode,
]

/** Every span of the SDK. The spans of HTTP requests are those of OpenTelemetry's own instrumentations. */
export const spanDefinitions: readonly SpanDefinition[] = [
  {
    id: 'swarmwatch.invoke_agent',
    refines: 'gen_ai.invoke_agent.internal',
    kind: 'internal',
    name: 'invoke_agent {gen_ai.agent.name}',
    brief: 'A run of an agent, with all its attempts and waits.',
    attributes: [...run, attribute.metricPrefix],
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
    id: 'swarmwatch.attempt',
    kind: 'internal',
    name: 'attempt {swarmwatch.attempt.number}',
    brief: 'One call of the function of the agent.',
    attributes: [
      attribute.attemptNumber,
      attribute.attemptFallback,
      attribute.genAiAgentName,
      attribute.retryWait,
      attribute.httpTries,
      attribute.errorType,
    ],
  },
  {
    id: 'swarmwatch.inference',
    refines: 'gen_ai.client.inference',
    kind: 'client',
    name: '{gen_ai.operation.name} {gen_ai.request.model}',
    brief: 'One HTTP request of a model call, or a model call that a framework or the agent reported.',
    attributes: [
      attribute.operation,
      attribute.providerName,
      attribute.requestModel,
      attribute.requestStream,
      attribute.responseId,
      attribute.responseModel,
      attribute.finishReasons,
      attribute.timeToFirstChunk,
      attribute.conversationId,
      attribute.inputTokens,
      attribute.outputTokens,
      attribute.cacheReadInputTokens,
      attribute.cacheWriteInputTokens,
      attribute.reasoningOutputTokens,
      attribute.inputMessages,
      attribute.outputMessages,
      attribute.systemInstructions,
      attribute.toolDefinitions,
      attribute.serverAddress,
      attribute.serverPort,
      attribute.resendCount,
      attribute.costUsd,
      attribute.errorType,
    ],
  },
  {
    id: 'swarmwatch.execute_tool',
    refines: 'gen_ai.execute_tool.internal',
    kind: 'internal',
    name: 'execute_tool {gen_ai.tool.name}',
    brief: 'A call of a tool.',
    attributes: toolCall,
  },
  {
    id: 'swarmwatch.mcp.client',
    refines: 'mcp.client',
    kind: 'client',
    name: 'tools/call {gen_ai.tool.name}',
    brief: 'A call of a tool by an MCP client.',
    attributes: [...toolCall, ...mcpRequest, attribute.jsonRpcRequestId, attribute.serverAddress, attribute.serverPort],
  },
  {
    id: 'swarmwatch.mcp.server',
    refines: 'mcp.server',
    kind: 'server',
    name: 'tools/call {gen_ai.tool.name}',
    brief: 'A call of a tool that an MCP server answers.',
    attributes: [...mcpRequest, attribute.operation, attribute.toolName, attribute.jsonRpcRequestId, attribute.errorType],
  },
]
