import type { OpenTelemetrySdk, TelemetryParts } from '../open-telemetry-sdk.ts'

/** An agent that is not wrapped: it returns, throws, rejects, or is an async generator function. */
export type PlainAgent = (task: unknown) => unknown

/** User functions that a library calls around an agent. In an isolation case, one of them fails. */
export interface IsolationHooks {
  /**
   * Redacts, masks or serialises the arguments before they are recorded. Receives the task, or the list of arguments.
   * @default none
   */
  readonly redactInput?: (value: unknown) => unknown
  /** Does the same for the result. @default none */
  readonly redactOutput?: (value: unknown) => unknown
  /** Does the same for the message of an error. @default none */
  readonly redactErrorMessage?: (message: string) => string
  /** Receives the log lines. @default none */
  readonly logger?: { warn(line: string): void; error(line: string): void }
  /** Is called for each step of a run. @default none */
  readonly listener?: (event: unknown) => void
}

/** Connects the isolation suite to the library under test. */
export interface IsolationAdapter {
  /** The library's name. */
  readonly name: string
  /**
   * Wraps an agent; called once for each behaviour. `hooks` contains only hooks that the adapter lists below. If a library records
   * arguments and results only on request, request it here.
   */
  wrap(agent: PlainAgent, hooks: IsolationHooks): PlainAgent
  /** The hooks that the library has; cases of the others are skipped. @default [] */
  readonly hooks?: readonly (keyof IsolationHooks)[]
  /** Number of times that the library calls a failing agent again. @default 0 */
  readonly retries?: number
  /** `false` for a library that cannot wrap generators: the agent that streams is left out. @default true */
  readonly streams?: boolean
  /**
   * Registers OpenTelemetry with these parts before anything is wrapped, and resolves with a function that stops it. For libraries that
   * register OpenTelemetry themselves. @default registers the parts as `startTestTelemetry` does
   */
  start?(parts: TelemetryParts): Promise<() => unknown>
}

/** The part that fails in a case: nothing, spans, metrics, the context manager, a user function, a value, an error, a model server. */
export type IsolationSurface = 'none' | 'span' | 'metric' | 'context' | 'hook' | 'value' | 'error' | 'http'

/** A single failure around an agent. */
export interface IsolationCase {
  readonly name: string
  readonly surface: IsolationSurface
  /** The hook that the library must have. */
  readonly hook?: keyof IsolationHooks
}

/** A case and the function that prepares each run of it. */
export interface HostileCase extends IsolationCase {
  readonly prepare: (tools: CaseTools) => Hostility
  /** Overrides a shorter limit of the caller for each run of the agent. */
  readonly timeoutMs?: number
}

/** Helpers for preparing a case. */
export interface CaseTools {
  readonly sdk: OpenTelemetrySdk
  /** Calls the wrapped agent again; its result is ignored. */
  readonly callAgain: () => void
}

/** The failing parts of a case. Absent parts work. */
export interface Hostility {
  /** Is registered with the OpenTelemetry SDK. */
  readonly parts?: TelemetryParts
  /** Is called after telemetry is registered, to break global parts. */
  readonly register?: () => void
  readonly hooks?: IsolationHooks
  readonly task?: unknown
  /** The value that the agent returns, or the last chunk that it yields. */
  readonly value?: unknown
  /** The error that it throws; in an object because it may be undefined. */
  readonly thrown?: { readonly error: unknown }
  /** The agent returns the result of this function, a promise or thenable, instead of a promise of the value. */
  readonly returned?: (value: unknown) => unknown
}
