import type { Source, SourceConfig } from './source.ts'
import type { SourceName } from './source-names.ts'
import { WireInstrumentation } from './wire/wire-instrumentation.ts'

/** The class of each source, in the order in which they are enabled. */
export const sourceRegistry: Readonly<Record<SourceName, new (config: SourceConfig) => Source>> = {
  wire: WireInstrumentation,
}
