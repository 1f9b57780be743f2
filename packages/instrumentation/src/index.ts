export { AgentInstrumentation, type AgentInstrumentationConfig } from './agent-instrumentation.ts'
export type { Source, SourceConfig } from './sources/source.ts'
export { sourceNames, type SourceName } from './sources/source-names.ts'
export { WireInstrumentation } from './sources/wire/wire-instrumentation.ts'
