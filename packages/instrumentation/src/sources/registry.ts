import { AiSdkInstrumentation } from './ai-sdk/ai-sdk-instrumentation.ts'
import { LangChainInstrumentation } from './langchain/langchain-instrumentation.ts'
import { McpInstrumentation } from './mcp/mcp-instrumentation.ts'
import { OpenAIAgentsInstrumentation } from './openai-agents/openai-agents-instrumentation.ts'
import type { Source, SourceConfig } from './source.ts'
import { WireInstrumentation } from './wire/wire-instrumentation.ts'

export { AiSdkInstrumentation, LangChainInstrumentation, McpInstrumentation, OpenAIAgentsInstrumentation, WireInstrumentation }

/** The sources of model and tool calls, by the names of the setting `frameworks`. */
export const sourceNames = ['wire', 'ai-sdk', 'openai-agents', 'langchain', 'mcp'] as const

/** Name of a source of model and tool calls. */
export type SourceName = (typeof sourceNames)[number]

/** The class of each source. */
export const sources: Readonly<Record<SourceName, new (config: SourceConfig) => Source>> = {
  wire: WireInstrumentation,
  'ai-sdk': AiSdkInstrumentation,
  'openai-agents': OpenAIAgentsInstrumentation,
  langchain: LangChainInstrumentation,
  mcp: McpInstrumentation,
}
