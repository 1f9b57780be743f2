const registry = new FinalizationRegistry<() => void>((call) => call())

/** Calls `call`, which must not hold `held`, after `held` was collected. Never, if the process ends before. */
export function whenCollected(held: object, call: () => void): void {
  registry.register(held, call)
}
