import type { ModelProvider } from '@swarmwatch/testkit/providers'

import { installFrameworks } from './install-packages.ts'

/** An agent as users write it with a framework, in `test/frameworks/frameworks.mjs`. */
export interface Framework {
  /** True if the agent calls its tool `look` when the model asks for it. */
  readonly hasTools: boolean
  /** Resolves with the text of the answer. */
  readonly plain: (provider: ModelProvider, signal?: AbortSignal) => Promise<string>
  /** Returns what a user would return from an agent that streams. */
  readonly stream: (provider: ModelProvider, signal?: AbortSignal) => unknown
  /** The caller, which reads the text of a stream to its end; with `isLeaving`, to the first piece. */
  readonly read: (result: unknown, isLeaving?: boolean) => Promise<string>
}

/** Installs the frameworks and loads the agents, by framework; returns none if they cannot be installed. */
export async function frameworksToTest(): Promise<Readonly<Record<string, Framework>>> {
  if ((await installFrameworks()) !== undefined) return {}
  // Plain JavaScript, loaded only once it is installed
  const program = new URL('frameworks/frameworks.mjs', import.meta.url).href
  return ((await import(program)) as { frameworks: Record<string, Framework> }).frameworks
}
