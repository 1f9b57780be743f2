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
  attribute.inputTokens,
  attribute.outputTokens,
  attribute.errorType,
  attribute.executionId,
  attribute.variant,
  attribute.attemptCount,
  attribute.retryOutcome,
  attribute.toolCalls,
  attribute.costUsd,
  attribute.input,
  attribute.output,
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
    id: 'swarmwatch.attempt',
    kind: 'internal',
    name: 'attempt {swarmwatch.attempt.number}',
    brief: 'One call of the function of the agent.',
    attributes: [attribute.attemptNumber, attribute.genAiAgentName, attribute.retryWait, attribute.errorType],
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
      attribute.toolDescription,
      attribute.genAiAgentName,
      attribute.errorType,
      attribute.input,
      attribute.output,
    ],
  },
]
