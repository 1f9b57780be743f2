import { AiSdkInstrumentation } from './ai-sdk/ai-sdk-instrumentation.ts'
import { LangChainInstrumentation } from './langchain/langchain-instrumentation.ts'
import { OpenAIAgentsInstrumentation } from './openai-agents/openai-agents-instrumentation.ts'
import { McpInstrumentation } from './mcp/mcp-instrumentation.ts'
import type { Source, SourceConfig } from './source.ts'
import type { SourceName } from './source-names.ts'
import { WireInstrumentation } from './wire/wire-instrumentation.ts'

/** The class of each source, in the order in which they are enabled. */
export const sourceRegistry: Readonly<Record<SourceName, new (config: SourceConfig) => Source>> = {
  wire: WireInstrumentation,
  'ai-sdk': AiSdkInstrumentation,
  'openai-agents': OpenAIAgentsInstrumentation,
  langchain: LangChainInstrumentation,
  mcp: McpInstrumentation,
}
