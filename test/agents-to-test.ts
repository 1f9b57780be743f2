import type { ModelProvider } from '@swarmwatch/testkit/providers'

import { installFrameworks } from './install-packages.ts'

/** A tool of an agent; it receives the arguments that the model sends. */
export type Tool = (input: { readonly place: string }) => Promise<unknown>

/** Options of an agent in `test/frameworks/agents-with-tools.mjs`. */
export interface AgentOptions {
  readonly provider: ModelProvider
  readonly tools: Readonly<Record<string, Tool>>
  readonly isStream?: boolean
  /** Thread of LangGraph, group of OpenAI Agents. */
  readonly conversation?: string
  /** Only for `ai` 7 and LangGraph. */
  readonly signal?: AbortSignal
  /** `telemetry` of `ai` 7. */
  readonly telemetry?: object
  /** Config of the runner of OpenAI Agents. */
  readonly runner?: object
  /** Callbacks of LangChain. */
  readonly callbacks?: readonly object[]
}

/** The exports of `test/frameworks/agents-with-tools.mjs`. */
export interface AgentsToTest {
  /** Agents by framework; each resolves with the text of the answer. */
  readonly agentsWithTools: Readonly<Record<string, (options: AgentOptions) => Promise<string>>>
}

/** Installs the frameworks and loads the agents; there are none if they cannot be installed. */
export async function agentsToTest(): Promise<AgentsToTest> {
  if ((await installFrameworks()) !== undefined) return { agentsWithTools: {} }
  // Plain JavaScript, loaded only once it is installed
  return (await import(new URL('frameworks/agents-with-tools.mjs', import.meta.url).href)) as AgentsToTest
}
