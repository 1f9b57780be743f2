import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'

/** Version of this package, which the scope of every source has. */
export const sourceVersion = '0.1.0'

/** Options that every source accepts. */
export interface SourceConfig extends InstrumentationConfig {
  /** Receives each warning once, for example about a model server that reports no usage. @default console.warn, after `[TELEMETRY] ` */
  readonly warn?: (line: string) => void
  /** Records prompts, answers, arguments and results under the names of the semantic conventions. @default false */
  readonly captureContent?: boolean
}

/** An OpenTelemetry instrumentation that reports the model or tool calls of one framework, or of all that use HTTP. */
export interface Source extends Instrumentation {
  /** Short text for the start line, such as `wire` or `ai-sdk 7.0.173`; `undefined` if the source has nothing to observe here. */
  found(): string | undefined
  /**
   * Returns one line if the framework that files in `folders` import does not contain the names that this source depends on, with the
   * cure. It may read all files of the package.
   */
  hookProblem?(folders: readonly string[]): string | undefined
}
