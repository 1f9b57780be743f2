import type { ModelProvider } from '@swarmwatch/testkit/providers'

import { installFrameworks } from './install-packages.ts'

/** The provider that an agent asks, and how often its client repeats a failed request, by default as often as it does by itself. */
export interface Asked extends Pick<ModelProvider, 'url' | 'openaiUrl'> {
  readonly maxRetries?: number | undefined
}

/** An agent as users write it with a framework, in `test/frameworks/frameworks.mjs`. */
export interface Framework {
  /** True if the agent calls its tool `look` when the model asks for it. */
  readonly hasTools: boolean
  /** True if a stream that its caller has left continues to its end. @default false */
  readonly isReadOn?: boolean
  /** Resolves with the text of the answer. */
  readonly plain: (provider: Asked, signal?: AbortSignal) => Promise<string>
  /** Returns what a user would return from an agent that streams. */
  readonly stream: (provider: Asked, signal?: AbortSignal) => unknown
  /** The caller, which reads the text of a stream to its end, or until `onText` returns false for a piece. */
  readonly read: (result: unknown, onText?: () => boolean) => Promise<string>
}

/** Installs the frameworks and loads the agents, by framework; returns none if they cannot be installed. */
export async function frameworksToTest(): Promise<Readonly<Record<string, Framework>>> {
  if ((await installFrameworks()) !== undefined) return {}
  // With `test`, OpenAI Agents reports no tool calls
  process.env['NODE_ENV'] = 'development'
  // Plain JavaScript, loaded only once it is installed
  const program = new URL('frameworks/frameworks.mjs', import.meta.url).href
  return ((await import(program)) as { frameworks: Record<string, Framework> }).frameworks
}
