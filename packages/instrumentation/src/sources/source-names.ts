/** The sources of model and tool calls, by the names of the setting `frameworks`. */
export const sourceNames = ['wire', 'ai-sdk', 'openai-agents', 'langchain', 'mcp'] as const

/** Name of a source of model and tool calls. */
export type SourceName = (typeof sourceNames)[number]
