import type { OpenTelemetrySdk, TelemetryParts } from '../open-telemetry-sdk.ts'
import type { IsolationHooks } from './isolation-adapter.ts'

/** What a case lets misbehave: nothing, spans, metrics, the context manager, a function of the user's, a value, an error. */
export type IsolationSurface = 'none' | 'span' | 'metric' | 'context' | 'hook' | 'value' | 'error'

/** One thing that goes wrong around an agent. */
export interface IsolationCase {
  readonly name: string
  readonly surface: IsolationSurface
  /** The hook that a library must have. */
  readonly hook?: keyof IsolationHooks
}

/** A case and how it is made, anew for each run of it. */
export interface HostileCase extends IsolationCase {
  readonly prepare: (tools: CaseTools) => Hostility
}

/** What a case may be made of. */
export interface CaseTools {
  readonly sdk: OpenTelemetrySdk
  /** Calls the wrapped agent again, from wherever it is called; once at a time, and its result is nobody's. */
  readonly callAgain: () => void
}

/** The parts of a case; what is absent is as it should be. */
export interface Hostility {
  /** Registered with the OpenTelemetry SDK. */
  readonly parts?: TelemetryParts
  /** Called once telemetry is registered, to break what is global. */
  readonly register?: () => void
  readonly hooks?: IsolationHooks
  readonly task?: unknown
  /** What the agent returns, or the last chunk that it yields. */
  readonly value?: unknown
  /** What it throws; in an object, since it may be undefined. */
  readonly thrown?: { readonly error: unknown }
  /** The agent returns this thenable of its value rather than a promise. */
  readonly thenable?: (value: unknown) => unknown
}
