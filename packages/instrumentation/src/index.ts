export { AgentInstrumentation, type AgentInstrumentationConfig } from './agent-instrumentation.ts'
export { claudeAgent } from './claude-agent.ts'
export { instrumentMcpClient } from './instrument-mcp-client.ts'
export { type ModelPrice, type ModelPrices, priceTable } from './prices.ts'
// All of it, so that a new source has one line less to forget
export * from './sources/registry.ts'
export type { Source, SourceConfig } from './sources/source.ts'
export type { WireConfig } from './sources/wire/wire-instrumentation.ts'
