import type { Store } from '../../src/outbox/store.ts'

/** A store with its data, and another process that opens the same data after the first one is gone. */
export interface StoreBench {
  readonly store: Store
  /** Ends this owner without any order, and opens the same data as another one. */
  readonly takeOver: () => Promise<Store>
}
