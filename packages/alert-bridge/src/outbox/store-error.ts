/** Why the store could not write; `crowded`: the limit of pending deliveries is reached. */
export type StoreFailure = 'full' | 'locked' | 'read-only' | 'closed' | 'unavailable' | 'crowded'

/** The store could not write; nothing of the call was stored. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly reason: StoreFailure

  constructor(reason: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Another process owns the data folder. */
export class FolderTakenError extends Error {
  override readonly name = 'FolderTakenError'

  constructor(folder: string, options?: ErrorOptions) {
    super(
      `the data folder ${folder} is in use by another alert-bridge; stop it, or set BRIDGE_DATA_DIR to another folder`,
      options,
    )
  }
}
