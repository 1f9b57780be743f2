import { InstrumentationBase } from '@opentelemetry/instrumentation'
import { guarded } from '@swarmwatch/sdk/instrumentation'

import { type Source, type SourceConfig, sourceVersion } from './source.ts'

/**
 * A source that observes one framework by a hook, which it installs while it is enabled. The framework need not be loaded, or present.
 * A hook that cannot be installed is reported once; the framework works as without it.
 */
export abstract class FrameworkInstrumentation extends InstrumentationBase<SourceConfig> implements Source {
  // The base class calls enable() before fields have their initial values
  declare private removeHook: (() => void) | undefined

  constructor(name: string, config: SourceConfig) {
    super(`@swarmwatch/instrumentation/${name}`, sourceVersion, config)
  }

  /** Installs the hook and returns the function that removes it. It is called before the fields of a subclass have their values. */
  protected abstract installHook(): () => void

  abstract found(): string | undefined

  protected override init(): void {}

  override enable(): void {
    super.enable()
    this.removeHook ??= guarded('framework', () => this.installHook())
  }

  override disable(): void {
    super.disable()
    guarded('framework', () => this.removeHook?.())
    this.removeHook = undefined
  }
}
