import type { TelemetryParts } from '../open-telemetry-sdk.ts'

/** An agent without us: returns, throws, rejects, or is an async generator function. */
export type PlainAgent = (task: unknown) => unknown

/** Functions of the user's that a library calls around an agent; in an isolation case they misbehave. */
export interface IsolationHooks {
  /** Makes what is recorded of the arguments: a redactor, masker or serialiser. Gets the task, or the list of arguments. */
  readonly redactInput?: (value: unknown) => unknown
  /** The same for the result. */
  readonly redactOutput?: (value: unknown) => unknown
  /** The same for an error's message. */
  readonly redactErrorMessage?: (message: string) => string
  readonly logger?: { warn(line: string): void; error(line: string): void }
  /** Told of the steps of a run. */
  readonly listener?: (event: unknown) => void
}

/** How the isolation suite uses the library under test. */
export interface IsolationAdapter {
  /** The library's name. */
  readonly name: string
  /**
   * Wraps an agent, anew for each of its behaviours. `hooks` holds at most what the adapter lists below. What a library records of
   * arguments and results only when it is asked to, it should be asked to.
   */
  wrap(agent: PlainAgent, hooks: IsolationHooks): PlainAgent
  /** The hooks that the library has; cases of the others are skipped. @default [] */
  readonly hooks?: readonly (keyof IsolationHooks)[]
  /** How often the library calls a failing agent again. @default 0 */
  readonly retries?: number
  /** False for a library that wraps no generators: no agent streams then. @default true */
  readonly streams?: boolean
  /**
   * Registers OpenTelemetry with these parts, before anything is wrapped; what it resolves with ends it. For libraries that register by
   * themselves. @default the parts are registered as `startTestTelemetry` does
   */
  start?(parts: TelemetryParts): Promise<() => unknown>
}
