/** Instances of sources by name, oldest first. Copies of this package in one process share it. */
const registryKey = Symbol.for('@swarmwatch/instrumentation/active-sources/1')
const globals = globalThis as { [registryKey]?: Map<string, ActiveSource[]> }

/**
 * An enabled source. Of several with the same name in a process, such as one of `@swarmwatch/node` and one in a list of
 * instrumentations, only the oldest one is active, so that nothing is reported twice.
 */
export class ActiveSource {
  readonly #instances: ActiveSource[]
  readonly #handler: unknown

  constructor(name: string, handler?: unknown) {
    this.#handler = handler
    const registry = (globals[registryKey] ??= new Map<string, ActiveSource[]>())
    this.#instances = registry.get(name) ?? []
    registry.set(name, this.#instances)
    this.#instances.push(this)
  }

  /** The handler of the active one; undefined if every one is released. */
  get activeHandler(): unknown {
    return this.#instances[0]?.handler
  }

  get handler(): unknown {
    return this.#handler
  }

  get isActive(): boolean {
    return this.#instances[0] === this
  }

  release(): void {
    const at = this.#instances.indexOf(this)
    if (at !== -1) this.#instances.splice(at, 1)
    const registry = globals[registryKey]
    if (registry && [...registry.values()].every((instances) => instances.length === 0)) delete globals[registryKey]
  }
}
